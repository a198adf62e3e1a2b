"""A plan as stacked bars: what each component takes of every resource, against the total."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from allocation import Plan, WorkloadPlan
from allocation.plan import SIDES, Bound, Resource, Side
from ops.plan import lines
from ops.plan.lines import BOUNDS


@dataclass(frozen=True)
class Segment:
    """A component's part of a bar; `number` is the component's place in the plan."""

    component: str
    number: int
    amount: str
    width: str  # in percent of the longest bar


@dataclass(frozen=True)
class Bar:
    """What all replicas take of a resource, on one side, and where the total stands."""

    label: str
    segments: tuple[Segment, ...]
    text: str  # `2506m of 2, 125.3%`
    total: str | None  # in percent of the longest bar; None without a total
    excess: str | None  # what reaches beyond the total, in percent of the longest bar

    @property
    def told(self) -> str:
        """The bar in words, for who does not see it."""
        parts = ", ".join(f"{each.component} {each.amount}" for each in self.segments)
        return f"{self.label}: {self.text}; {parts}"


def bars(plan: Plan, resource: Resource) -> list[Bar]:
    """Limits, then requests, each as counted and, where autoscalers make a difference, at their other bound.

    All have one scale; there is none where nothing decides anything.
    """
    drawn = [(side, bound) for side in SIDES for bound in (None, *other_bounds(plan))]
    amounts = [_sum(plan, side, resource, bound) for side, bound in drawn]
    totals = [plan.totals.get(side, {}).get(resource, 0) for side in SIDES]
    scale = max(*amounts, *totals)
    return [_bar(plan, resource, side, bound, scale) for side, bound in drawn] if scale else []


def other_bounds(plan: Plan) -> Iterator[Bound]:
    """The bounds at which the plan is another than the one that the budget counts."""
    for bound in BOUNDS:
        if any(workload.replicas_at(bound) != workload.replicas for workload in plan.workloads):
            yield bound


def taken(workload: WorkloadPlan, side: Side, resource: Resource, bound: Bound | None) -> int:
    """What all replicas of a workload take, at a bound or, for None, as counted."""
    replicas = workload.replicas if bound is None else workload.replicas_at(bound)
    return workload.of_one_pod(side, resource) * replicas


def _sum(plan: Plan, side: Side, resource: Resource, bound: Bound | None) -> int:
    return sum(taken(workload, side, resource, bound) for workload in plan.workloads)


def _bar(plan: Plan, resource: Resource, side: Side, bound: Bound | None, scale: int) -> Bar:
    allocated, total = _sum(plan, side, resource, bound), plan.totals.get(side, {}).get(resource)
    segments = tuple(
        Segment(workload.component, number, lines.text(resource, amount), _percent(amount, scale))
        for number, workload in enumerate(plan.workloads)
        if (amount := taken(workload, side, resource, bound))
    )
    text = lines.text(resource, allocated)
    if total:
        text += f" of {lines.text(resource, total)}, {100 * allocated / total:.1f}%"
    return Bar(
        f"{side}{f' at {bound} replicas' if bound else ''}",
        segments,
        text,
        None if total is None else _percent(total, scale),
        _percent(allocated - total, scale) if total is not None and allocated > total else None,
    )


def _percent(amount: int, scale: int) -> str:
    return f"{float(Fraction(100 * amount, scale)):.3f}%"
