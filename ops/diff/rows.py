"""A comparison as rows for people: old, new, difference, and the difference in percent."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from allocation.plan import SIDES, Resource, Side, quantity
from ops.diff.compare import Change, Comparison, ContainerChange
from ops.diff.rollout import ACTIONS, Fate
from ops.plan import money

Tone = Literal["plain", "good", "bad"]
NOTHING = "-"
HEADINGS = ("old", "new", "Δ", "Δ %")
ONE: dict[Side, str] = {"limits": "limit", "requests": "request"}


@dataclass(frozen=True)
class Row:
    """One amount."""

    name: str
    old: str
    new: str
    delta: str = ""
    percent: str = ""


@dataclass(frozen=True)
class Block:
    """Rows that belong together."""

    title: str
    rows: tuple[Row, ...]
    note: str = ""  # behind the title
    tone: Tone = "plain"


def containers(comparison: Comparison) -> list[Block]:
    """The containers that differ, with what differs, per replica."""
    return [_container(comparison, each) for each in comparison.containers if each.kind != "unchanged"]


def unchanged(comparison: Comparison) -> list[str]:
    """The others."""
    return [each.key for each in comparison.containers if each.kind == "unchanged"]


def sums(comparison: Comparison) -> list[Block]:
    """All workloads inside the total together, whether that differs or not; money where there are prices."""
    found = [
        Block(
            name,
            tuple(
                _row(resource, f"{resource} {side}", change, in_percent=name != "headroom")
                for (resource, side), change in changes.items()
                if (change.old, change.new) != (None, None)
            ),
        )
        for name, changes in comparison.sums.items()
    ]
    return [block for block in [*found, *_cost(comparison)] if block.rows]


def rollout(comparison: Comparison) -> list[tuple[str, str]]:
    """Each kind of fate that occurs, and the workloads that it befalls; that nothing restarts is said too."""
    words = {action: [_told(each) for each in comparison.rollout if each.action == action] for action in ACTIONS}
    if not words["restarts"] and not words["replaced"]:
        words["restarts"] = ["nothing"]
    return [(action, ", ".join(workloads)) for action, workloads in words.items() if workloads]


def _container(comparison: Comparison, each: ContainerChange) -> Block:
    rows = []
    was, becomes = (line.scale if line else None for line in (each.old, each.new))
    if was != becomes:
        counted = each.replicas
        delta = f"{counted.delta:+d}" if isinstance(counted.delta, int) and counted.delta else ""
        rows.append(Row("replicas", was or NOTHING, becomes or NOTHING, delta, _percent(counted)))
    for resource in comparison.resources:
        for side in SIDES:
            change = each.amount(side, resource)
            if change.differs:
                rows.append(_row(resource, f"{resource} {ONE[side]}", change))
    notes = [
        *({"added": ["new"], "removed": ["gone"]}.get(each.kind, [])),
        *(["outside the total"] if each.outside else []),
    ]
    tone: Tone = "good" if each.kind == "added" else "bad" if each.kind == "removed" else "plain"
    return Block(each.key, tuple(rows), ", ".join(notes), tone)


def _row(resource: Resource, name: str, change: Change, *, in_percent: bool = True) -> Row:
    """In percent of what was left before, another headroom says nothing."""
    delta = change.delta
    signed = f"{'+' if delta > 0 else ''}{quantity(resource, int(delta))}" if delta else ""
    return Row(
        name,
        _amount(resource, change.old),
        _amount(resource, change.new),
        signed,
        _percent(change) if in_percent else "",
    )


def _amount(resource: Resource, amount: object) -> str:
    return quantity(resource, amount) if isinstance(amount, int) else NOTHING


def _percent(change: Change) -> str:
    """With one decimal; empty where nothing differs."""
    return f"{float(change.percent):+.1f}%" if change.percent else ""


def _cost(comparison: Comparison) -> Iterator[Block]:
    cost = comparison.cost
    if cost is None:
        return
    varies = cost.at_min != cost.at_max
    for words, changes in (("at min replicas", cost.at_min), ("at max replicas", cost.at_max)):
        if varies or changes is cost.at_min:
            rows = tuple(_money(name, change) for name, change in changes.items() if change.differs or name == "all")
            yield Block(f"{cost.currency} per month{f', {words}' if varies else ''}", rows)


def _money(name: str, change: Change) -> Row:
    old, new = (NOTHING if each is None else money.text(Fraction(each)) for each in (change.old, change.new))
    delta = change.delta
    signed = f"{'+' if delta > 0 else ''}{money.text(Fraction(delta))}" if delta else ""
    return Row(name, old, new, signed, _percent(change))


def _told(fate: Fate) -> str:
    """A workload, with its replicas where they change, and what differs."""
    was, becomes = fate.scale
    scale = f" {was} → {becomes}" if was != becomes else ""
    reasons = f" ({', '.join(fate.reasons)})" if fate.reasons else ""
    return f"{fate.component}{scale}{reasons}"
