"""What the benchmarks make of their data: fits, medians, and ratios with their range."""

from itertools import product

import pytest

from bench.fitting import CONSTANT, fitted, solved
from bench.summary import Rates, ratio

ROWS = [
    {"megabytes": megabytes, "queries": queries, "cpu": 7 + 30 * megabytes + 4 * queries}
    for megabytes, queries in product((0.5, 1.0, 3.0), (0.0, 2.0, 8.0))
]


def test_what_is_linear_is_fitted_exactly() -> None:
    fit = fitted(ROWS, "cpu", ("megabytes", "queries"))
    assert fit.coefficients == pytest.approx({CONSTANT: 7, "megabytes": 30, "queries": 4})
    assert (fit.r_squared, fit.residual) == pytest.approx((1, 0), abs=1e-9)
    assert fit.at({"megabytes": 2, "queries": 1}) == pytest.approx(71)


def test_noise_lowers_r_squared_and_is_the_residual() -> None:
    rows = [{"x": float(x), "y": x + (1.0 if x % 2 else -1.0)} for x in range(100)]
    fit = fitted(rows, "y", ("x",))
    assert fit.coefficients["x"] == pytest.approx(1, abs=0.01)
    assert fit.residual == pytest.approx(1, abs=0.02)
    assert 0.99 < fit.r_squared < 1


def test_a_column_left_out_is_seen_in_the_quality() -> None:
    assert fitted(ROWS, "cpu", ("megabytes",)).r_squared < 0.95


def test_nothing_costs_less_than_nothing() -> None:
    rows = [{**row, "cpu": 50 + 30 * row["megabytes"] - 2 * row["queries"]} for row in ROWS]
    fit = fitted(rows, "cpu", ("megabytes", "queries"))
    assert fit.coefficients["queries"] == 0
    assert fit.coefficients["megabytes"] == pytest.approx(30)
    assert fit.coefficients[CONSTANT] == pytest.approx(50 - 2 * 10 / 3)
    assert fit.r_squared < 1


def test_columns_that_never_differ_are_refused_and_not_guessed() -> None:
    rows = [{**row, "spans": 5 * row["megabytes"]} for row in ROWS]
    with pytest.raises(ValueError, match="do not tell the columns apart"):
        fitted(rows, "cpu", ("megabytes", "spans"))


def test_rows_may_stand_in_any_order_for_the_solver() -> None:
    assert solved([[0, 2], [1, 1]], [4, 5]) == pytest.approx([3, 2])


def rounds(*rates: float) -> dict[tuple[int, str], float]:
    return {(number, "run"): rate for number, rate in enumerate(rates, 1)}


def test_a_ratio_is_made_round_by_round_and_claims_only_what_every_round_says() -> None:
    found = ratio(rounds(110, 120, 150), rounds(100, 100, 100))
    assert found.values == pytest.approx((1.1, 1.2, 1.5))
    assert found.is_beyond_spread
    assert str(found) == "1.20 × (1.10–1.50)"


def test_rounds_of_which_one_says_otherwise_are_within_the_spread() -> None:
    found = ratio(rounds(90, 120, 150), rounds(100, 100, 100))
    assert not found.is_beyond_spread
    assert str(found) == "1.20 × (0.90–1.50), within the spread"


def test_too_few_rounds_prove_nothing() -> None:
    assert not ratio(rounds(200, 200), rounds(100, 100)).is_beyond_spread
    assert str(ratio(rounds(200), rounds(100))) == "2.00 ×, one round"
    assert str(ratio(rounds(200), {(1, "another run"): 100.0})) == "not measured in one run"


def test_a_difference_that_a_search_cannot_tell_is_none() -> None:
    for rates in ((105, 107, 108), (95, 94, 93)):
        assert not ratio(rounds(*rates), rounds(100, 100, 100)).is_beyond_spread
    assert ratio(rounds(110, 111, 112), rounds(100, 100, 100)).is_beyond_spread
    assert ratio(rounds(100, 100, 100), rounds(110, 111, 112)).is_beyond_spread


def test_a_rate_of_none_is_no_excuse_for_few_rounds_or_for_one_that_says_otherwise() -> None:
    assert str(ratio(rounds(9, 9, 9), rounds(0, 0, 0))) == "∞ (the other held no rate)"
    assert str(ratio(rounds(9), rounds(0))) == "∞ (the other held no rate), one round"
    assert str(ratio(rounds(9, 9, 9), rounds(0, 0, 18))) == "∞ × (0.50–∞), within the spread"
    assert str(ratio(rounds(0, 0, 0), rounds(0, 0, 0))) == "1.00 ×, within the spread"


def test_rates_are_shown_with_their_spread() -> None:
    assert str(Rates((1000, 3000, 2000))) == "2,000 (1,000–3,000)"
    assert str(Rates((1234,))) == "1,234"
