"""The climb from a split to better ones, on splits whose rate a formula says."""

import itertools
from collections.abc import Mapping

import pytest

from bench.climb import BETTER, Best, Result, climb, least, transfers
from bench.planes import Limits

MIB = 2**20
LIMITS: Limits = {"distributor": (100, 100 * MIB), "ingester": (100, 400 * MIB), "compactor": (100, 100 * MIB)}


class Formula:
    """Holds what its scarcest cpu allows, spans per second for so much of a millicore.

    Keeps what it was asked; the same again is known, and costs nothing.
    """

    def __init__(self, needs: Mapping[str, float]) -> None:
        self.needs = needs
        self.asked: list[tuple[Limits, int]] = []

    def most(self, limits: Limits) -> float:
        return min(limits[name][0] / need for name, need in self.needs.items())

    def __call__(self, limits: Limits, rate: int) -> Result:
        if (limits, rate) not in self.asked:
            self.asked.append((limits, rate))
        most = self.most(limits)
        used = {name: (min(rate, most) * need / limits[name][0], 0.5) for name, need in self.needs.items()}
        return Result(rate <= most, used)


NEEDS = Formula({"distributor": 0.01, "ingester": 0.04, "compactor": 0.005})


def test_a_transfer_moves_and_neither_makes_nor_loses() -> None:
    used = {"distributor": (0.95, 0.9), "ingester": (1.0, 0.3), "compactor": (0.1, 0.2)}
    found = list(transfers(LIMITS, used, 0.4))
    both = {"ingester": (120, 400 * MIB), "distributor": (120, 100 * MIB)}
    assert found[0] == {**LIMITS, **both, "compactor": (60, 100 * MIB)}
    assert found[1] == {"ingester": (180, 400 * MIB), "distributor": (60, 100 * MIB), "compactor": (60, 100 * MIB)}
    assert found[2] == {**LIMITS, "ingester": (140, 400 * MIB), "compactor": (60, 100 * MIB)}
    assert any(limits["distributor"][1] > 100 * MIB for limits in found), "its memory is busy"
    for limits in found:
        for resource in (0, 1):
            assert sum(figures[resource] for figures in limits.values()) == sum(f[resource] for f in LIMITS.values())
            assert all(figures[resource] >= least(name, resource) for name, figures in limits.items())


def test_all_that_are_about_as_busy_take_together_first_and_nobody_else() -> None:
    limits: Limits = dict.fromkeys(("a", "b", "c", "d", "e"), (100, 100 * MIB))
    used = {"a": (0.99, 0), "b": (0.95, 0), "c": (0.97, 0), "d": (0.85, 0), "e": (0.1, 0)}
    more = [{name for name in "abcd" if limits[name][0] > 100} for limits in transfers(limits, used, 0.4)]
    assert more[0] == {"a", "b", "c"}
    assert {"a", "c"} in more
    assert not any("d" in each for each in more)


def test_nobody_is_given_more_of_what_it_leaves_unused() -> None:
    assert not list(transfers(LIMITS, dict.fromkeys(LIMITS, (0.3, 0.3)), 0.4))


@pytest.mark.parametrize("first", [1000, 2500, 2600, 4000])
def test_a_climb_begins_with_what_ours_holds_wherever_it_looks_first(first: int) -> None:
    evaluate = Formula({"ingester": 0.04})
    begun = next(climb(evaluate, LIMITS, first))
    assert 2500 / BETTER - 1 < begun.rate <= 2500
    assert begun.used["ingester"] == (1, 0.5), "at the rate beyond"
    assert len({rate for _, rate in evaluate.asked}) == len(evaluate.asked)


def test_a_split_that_holds_next_to_nothing_is_nowhere_to_begin() -> None:
    nothing = Formula({"ingester": 4})
    assert not list(climb(nothing, LIMITS, 1000))
    assert len(nothing.asked) < 20


def test_a_climb_gets_near_the_best_split() -> None:
    evaluate = Formula(NEEDS.needs)
    *_, best = climb(evaluate, LIMITS, 2400)
    assert best.rate >= 0.9 * 300 / 0.055
    assert sum(cpu for cpu, _ in best.limits.values()) == 300
    assert len(evaluate.asked) < 60


def test_every_step_is_a_rate_that_the_split_holds_while_it_does_not_hold_the_next() -> None:
    steps = list(climb(Formula(NEEDS.needs), LIMITS, 2400))
    assert len(steps) > 2
    for earlier, later in itertools.pairwise(steps):
        assert later.rate >= BETTER * earlier.rate - 1
    for step in steps:
        assert step.rate <= NEEDS.most(step.limits) < BETTER * step.rate + 1


def test_a_climb_gets_away_from_where_two_end_at_the_same_rate() -> None:
    """From there no single one of them gains anything by more."""
    start = {**LIMITS, "ingester": (400, 400 * MIB)}
    *_, best = climb(Formula({"distributor": 0.01, "ingester": 0.04, "compactor": 0.001}), start, 9800)
    assert best.rate > BETTER * 10_000


def test_a_climb_that_is_ended_has_told_the_best_so_far() -> None:
    evaluate, told = Formula(NEEDS.needs), list[Best]()

    def until_the_time_is_over(limits: Limits, rate: int) -> Result:
        if len(evaluate.asked) == 4:
            raise TimeoutError
        return evaluate(limits, rate)

    with pytest.raises(TimeoutError):
        told.extend(climb(until_the_time_is_over, LIMITS, 2400))
    assert [each.rate for each in told] == [2400]
