"""The plan as lines for people: pods and their containers, then the sums that every column adds up to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from allocation import ContainerPlan, Plan, WorkloadPlan
from allocation.plan import QOS_RESOURCES, Resource, Side, quantity
from ops.plan.document import headroom

Tone = Literal["plain", "quiet", "strong", "bad"]
NOTHING = "-"  # where nothing decides a number


@dataclass(frozen=True)
class Line:
    """One line; what is empty stays blank. The figures are (limit, request, share of the total's limit)."""

    name: str
    tone: Tone = "plain"
    replicas: str = ""
    cpu: tuple[str, str, str] = ("", "", "")
    memory: tuple[str, str, str] = ("", "", "")
    gomemlimit: str = ""
    source: str = ""
    qos: str = ""


def inside(plan: Plan) -> list[Line]:
    """The workloads that share the total."""
    return [line for workload in plan.workloads for line in _workload(plan, workload, inside=True)]


def outside(plan: Plan) -> list[Line]:
    """The workloads that do not, such as MinIO."""
    return [line for workload in plan.outside for line in _workload(plan, workload, inside=False)]


def sums(plan: Plan) -> list[Line]:
    """Allocated, total and headroom."""
    left = headroom(plan)
    over = any(amount < 0 for side in left.values() for amount in side.values())
    allocated: dict[Side, dict[Resource, int]] = {
        "limits": {each: plan.allocated("limits", each) for each in plan.resources},
        "requests": {each: plan.allocated("requests", each) for each in plan.resources},
    }
    shares = {each: share(plan, each, allocated["limits"][each]) for each in plan.resources}
    return [
        _sum("allocated", allocated, "strong", shares),
        _sum("total", {side: dict(amounts) for side, amounts in plan.totals.items()}),
        _sum("headroom", left, "bad" if over else "plain"),
    ]


def share(plan: Plan, resource: Resource, amount: int) -> str:
    """`amount` as a percentage of the total's limit; empty without one."""
    total = plan.totals.get("limits", {}).get(resource)
    return f"{100 * amount / total:.1f}%" if total else ""


def text(resource: Resource, amount: int | None) -> str:
    """A quantity, or a dash."""
    return NOTHING if amount is None else quantity(resource, amount)


def mebibytes(amount_bytes: int | None) -> str:
    """Bytes as Mi with at most one decimal: readable where the exact number would not be."""
    if amount_bytes is None:
        return NOTHING
    return f"{amount_bytes / 2**20:.1f}".removesuffix(".0") + "Mi"


def source(container: ContainerPlan) -> str:
    """Where its numbers come from, `limit/request`; two lines where cpu and memory differ."""
    words = {each: _pair(container.limits[each].source, container.requests[each].source) for each in QOS_RESOURCES}
    if words["cpu"] == words["memory"]:
        return words["cpu"]
    return f"cpu {words['cpu']}\nmem {words['memory']}"


def _pair(limit: str, request: str) -> str:
    return limit if limit == request else f"{limit}/{request}"


def _workload(plan: Plan, workload: WorkloadPlan, *, inside: bool) -> Iterator[Line]:
    several = len(workload.containers) > 1
    replicas = str(workload.replicas)
    if several:
        yield Line(workload.component, replicas=replicas, qos=workload.qos)
    for container in workload.containers:
        name = f"  {container.name}" if several else _only(workload.component, container.name)
        yield Line(
            name,
            replicas="" if several else replicas,
            cpu=_figures(plan, container, "cpu", 1, shared=inside and workload.replicas == 1),
            memory=_figures(plan, container, "memory", 1, shared=inside and workload.replicas == 1),
            gomemlimit=mebibytes(container.gomemlimit_bytes),
            source=source(container),
            qos="" if several else workload.qos,
        )
        if workload.replicas > 1:
            yield Line(
                f"{'    ' if several else '  '}all {workload.replicas} replicas",
                tone="quiet",
                cpu=_figures(plan, container, "cpu", workload.replicas, shared=inside),
                memory=_figures(plan, container, "memory", workload.replicas, shared=inside),
            )


def _only(component: str, container: str) -> str:
    """The only container of a pod."""
    return component if component == container else f"{component}/{container}"


def _figures(
    plan: Plan, container: ContainerPlan, resource: Resource, times: int, *, shared: bool
) -> tuple[str, str, str]:
    limit, request = (
        None if figure.amount is None else figure.amount * times
        for figure in (container.figure("limits", resource), container.figure("requests", resource))
    )
    percent = share(plan, resource, limit) if shared and limit is not None else ""
    return text(resource, limit), text(resource, request), percent


def _sum(
    name: str,
    amounts: dict[Side, dict[Resource, int]],
    tone: Tone = "plain",
    shares: dict[Resource, str] | None = None,
) -> Line:
    def figures(resource: Resource) -> tuple[str, str, str]:
        limit, request = (text(resource, amounts.get(side, {}).get(resource)) for side in ("limits", "requests"))
        return limit, request, (shares or {}).get(resource, "")

    return Line(name, tone=tone, cpu=figures("cpu"), memory=figures("memory"))
