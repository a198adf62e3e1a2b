"""The plan as lines for people: pods and their containers, then the sums that every column adds up to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from allocation import ContainerPlan, Plan, WorkloadPlan
from allocation.go import gomemlimit_bytes
from allocation.plan import SIDES, Bound, Resource, Side, quantity
from ops.plan.document import Amounts, allocated, allocated_at, headroom, surge

Tone = Literal["plain", "quiet", "strong", "bad"]
Figures = tuple[str, str, str]  # limit, request, share of the total's limit
NOTHING = "-"  # where nothing decides a number
NO_FIGURES: Figures = ("", "", "")
BOUNDS: tuple[Bound, ...] = ("min", "max")
SHORT: Mapping[Resource, str] = {"cpu": "cpu", "memory": "mem", "ephemeral-storage": "eph"}


@dataclass(frozen=True)
class Line:
    """One line; what is empty stays blank."""

    name: str
    tone: Tone = "plain"
    replicas: str = ""
    figures: Mapping[Resource, Figures] = field(default_factory=dict)
    gomemlimit: str = ""
    source: str = ""
    qos: str = ""


def headline(plan: Plan) -> str:
    """How much of each total the stack takes."""
    parts = []
    for resource in plan.resources:
        amount, total = plan.allocated("limits", resource), plan.totals.get("limits", {}).get(resource)
        of_total = f" of {quantity(resource, total)}, {share(plan, resource, amount)}" if total else ""
        parts.append(f"{resource} {quantity(resource, amount)}{of_total}")
    return " · ".join(parts)


def inside(plan: Plan) -> list[Line]:
    """The workloads that share the total."""
    return [line for workload in plan.workloads for line in _workload(plan, workload, inside=True)]


def outside(plan: Plan) -> list[Line]:
    """The workloads that do not, such as MinIO."""
    return [line for workload in plan.outside for line in _workload(plan, workload, inside=False)]


def sums(plan: Plan) -> list[Line]:
    """Allocated, also at the autoscalers' other bound; what a rollout takes on top; total and headroom."""
    left = headroom(plan)
    over = any(amount < 0 for side in left.values() for amount in side.values())
    lines = [_sum(plan, "allocated", allocated(plan), "strong", shared=True)]
    for bound in BOUNDS:
        if any(workload.replicas_at(bound) != workload.replicas for workload in plan.workloads):
            lines.append(_sum(plan, f"at {bound} replicas", allocated_at(plan, bound), shared=True))
    extra = surge(plan)
    if any(amount for side in extra.values() for amount in side.values()):
        lines.append(_sum(plan, "rollout surge", extra))
    return [*lines, _sum(plan, "total", plan.totals), _sum(plan, "headroom", left, "bad" if over else "plain")]


def share(plan: Plan, resource: Resource, amount: int | None) -> str:
    """`amount` as a percentage of the total's limit; empty without one."""
    total = plan.totals.get("limits", {}).get(resource)
    return f"{100 * amount / total:.1f}%" if total and amount is not None else ""


def text(resource: Resource, amount: int | None) -> str:
    """A quantity, or a dash."""
    return NOTHING if amount is None else quantity(resource, amount)


def mebibytes(amount_bytes: int | None) -> str:
    """Bytes as Mi with at most one decimal: readable where the exact number would not be."""
    if amount_bytes is None:
        return NOTHING
    return f"{amount_bytes / 2**20:.1f}".removesuffix(".0") + "Mi"


def replicas(workload: WorkloadPlan) -> str:
    """How many, or an autoscaler's bounds: `2-10`."""
    return str(workload.replicas) if workload.autoscaled is None else "{}-{}".format(*workload.autoscaled)


def counts(workload: WorkloadPlan) -> list[int]:
    """Every number of replicas that the plan speaks of, the smallest first."""
    return sorted({workload.replicas, *(workload.replicas_at(bound) for bound in BOUNDS)})


def source(plan: Plan, container: ContainerPlan) -> str:
    """Where its numbers come from, `limit/request`; a line for each resource where they differ."""
    words = {each: _pair(container.limits[each].source, container.requests[each].source) for each in plan.resources}
    if words.get("ephemeral-storage") == "default":  # somebody has another amount, and this one just what all have
        del words["ephemeral-storage"]
    if len(set(words.values())) == 1:
        return words["cpu"]
    return "\n".join(f"{SHORT[each]} {word}" for each, word in words.items())


def _pair(limit: str, request: str) -> str:
    return limit if limit == request else f"{limit}/{request}"


def _workload(plan: Plan, workload: WorkloadPlan, *, inside: bool) -> Iterator[Line]:
    several = len(workload.containers) > 1
    scale = replicas(workload)
    if several:
        yield Line(workload.component, replicas=scale, qos=workload.qos)
    for container in workload.containers:
        yield Line(
            f"  {container.name}" if several else _only(workload.component, container.name),
            replicas="" if several else scale,
            figures=_figures(plan, container, 1, shared=inside and workload.replicas == 1),
            gomemlimit=mebibytes(gomemlimit_bytes(container)),
            source=source(plan, container),
            qos="" if several else workload.qos,
        )
        for count in counts(workload):
            if count > 1:
                yield Line(
                    f"{'    ' if several else '  '}all {count} replicas",
                    tone="quiet",
                    figures=_figures(plan, container, count, shared=inside),
                )


def _only(component: str, container: str) -> str:
    """The only container of a pod."""
    return component if component == container else f"{component}/{container}"


def _figures(plan: Plan, container: ContainerPlan, times: int, *, shared: bool) -> dict[Resource, Figures]:
    def of(resource: Resource) -> Figures:
        limit, request = (
            None if amount is None else amount * times
            for amount in (container.figure(side, resource).amount for side in SIDES)
        )
        return text(resource, limit), text(resource, request), share(plan, resource, limit) if shared else ""

    return {resource: of(resource) for resource in plan.resources}


def _sum(plan: Plan, name: str, amounts: Mapping[Side, Amounts], tone: Tone = "plain", *, shared: bool = False) -> Line:
    def of(resource: Resource) -> Figures:
        limit, request = (amounts.get(side, {}).get(resource) for side in SIDES)
        return text(resource, limit), text(resource, request), share(plan, resource, limit) if shared else ""

    return Line(name, tone=tone, figures={resource: of(resource) for resource in plan.resources})
