"""Whether autoscalers can do their work, and what becomes of the totals when they do."""

from collections.abc import Iterator

from allocation.plan import SIDES, Resource, Side, WorkloadPlan, quantity
from allocation.review.case import TOTAL, Case, Violation, label


def totals_hold_at_most_replicas(case: Case) -> Iterator[Violation]:
    """What fits at the replicas that the budget counts may not when every autoscaler is at its maximum."""
    for side in SIDES:
        for resource, total in case.plan.totals[side].items():
            if case.plan.allocated(side, resource) <= total < case.plan.allocated_at("max", side, resource):
                yield _exceeding(case, side, resource, total)


def _exceeding(case: Case, side: Side, resource: Resource, total: int) -> Violation:
    most = case.plan.allocated_at("max", side, resource)
    growing = [w for w in case.plan.workloads if w.replicas_at("max") > w.replicas]
    grown = ", ".join(f"{w.replicas_at('max')} of {w.component}" for w in growing)
    stalls = "; the quota refuses the pods beyond it, and no rollout ends while they are asked for"
    return Violation(
        "hpa-exceeds-total",
        f"{TOTAL}.{side}.{resource}",
        f"at maxReplicas ({grown}) the {side} add up to {quantity(resource, most)} of {quantity(resource, total)}, "
        f"{quantity(resource, most - total)} too much{stalls if case.settings.spec.resources.enforce else ''}",
        f"{_raise(case, side, resource, most)}lower maxReplicas, or write autoscaling.budget: max",
    )


def _raise(case: Case, side: Side, resource: Resource, most: int) -> str:
    """A larger total helps only where nobody shares it: shares grow with it, and take all of it."""
    if any(container.figure(side, resource).source in ("share", "enough", "floor") for _, container in case.planned()):
        return ""
    return f"raise it to {quantity(resource, most)} or more, "


def utilization_has_requests(case: Case) -> Iterator[Violation]:
    """An autoscaler that compares use with requests does nothing where a container has none, or all have 0."""
    for workload in case.plan.workloads:
        autoscaling = case.block(workload.component).pod.autoscaling
        for metric in autoscaling.followed if autoscaling is not None else []:
            resource = metric.resource
            if resource is None or resource.target.type != "Utilization":
                continue
            if missing := _without_request(workload, resource.name):
                message = f"compares {resource.name} with requests, and {missing} has none: no pod would ever be added"
                remedy = f"give it a request of {resource.name}, such as by qos: Burstable, or follow another metric"
                yield Violation("hpa-without-request", case.path(workload.component, "autoscaling"), message, remedy)


def _without_request(workload: WorkloadPlan, resource: Resource) -> str:
    """The first container that stands in the way; "" where none does."""
    requests = {label(workload, each): each.requests[resource].amount for each in workload.containers}
    absent = [name for name, request in requests.items() if request is None]
    if absent:
        return absent[0]
    return "" if any(requests.values()) else next(iter(requests))
