"""Weights for a total and a load, from what the load was measured to cost each component."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.fitting import CONSTANT, Fit
from bench.mixes import Mix
from bench.splits import Total
from sandbox.load import SMALL, Shape

QUERY_SHARE_SECONDS = 0.25  # of the second that a query may take, in any one component, at its quota
_HALVINGS, _MOST_SPANS = 60, 1e7


@dataclass(frozen=True)
class Proposal:
    """Percent of cpu and of memory by container, and the ingest rate at which they would all be used up."""

    spans_per_second: float
    weights: Mapping[str, tuple[float, float]]


def proposed(
    cpu: Mapping[str, Fit], memory: Mapping[str, Fit], mix: Mix, total: Total, shape: Shape = SMALL
) -> Proposal:
    """Gives each component what it needs at the highest rate whose needs fit into the total's cpu.

    However few they are, a query must not wait: a component is given what answers one within its part of a second.
    Memory beyond the need is shared as the need is. Raises ValueError where not even the queries fit, or spans
    seem to cost nothing.
    """

    def cpu_at(rate: float) -> dict[str, float]:
        return {name: max(fit.at(_row(rate, mix, shape)), _for_one_query(fit), 1.0) for name, fit in cpu.items()}

    if sum(cpu_at(0).values()) > total.cpu_millicores:
        raise ValueError(f"{total} does not hold {mix.queries_per_second:g} queries/s, with nothing pushed")
    low, high = 0.0, _MOST_SPANS
    if sum(cpu_at(high).values()) <= total.cpu_millicores:
        raise ValueError("by these measurements spans cost nothing: measure again, longer and on an idle machine")
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(cpu_at(middle).values()) <= total.cpu_millicores else (low, middle)
    need_memory = {name: max(fit.at(_row(low, mix, shape)), 1.0) for name, fit in memory.items()}
    cpu_parts, memory_parts = _percent(cpu_at(low)), _percent(need_memory)
    return Proposal(low, {name.replace("-", "_"): (cpu_parts[name], memory_parts[name]) for name in cpu})


def _row(rate: float, mix: Mix, shape: Shape) -> Mapping[str, float]:
    """The columns of the fits, at spans per second."""
    return {"megabytes": rate * shape.span_bytes / 1e6, "kilospans": rate / 1e3, "queries": mix.queries_per_second}


def _for_one_query(fit: Fit) -> float:
    """Millicores that answer one within its time, on top of what idling takes: 1 query/s costs so many of them."""
    return max(fit.coefficients[CONSTANT], 0.0) + max(fit.coefficients["queries"], 0.0) / QUERY_SHARE_SECONDS


def _percent(needs: Mapping[str, float]) -> dict[str, float]:
    whole = sum(needs.values())
    return {name: round(100 * need / whole, 2) for name, need in needs.items()}
