"""A comparison as data: the stable JSON of `diff --format json`, documented in docs/plan.md."""

import json
from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from typing import Any

import click

from allocation.line import ContainerLine
from allocation.plan import SIDES, Resource, quantity
from ops.diff.compare import Change, Comparison, ContainerChange, Sums
from ops.diff.rollout import Fate
from ops.plan import money

SUMS = {"allocated": "allocated", "at max replicas": "allocatedAtMax", "total": "totals", "headroom": "headroom"}


def write(comparison: Comparison) -> None:
    """Prints the document."""
    click.echo(json.dumps(document(comparison), indent=2))


def document(comparison: Comparison) -> dict[str, Any]:
    """The whole comparison. Every amount is `{old, new, delta, percent}`; null stands where there is none."""
    sums = {SUMS[name]: _sides(comparison, changes) for name, changes in comparison.sums.items()}
    return {
        "old": comparison.old.source,
        "new": comparison.new.source,
        "containers": [_container(comparison, each) for each in comparison.containers],
        "allocated": sums["allocated"],
        "allocatedAtMax": sums.get("allocatedAtMax"),
        "totals": sums["totals"],
        "headroom": sums["headroom"],
        "cost": _cost(comparison),
        "workloads": [_fate(fate) for fate in comparison.rollout],
        "exact": comparison.exact,
        "notes": list(comparison.notes),
        "findings": [asdict(finding) for finding in comparison.findings],
    }


def _container(comparison: Comparison, each: ContainerChange) -> dict[str, Any]:
    component, _, container = each.key.partition("/")
    changes = {(r, side): each.amount(side, r) for r in comparison.resources for side in SIDES}
    return {
        "component": component,
        "container": container,
        "outside": each.outside,
        "change": each.kind,
        "replicas": _change(each.replicas, lambda amount: int(amount)),
        "autoscaled": {"old": _bounds(each.old), "new": _bounds(each.new)},
        **_sides(comparison, changes),
    }


def _bounds(line: ContainerLine | None) -> dict[str, int] | None:
    return dict(zip(("min", "max"), line.autoscaled, strict=True)) if line and line.autoscaled else None


def _sides(comparison: Comparison, changes: Sums) -> dict[str, Any]:
    return {
        side: {each: _change(changes[each, side], _quantity(each)) for each in comparison.resources} for side in SIDES
    }


def _cost(comparison: Comparison) -> dict[str, Any] | None:
    cost = comparison.cost
    if cost is None:
        return None
    components = [
        {"component": name, "min": _money(cost.at_min[name]), "max": _money(cost.at_max[name])}
        for name in cost.at_min
        if name != "all"
    ]
    total = {"min": _money(cost.at_min["all"]), "max": _money(cost.at_max["all"])}
    return {"currency": cost.currency, "components": components, "total": total}


def _fate(fate: Fate) -> dict[str, Any]:
    was, becomes = fate.scale
    return {
        "component": fate.component,
        "action": fate.action,
        "reasons": list(fate.reasons),
        "replicas": None if was == becomes else {"old": was, "new": becomes},
    }


def _change(change: Change, text: Callable[[int | Fraction], Any]) -> dict[str, Any]:
    old, new, delta = (None if amount is None else text(amount) for amount in (change.old, change.new, change.delta))
    percent = None if change.percent is None else round(float(change.percent), 1)
    return {"old": old, "new": new, "delta": delta, "percent": percent}


def _quantity(resource: Resource) -> Callable[[int | Fraction], str]:
    return lambda amount: quantity(resource, int(amount))


def _money(change: Change) -> dict[str, Any]:
    return _change(change, lambda amount: money.text(Fraction(amount)))
