"""The climb from a split to better ones, on splits whose rate a formula says."""

import itertools
from collections.abc import Mapping

import pytest

from bench.climb import BETTER, PARTS, Result, climb, least, transfers
from bench.planes import Limits

MIB = 2**20
LIMITS: Limits = {"distributor": (100, 100 * MIB), "ingester": (100, 400 * MIB), "compactor": (100, 200 * MIB)}


class Formula:
    """Holds what its scarcest cpu allows, spans per second for so much of a millicore; keeps what it was asked."""

    def __init__(self, needs: Mapping[str, float]) -> None:
        self.needs = needs
        self.asked: list[tuple[Limits, int]] = []

    def most(self, limits: Limits) -> float:
        return min(limits[name][0] / need for name, need in self.needs.items())

    def __call__(self, limits: Limits, rate: int) -> Result:
        self.asked.append((limits, rate))
        most = self.most(limits)
        used = {name: (min(rate, most) * need / limits[name][0], 0.5) for name, need in self.needs.items()}
        return Result(rate <= most, used)


NEEDS = Formula({"distributor": 0.01, "ingester": 0.04, "compactor": 0.005})


def test_a_transfer_moves_and_neither_makes_nor_loses() -> None:
    used = {"distributor": (0.95, 0.9), "ingester": (1.0, 0.3), "compactor": (0.1, 0.2)}
    found = list(transfers(LIMITS, used, 0.4))
    both = {"ingester": (120, 400 * MIB), "distributor": (120, 100 * MIB)}
    assert found[0] == {**LIMITS, **both, "compactor": (60, 200 * MIB)}
    assert found[1] == {"ingester": (180, 400 * MIB), "distributor": (60, 100 * MIB), "compactor": (60, 200 * MIB)}
    assert found[2] == {**LIMITS, "ingester": (140, 400 * MIB), "compactor": (60, 200 * MIB)}
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


def test_who_is_busy_gives_too_alone_and_after_those_that_use_least() -> None:
    limits: Limits = dict.fromkeys(("a", "b", "c", "d"), (100, 100 * MIB))
    used = {"a": (0.9, 0), "b": (0.8, 0), "c": (0.2, 0), "d": (0.1, 0)}
    givers = [{name for name in "bcd" if found[name][0] < 100} for found in transfers(limits, used, 0.4)]
    assert givers == [{"d", "c"}, {"d"}, {"c"}, {"b"}]


def test_nobody_is_given_more_of_what_it_leaves_unused() -> None:
    assert not list(transfers(LIMITS, dict.fromkeys(LIMITS, (0.3, 0.3)), 0.4))


@pytest.mark.parametrize("first", [1000, 2500, 2600, 4000])
def test_a_climb_begins_with_what_ours_holds_wherever_it_looks_first(first: int) -> None:
    alone: Limits = {"ingester": LIMITS["ingester"]}  # to whom nobody can give
    begun = climb(Formula({"ingester": 0.04}), alone, first)
    assert begun is not None
    assert begun.limits == alone
    assert 2500 / BETTER - 1 < begun.rate <= 2500
    assert begun.used["ingester"] == (1, 0.5), "at the rate beyond"


def test_a_split_that_holds_next_to_nothing_is_nowhere_to_begin() -> None:
    nothing = Formula({"ingester": 4})
    assert climb(nothing, LIMITS, 1000) is None
    assert len(nothing.asked) < 20


def test_a_climb_gets_near_the_best_split() -> None:
    evaluate = Formula(NEEDS.needs)
    best = climb(evaluate, LIMITS, 2400)
    assert best is not None
    assert best.rate >= 0.9 * 300 / 0.055
    assert sum(cpu for cpu, _ in best.limits.values()) == 300
    assert len({(str(limits), rate) for limits, rate in evaluate.asked}) < 70, "what is asked again is known"


def test_what_is_found_holds_its_rate_and_not_the_next() -> None:
    best = climb(Formula(NEEDS.needs), LIMITS, 2400)
    assert best is not None
    assert best.rate <= NEEDS.most(best.limits) < BETTER * best.rate + 1


def test_from_every_better_split_the_smallest_moves_come_first_again() -> None:
    evaluate = Formula(NEEDS.needs)
    climb(evaluate, LIMITS, 2400)
    cpu = [limits["compactor"][0] for limits, rate in evaluate.asked if rate <= NEEDS.most(limits)]
    moved = [before - after for before, after in itertools.pairwise(cpu) if before != after]
    assert moved[0] == 100 * PARTS[0]
    assert any(later < earlier for earlier, later in itertools.pairwise(moved))


def test_a_climb_gets_away_from_where_two_end_at_the_same_rate() -> None:
    """From there no single one of them gains anything by more."""
    start = {**LIMITS, "ingester": (400, 400 * MIB)}
    best = climb(Formula({"distributor": 0.01, "ingester": 0.04, "compactor": 0.001}), start, 9800)
    assert best is not None
    assert best.rate > BETTER * 10_000
