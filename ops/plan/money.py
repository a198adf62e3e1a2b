"""The plan's cost as words, rows and data; the only place where money is rounded."""

from fractions import Fraction
from typing import Any

from allocation import Charge, Cost
from allocation.cost import HOURS_PER_MONTH

Row = tuple[str, ...]


def text(amount: Fraction) -> str:
    """Money with two decimals; halves go to the even cent."""
    cents = round(amount * 100)  # Python's own rounding of fractions
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02d}"


def title(cost: Cost) -> str:
    """What the rows are."""
    return f"{cost.currency} per month of {HOURS_PER_MONTH} h, by {cost.basis}"


def headings(cost: Cost) -> Row:
    """Of the rows; what a stack with autoscalers costs at the most has a column of its own."""
    return ("component", "cpu", "memory", "storage", *(("at min", "at max") if cost.varies else ("total",)))


def rows(cost: Cost) -> list[Row]:
    """A row for each component, then the sum; each figure is rounded by itself."""
    parts = [(each.component, each.at_min, each.at_max) for each in cost.components]
    return [_row(cost, *part) for part in (*parts, ("all", cost.at_min, cost.at_max))]


def note(cost: Cost) -> str:
    """What the sum leaves out, empty where it is complete."""
    return "without what lies in the bucket: no size or workload says how much" if cost.bucket == "unknown" else ""


def document(cost: Cost | None) -> dict[str, Any] | None:
    """For JSON; amounts are texts with two decimals, None without prices."""
    if cost is None:
        return None
    return {
        "currency": cost.currency,
        "basis": cost.basis,
        "bucket": cost.bucket,
        "components": [
            {"component": each.component, "min": _parts(each.at_min), "max": _parts(each.at_max)}
            for each in cost.components
        ],
        "total": {"min": _parts(cost.at_min), "max": _parts(cost.at_max)},
    }


def _row(cost: Cost, name: str, at_min: Charge, at_max: Charge) -> Row:
    totals = (at_min.total, at_max.total) if cost.varies else (at_min.total,)
    return (name, *map(text, (at_min.cpu, at_min.memory, at_min.volumes + at_min.objects, *totals)))


def _parts(charge: Charge) -> dict[str, str]:
    return {
        "cpu": text(charge.cpu),
        "memory": text(charge.memory),
        "volumes": text(charge.volumes),
        "objects": text(charge.objects),
        "total": text(charge.total),
    }
