"""Two snapshots side by side: every amount old and new, with the difference."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from allocation import Cost, Finding
from allocation.cost import Charge
from allocation.line import ContainerLine
from allocation.plan import RESOURCES, SIDES, Resource, Side
from ops.diff.rollout import Fate
from ops.diff.snapshot import Snapshot

Kind = Literal["changed", "added", "removed", "unchanged"]
Sums = dict[tuple[Resource, Side], "Change"]


@dataclass(frozen=True)
class Change:
    """An amount, old and new; None where there is none."""

    old: int | Fraction | None
    new: int | Fraction | None

    @property
    def differs(self) -> bool:
        """Whether it is another one."""
        return self.old != self.new

    @property
    def delta(self) -> int | Fraction | None:
        """New less old; None where one of them is missing."""
        return None if self.old is None or self.new is None else self.new - self.old

    @property
    def percent(self) -> Fraction | None:
        """The difference in percent of the old one; None where there is nothing to take it of."""
        return None if self.delta is None or not self.old else Fraction(100 * self.delta) / abs(Fraction(self.old))


@dataclass(frozen=True)
class ContainerChange:
    """A container, old and new; None on the side that does not have it."""

    key: str  # component/container
    old: ContainerLine | None
    new: ContainerLine | None

    @property
    def kind(self) -> Kind:
        """What became of it."""
        if self.old is None or self.new is None:
            return "added" if self.old is None else "removed"
        return "unchanged" if self.old == self.new else "changed"

    @property
    def outside(self) -> bool:
        """Whether it stands outside the total."""
        line = self.new or self.old
        return line is not None and line.outside

    @property
    def replicas(self) -> Change:
        """Those that the budget counts."""
        return self._change(lambda line: line.replicas)

    def amount(self, side: Side, resource: Resource) -> Change:
        """Of one replica."""
        return self._change(lambda line: line.amount(side, resource))

    def _change(self, amount: Callable[[ContainerLine], int | None]) -> Change:
        return Change(*(None if line is None else amount(line) for line in (self.old, self.new)))


@dataclass(frozen=True)
class CostChange:
    """Money per month by component, then all of it, old and new, at the least and at the most replicas."""

    currency: str
    at_min: dict[str, Change]
    at_max: dict[str, Change]


@dataclass(frozen=True)
class Comparison:
    """All that differs. `exact` says whether the fates were read off the objects, else off the numbers alone."""

    old: Snapshot
    new: Snapshot
    fates: list[Fate]
    exact: bool
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]  # of the new one

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Those that either side mentions."""
        return tuple(each for each in RESOURCES if each in self.old.resources or each in self.new.resources)

    @property
    def containers(self) -> list[ContainerChange]:
        """In the new plan's order, those that are gone at the end."""
        keys = dict.fromkeys((*self.new.lines, *self.old.lines))
        return [ContainerChange(key, self.old.lines.get(key), self.new.lines.get(key)) for key in keys]

    @property
    def rollout(self) -> list[Fate]:
        """The fates, in the containers' order."""
        order = [each.key.partition("/")[0] for each in self.containers]
        return sorted(self.fates, key=lambda fate: order.index(fate.component))

    @property
    def sums(self) -> dict[str, Sums]:
        """`allocated`, `at max replicas` where anything is autoscaled, `total` and `headroom`."""
        found = {"allocated": self._each(Snapshot.allocated)}
        if self.old.autoscaled or self.new.autoscaled:
            found["at max replicas"] = self._each(Snapshot.allocated_at_most)
        return found | {"total": self._each(Snapshot.total), "headroom": self._each(Snapshot.headroom)}

    @property
    def cost(self) -> CostChange | None:
        """None unless both have prices in the same currency."""
        old, new = self.old.cost, self.new.cost
        if old is None or new is None or old.currency != new.currency:
            return None
        return CostChange(
            new.currency,
            _costs(old, new, lambda cost: {**{c.component: c.at_min for c in cost.components}, "all": cost.at_min}),
            _costs(old, new, lambda cost: {**{c.component: c.at_max for c in cost.components}, "all": cost.at_max}),
        )

    def _each(self, amount: Callable[[Snapshot, Side, Resource], int | None]) -> Sums:
        return {
            (resource, side): Change(amount(self.old, side, resource), amount(self.new, side, resource))
            for resource in self.resources
            for side in SIDES
        }


def _costs(old: Cost, new: Cost, charges: Callable[[Cost], dict[str, Charge]]) -> dict[str, Change]:
    before, after = charges(old), charges(new)
    names = [*dict.fromkeys(name for name in (*after, *before) if name != "all"), "all"]
    return {
        name: Change(before[name].total if name in before else None, after[name].total if name in after else None)
        for name in names
    }
