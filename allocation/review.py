"""What is to be said against a plan: every rule as one small function that finds its own violations."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from allocation.containers import Container, given_quantity
from allocation.findings import SEVERITIES, Code, Finding, severity_of
from allocation.floors import floor_of
from allocation.plan import RESOURCES, SIDES, ContainerPlan, Plan, Resource, Side, WorkloadPlan, quantity
from allocation.units import is_whole, round_up
from settings import Quantity, Settings

TOTAL = "spec.resources.total"


@dataclass(frozen=True)
class Case:
    """What the rules look at: the settings, every container that could run, and the plan."""

    settings: Settings
    containers: Sequence[Container]
    plan: Plan


class Violation(NamedTuple):
    """A finding whose severity is not known yet."""

    code: Code
    path: str
    message: str
    remedy: str


def review(settings: Settings, containers: Sequence[Container], plan: Plan) -> tuple[Finding, ...]:
    """All findings in the order of the codes (so errors come first), and of the containers."""
    case = Case(settings, containers, plan)
    violations = [violation for rule in RULES for violation in rule(case)]
    on_violation = settings.spec.resources.on_violation
    findings = [Finding(severity_of(v.code, on_violation), *v) for v in violations]
    order = list(SEVERITIES)
    return tuple(sorted(findings, key=lambda f: order.index(f.code)))


def requests_within_limits(case: Case) -> Iterator[Violation]:
    """Kubernetes refuses a container whose request exceeds its limit; totals that say so contradict themselves."""
    for container in (c for w in (*case.plan.workloads, *case.plan.outside) for c in w.containers):
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
                yield from _exceeded(case.plan, side, resource)


def _exceeded(plan: Plan, side: Side, resource: Resource) -> Iterator[Violation]:
    """Only what cannot hold the floors is exceeded: then whoever has no override got just its floor."""
    path = f"{TOTAL}.{side}.{resource}"
    total, allocated = plan.totals[side][resource], plan.allocated(side, resource)
    undecided = [(w, c) for w, c in _planned(plan) if c.figure(side, resource).source != "override"]
    amounts = [
        (c.figure(side, resource).amount or 0, floor_of(w.component, resource), w.replicas) for w, c in undecided
    ]
    least = sum(amount * replicas for amount, _, replicas in amounts)  # their floors, or the requests given for them
    floors = sum(min(amount, floor) * replicas for amount, floor, replicas in amounts)
    overrides = allocated - least

    def text(amount: int) -> str:
        return quantity(resource, amount)

    if floors > total:
        more = f" on top of overrides of {text(overrides)}" if overrides else ""
        message = f"{text(total)} cannot hold the floors of {len(undecided)} containers, {text(floors)} in all{more}"
        yield Violation("floors-exceed-total", path, message, f"raise it to {text(allocated)} or more")
        return
    remedy = f"raise it to {text(allocated)} or more, or lower the overrides by {text(allocated - total)} in all"
    parts = f"overrides {text(overrides)}" + (f", floors {text(least)}" if undecided else "")
    message = f"the {side} add up to {text(allocated)} of {text(total)}, {text(allocated - total)} too much ({parts})"
    yield Violation("over-allocated", path, message, remedy)
    if undecided:
        names = ", ".join(_label(w, c) for w, c in undecided)
        left = text(max(total - overrides, 0))
        message = f"overrides leave {left} of {text(total)}, and the floors need {text(least)}: {names}"
        yield Violation("pool-exhausted", path, message, remedy)


def enough_ingesters(case: Case) -> Iterator[Violation]:
    """The operator's rule: a write must be able to reach a quorum, ⌊RF/2⌋+1 ingesters."""
    factor = case.settings.spec.replication_factor
    ingesters = next(c.replicas for c in case.containers if c.component == "ingester")
    needed = factor // 2 + 1
    if ingesters < needed:
        yield Violation(
            "replication-factor",
            "spec.replicationFactor",
            f"{factor} copies need {needed} ingesters or more, and {ingesters} run",
            f"set spec.template.ingester.replicas to {needed} or more, or this to {2 * ingesters - 1} or less",
        )


