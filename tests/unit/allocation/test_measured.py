"""What sizing reckons with is what was measured: allocation/measured.py against the fits of bench/data."""

import json
import re
from math import ceil
from typing import Any

import pytest

from allocation import measured
from tests.support.commands import PROJECT

FITS: dict[str, Any] = json.loads((PROJECT / "bench" / "data" / "calibration.json").read_text(encoding="utf-8"))["fits"]
PAGE = (PROJECT / "docs" / "measured.md").read_text(encoding="utf-8")
COSTS = PAGE.split("### Costs\n", 1)[1].split("\n### ", 1)[0]
SMALL_SPAN_BYTES = 200  # the careful side: a byte of a larger span costs less


def fitted(component: str) -> dict[str, float]:
    """Millicores of a MB/s, of 1,000 spans/s, and of a query/s."""
    coefficients: dict[str, float] = FITS[component]["cpu"]["coefficients"]
    return coefficients


def bytes_per_millicore(component: str) -> float:
    cpu = fitted(component)
    return 10**6 / (cpu["megabytes"] + cpu["kilospans"] * 10**6 / SMALL_SPAN_BYTES / 1000)


def test_a_distributor_takes_in_what_was_fitted_for_small_spans_and_no_more() -> None:
    """Within 2 %, below it."""
    assert 0.98 < measured.DISTRIBUTOR_BYTES_PER_MILLICORE / bytes_per_millicore("distributor") <= 1


def test_an_ingester_is_not_taken_to_carry_more_than_was_fitted_nor_less_than_half_of_it() -> None:
    """The fit misses most of what completing blocks costs, about as much again."""
    assert 0.5 < measured.INGESTER_BYTES_PER_MILLICORE / bytes_per_millicore("ingester") <= 1


@pytest.mark.parametrize(
    ("component", "microseconds"),
    [
        ("query-frontend", measured.QUERY_FRONTEND_MICROSECONDS_PER_QUERY),
        ("querier", measured.QUERIER_MICROSECONDS_PER_QUERY),
        ("ingester", measured.INGESTER_MICROSECONDS_PER_QUERY),
    ],
)
def test_a_query_costs_what_was_fitted_rounded_up_to_a_millisecond(component: str, microseconds: int) -> None:
    """A millicore for a query a second is a millisecond of cpu for each."""
    assert microseconds == ceil(fitted(component)["queries"]) * 1000


@pytest.mark.parametrize("component", sorted(FITS))
def test_the_page_has_the_costs_as_they_were_fitted(component: str) -> None:
    [row] = re.findall(rf"^\| {component} \| (\S+) \| (\S+) \| (\S+) \| (\S+) \|", COSTS, re.MULTILINE)
    cpu = fitted(component)
    columns = (cpu["megabytes"], cpu["kilospans"], cpu["queries"], cpu["constant"])
    assert [cell.removesuffix("m") for cell in row] == [f"{round(value)}" for value in columns]
