"""What a stack gives its containers, be it planned from a file or told by the outputs of one that is deployed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from allocation import Cost, Plan
from allocation.disk import DEFAULT
from allocation.line import ContainerLine, container_lines, parse_amount
from allocation.plan import QOS_RESOURCES, RESOURCES, SIDES, Resource, Side
from ops.mistakes import Mistakes

OLDER = "was written by another version of this program; compare two files, or deploy once more with this version"


@dataclass(frozen=True)
class Snapshot:
    """A stack's lines, `component/container` -> line in the plan's order, and its totals."""

    source: str  # where it is from, for people
    lines: Mapping[str, ContainerLine]
    totals: Mapping[Side, Mapping[Resource, int]]
    cost: Cost | None = None  # None also where it is not known

    @classmethod
    def of_plan(cls, source: str, plan: Plan) -> "Snapshot":
        """Of a plan."""
        return cls(source, container_lines(plan), plan.totals, plan.cost)

    @classmethod
    def of_outputs(cls, source: str, outputs: Mapping[str, Any]) -> "Snapshot":
        """Of a deployed stack's outputs. Raises Mistakes."""
        if "allocation" not in outputs:
            raise Mistakes(
                f"{source}: nothing is deployed yet, or not by this program: there is no output `allocation`; "
                "`python -m ops plan FILE` shows what would be"
            )
        lines = outputs["allocation"]
        if not isinstance(lines, dict) or not all(isinstance(text, str) for text in lines.values()):
            raise Mistakes(f"{source}: the output `allocation` {OLDER}")
        try:
            totals = {side: _amounts(outputs.get("totals", {}).get(side, {})) for side in SIDES}
            return cls(source, {key: ContainerLine.parse(text) for key, text in lines.items()}, totals)
        except (ValueError, AttributeError) as error:
            raise Mistakes(f"{source}: the outputs cannot be read ({error}): this {OLDER}") from None

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Cpu and memory always, ephemeral storage where there is a total or anybody has another amount than most."""
        return tuple(each for each in RESOURCES if each in QOS_RESOURCES or self._mentions(each))

    @property
    def autoscaled(self) -> bool:
        """Whether an autoscaler changes the replicas of anything inside the total."""
        return any(line.autoscaled and not line.outside for line in self.lines.values())

    def allocated(self, side: Side, resource: Resource) -> int:
        """Sum over the containers inside the total, x the replicas that the budget counts."""
        return self._sum(side, resource, lambda line: line.replicas)

    def allocated_at_most(self, side: Side, resource: Resource) -> int:
        """The same with as many replicas as autoscalers may run."""
        return self._sum(side, resource, lambda line: line.autoscaled[1] if line.autoscaled else line.replicas)

    def total(self, side: Side, resource: Resource) -> int | None:
        """As configured."""
        return self.totals.get(side, {}).get(resource)

    def headroom(self, side: Side, resource: Resource) -> int | None:
        """Total minus allocated; None without a total."""
        total = self.total(side, resource)
        return None if total is None else total - self.allocated(side, resource)

    def _sum(self, side: Side, resource: Resource, replicas: Callable[[ContainerLine], int]) -> int:
        inside = [line for line in self.lines.values() if not line.outside]
        return sum((line.amount(side, resource) or 0) * replicas(line) for line in inside)

    def _mentions(self, resource: Resource) -> bool:
        return any(
            self.total(side, resource) is not None
            or any(line.amount(side, resource) != DEFAULT[side] for line in self.lines.values())
            for side in SIDES
        )


def _amounts(texts: Mapping[str, str]) -> dict[Resource, int]:
    return {resource: parse_amount(resource, texts[resource]) for resource in RESOURCES if resource in texts}