def whole_quantities(case: Case) -> Iterator[Violation]:
    """Kubernetes knows nothing finer than a millicore or a byte."""
    blocks = [(c.path, c.given) for c in case.containers if c.runs]
    if case.settings.minio.enabled:
        blocks.append(("minio.resources", case.settings.minio.resources))
    blocks.append((TOTAL, case.settings.spec.resources.total))
    for path, given in blocks:
        for side, resource in product(SIDES, RESOURCES):
            found = given_quantity(given, side, resource)
            if found is not None and not is_whole(resource, found):
                unit = "millicore" if resource == "cpu" else "byte"
                message = f"{found} is finer than a {unit}"
                yield Violation("fractional-quantity", f"{path}.{side}.{resource}", message, _whole(resource, found))


def _whole(resource: Resource, found: Quantity) -> str:
    thousandths = found.value * 1000
    if resource == "memory" and thousandths.denominator == 1:  # most likely `m`, written for mega
        return f"write {thousandths}M or {thousandths}Mi; m is a thousandth"
    return f"write {quantity(resource, round_up(resource, found))}"


def secrets_encrypted(case: Case) -> Iterator[Violation]:
    """A secret in plain text is readable to everyone who reads the stack file."""
    for key in sorted(case.settings.plaintext_secrets):
        message = "is a secret, and stands in the stack's config in plain text"
        yield Violation("plaintext-secret", key, message, f"run `pulumi config set --secret tempostack:{key}`")


def overrides_above_floors(case: Case) -> Iterator[Violation]:
    """An override below the floor is kept; the container may not work."""
    for w, c in _planned(case.plan):
        for resource in RESOURCES:
            limit, floor = c.limits[resource], floor_of(w.component, resource)
            if limit.source == "override" and limit.amount is not None and limit.amount < floor:
                low, high = quantity(resource, limit.amount), quantity(resource, floor)
                message = f"{low} is below the floor of {high}, and {_label(w, c)} may not work with it"
                yield Violation("below-floor", f"{c.path}.limits.{resource}", message, f"raise it to {high} or more")


def everything_bounded(case: Case) -> Iterator[Violation]:
    """Without a total and an override nothing holds a container back."""
    for resource in RESOURCES:
        unbounded = [_label(w, c) for w, c in _planned(case.plan) if c.limits[resource].amount is None]
        if unbounded:
            path = f"{TOTAL}.limits.{resource}"
            message = f"no total, and no {resource} limit for {', '.join(unbounded)}"
            yield Violation("unbounded", path, message, f"set it, or limits.{resource} of each of them")


def overrides_used(case: Case) -> Iterator[Violation]:
    """Numbers for a container that does not run do nothing."""
    blocks = [(c.name, c.path, c.given, c.to_run) for c in case.containers if not c.runs]
    if not case.settings.minio.enabled:
        blocks.append(("minio", "minio.resources", case.settings.minio.resources, "set minio.enabled: true"))
    for name, path, given, to_run in blocks:
        found = {
            f"{side}.{resource}": given_quantity(given, side, resource) for side, resource in product(SIDES, RESOURCES)
        }
        figures = ", ".join(f"{key} {value}" for key, value in found.items() if value is not None)
        if figures:
            yield Violation(
                "unused-override", path, f"{figures} for {name}, which does not run", f"remove it, or {to_run}"
            )


RULES: tuple[Callable[[Case], Iterator[Violation]], ...] = (
    requests_within_limits,
    totals_hold,
    enough_ingesters,
    whole_quantities,
    secrets_encrypted,
    overrides_above_floors,
    everything_bounded,
    overrides_used,
)


def _planned(plan: Plan) -> Iterator[tuple[WorkloadPlan, ContainerPlan]]:
    """Every container inside the total, with its workload."""
    return ((workload, container) for workload in plan.workloads for container in workload.containers)


def _label(workload: WorkloadPlan, container: ContainerPlan) -> str:
    return f"{workload.component}/{container.name}"
