"""What the benchmarks compute: fitted exponents, and the same comparison for the same seed."""

from random import Random

import pytest

from allocation.plan import SIDES
from bench.allocation import N_LOG_N, SIZES, Growth, fitted
from bench.comparison import OURS, THEIRS, compared, random_stacks
from bench.operator_rule import RESOURCES


@pytest.mark.parametrize("exponent", [0.5, 1, 2])
def test_a_power_of_n_is_fitted_exactly(exponent: float) -> None:
    growth = fitted({size: 3e-6 * size**exponent for size in SIZES})
    assert growth.exponent == pytest.approx(exponent)
    assert growth.error == pytest.approx(0, abs=1e-9)


def test_n_log_n_is_steeper_than_n_and_squares_are_steeper_than_it() -> None:
    assert fitted({size: float(size) for size in SIZES}).is_within_n_log_n
    assert N_LOG_N.is_within_n_log_n
    assert not fitted({size: float(size**2) for size in SIZES}).is_within_n_log_n
    assert Growth(1.4, 0.2).is_within_n_log_n  # it may be chance


def test_the_same_seed_gives_the_same_stacks() -> None:
    assert list(random_stacks(Random(7), 20)) == list(random_stacks(Random(7), 20))
    assert list(random_stacks(Random(7), 20)) != list(random_stacks(Random(8), 20))


def test_every_total_of_random_stacks_is_kept_and_used_to_the_last_step() -> None:
    tallies = compared(random_stacks(Random(7), 60))
    assert set(tallies) == {(rule, side, r) for rule in (OURS, THEIRS) for side in SIDES for r in RESOURCES}
    for (rule, *_), tally in tallies.items():
        if rule == OURS:
            assert (tally.over, tally.empty, tally.beyond_a_step) == (0, 0, 0)
    assert any(tally.over for (rule, *_), tally in tallies.items() if rule == THEIRS)
