"""Whether the totals hold, and everything is inside them."""

from collections.abc import Iterator

from allocation.floors import floor_of
from allocation.plan import QOS_RESOURCES, RESOURCES, SIDES, Resource, Side, Source, quantity
from allocation.review.case import TOTAL, Case, Violation, label

# What a total can no longer change, and what a user calls it.
DECIDED: dict[Source, str] = {
    "override": "overrides",
    "tenants": "gateway's tenants",
    "size": "sizes",
    "workload": "workloads",
    "qos": "classes",
}


def requests_within_limits(case: Case) -> Iterator[Violation]:
    """Kubernetes refuses a container whose request exceeds its limit; totals that say so contradict themselves."""
    for container in (c for w in case.plan.every_workload for c in w.containers):
        for resource in RESOURCES:
            limit, request = container.limits[resource].amount, container.requests[resource].amount
            if limit is not None and request is not None and request > limit:
                yield _exceeding(container.path, resource, limit, request)
    totals = case.plan.totals
    for resource in RESOURCES:
        if resource in totals["limits"] and resource in totals["requests"]:
            limit, request = totals["limits"][resource], totals["requests"][resource]
            if request > limit:
                yield _exceeding(TOTAL, resource, limit, request)


def _exceeding(path: str, resource: Resource, limit: int, request: int) -> Violation:
    low, high = quantity(resource, limit), quantity(resource, request)
    return Violation(
        "request-exceeds-limit",
        f"{path}.requests.{resource}",
        f"{high} is more than the limit of {low}",
        f"lower it to {low} or raise {path}.limits.{resource} to {high}",
    )


def totals_hold(case: Case) -> Iterator[Violation]:
    """The floors fit the total, and so does everything together."""
    for side in SIDES:
        for resource, total in case.plan.totals[side].items():
            if case.plan.allocated(side, resource) > total:
                yield from _exceeded(case, side, resource)


def _exceeded(case: Case, side: Side, resource: Resource) -> Iterator[Violation]:
    """Only what cannot hold the floors is exceeded: then whoever has no number of its own got just its floor."""
    path = f"{TOTAL}.{side}.{resource}"
    total, allocated = case.plan.totals[side][resource], case.plan.allocated(side, resource)
    decided = dict.fromkeys(DECIDED.values(), 0)
    undecided: list[str] = []
    least = floors = 0  # what the undecided got, and how much of it is floors, not requests given for them
    for w, c in case.planned():
        figure = c.figure(side, resource)
        amount = (figure.amount or 0) * w.replicas
        if figure.source in DECIDED:
            decided[DECIDED[figure.source]] += amount
        else:
            undecided.append(label(w, c))
            least += amount
            floors += min(amount, floor_of(w.component, c.name, side, resource) * w.replicas)

    def text(amount: int) -> str:
        return quantity(resource, amount)

    named = {name: text(amount) for name, amount in decided.items() if amount}
    if floors > total:
        more = f" on top of {' and '.join(f'{name} of {taken}' for name, taken in named.items())}" if named else ""
        message = f"{text(total)} cannot hold the floors of {len(undecided)} containers, {text(floors)} in all{more}"
        yield Violation("floors-exceed-total", path, message, f"raise it to {text(allocated)} or more")
        return
    remedy = f"raise it to {text(allocated)} or more, or {_lower(decided, text(allocated - total))}"
    parts = ", ".join([*map(" ".join, named.items()), *([f"floors {text(least)}"] if undecided else [])])
    message = f"the {side} add up to {text(allocated)} of {text(total)}, {text(allocated - total)} too much ({parts})"
    yield Violation("over-allocated", path, message, remedy)
    if undecided:
        names, left = ", ".join(undecided), text(max(total - sum(decided.values()), 0))
        message = f"{' and '.join(named)} leave {left} of {text(total)}, and the floors need {text(least)}: {names}"
        yield Violation("pool-exhausted", path, message, remedy)


def _lower(decided: dict[str, int], excess: str) -> str:
    """What else than the total a user can change."""
    if decided["sizes"]:
        return "take a smaller spec.size"
    if decided["workloads"]:
        return "state a smaller spec.workload"
    if decided["overrides"]:
        return f"lower the overrides by {excess} in all"
    return "ask for less by sizing or qos"


def overrides_above_floors(case: Case) -> Iterator[Violation]:
    """An override below the floor is kept; the container may not work."""
    for w, c in case.planned():
        for resource in RESOURCES:
            limit, floor = c.limits[resource], floor_of(w.component, c.name, "limits", resource)
            if limit.source == "override" and limit.amount is not None and limit.amount < floor:
                low, high = quantity(resource, limit.amount), quantity(resource, floor)
                message = f"{low} is below the floor of {high}, and {label(w, c)} may not work with it"
                yield Violation("below-floor", f"{c.path}.limits.{resource}", message, f"raise it to {high} or more")


def everything_bounded(case: Case) -> Iterator[Violation]:
    """Without a total and an override nothing holds a container back."""
    for resource in QOS_RESOURCES:  # ephemeral storage is bounded by those who ask for it
        unbounded = [label(w, c) for w, c in case.planned() if c.limits[resource].amount is None]
        if unbounded:
            path = f"{TOTAL}.limits.{resource}"
            message = f"no total, and no {resource} limit for {', '.join(unbounded)}"
            yield Violation("unbounded", path, message, f"set it, or limits.{resource} of each of them")
