"""Weights for a total and a load, from what the load was measured to cost each component."""

from collections.abc import Mapping
from dataclasses import dataclass

from allocation.profiles import MEASURED, MEASURED_ENOUGH
from bench.fitting import CONSTANT, Fit
from bench.mixes import Mix
from bench.splits import Total
from sandbox.load import SMALL, Shape

ANSWERING = ("query-frontend", "querier", "ingester")  # whom a query waits for

QUERY_SHARE_SECONDS = 0.25  # of the second that a query may take, in any one component, at its quota
_HALVINGS, _MOST_SPANS = 60, 1e7


@dataclass(frozen=True)
class Proposal:
    """(cpu, memory) by container, and the ingest rate at which the cpu would all be used up."""

    spans_per_second: float
    weights: Mapping[str, tuple[float, float]]


def proposed(cpu: Mapping[str, Fit], mix: Mix, total: Total, shape: Shape = SMALL) -> Proposal:
    """Gives each component what it needs at the highest rate whose needs fit into the total's cpu.

    However few they are, a query must not wait: who answers it is given what does so within its part of a second, and
    no less than the profile has for it, which knows of traces that are read from blocks; these loads had few of them.
    Memory is as in the profile `measured`: by its fits, of an R² below 0.3, nothing can be shared. Raises ValueError
    where not even the queries fit, or spans seem to cost nothing.
    """

    def need(name: str, fit: Fit, rate: float) -> float:
        return max(fit.at(_row(rate, mix, shape)), _for_one_query(name, fit, total) if name in ANSWERING else 0.0, 1.0)

    def cpu_at(rate: float) -> dict[str, float]:
        return {name: need(name, fit, rate) for name, fit in cpu.items()}

    if sum(cpu_at(0).values()) > total.cpu_millicores:
        raise ValueError(f"{total} does not hold {mix.queries_per_second:g} queries/s, with nothing pushed")
    low, high = 0.0, _MOST_SPANS
    if sum(cpu_at(high).values()) <= total.cpu_millicores:
        raise ValueError("by these measurements spans cost nothing: measure again, longer and on an idle machine")
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(cpu_at(middle).values()) <= total.cpu_millicores else (low, middle)
    needs = {name.replace("-", "_"): millicores for name, millicores in cpu_at(low).items()}
    percent = 100 / sum(needs.values())
    return Proposal(low, {name: (round(percent * need, 2), float(MEASURED[name][1])) for name, need in needs.items()})


def _row(rate: float, mix: Mix, shape: Shape) -> Mapping[str, float]:
    """The columns of the fits, at spans per second."""
    return {"megabytes": rate * shape.span_bytes / 1e6, "kilospans": rate / 1e3, "queries": mix.queries_per_second}


def _for_one_query(name: str, fit: Fit, total: Total) -> float:
    """Millicores that answer one within its time, on top of what idling takes: 1 query/s costs so many of them."""
    fitted = max(fit.coefficients[CONSTANT], 0.0) + max(fit.coefficients["queries"], 0.0) / QUERY_SHARE_SECONDS
    key = name.replace("-", "_")
    if key not in MEASURED_ENOUGH:
        return fitted
    part = float(MEASURED[key][0]) / 100 * total.cpu_millicores  # that the profile gives until it is enough
    return max(fitted, min(MEASURED_ENOUGH[key].amount, part))
