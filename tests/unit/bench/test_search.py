"""The search for the highest rate that holds: how near it gets, what it costs, and what it says of failures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.search import Effort, Verdict, highest_rate, least

EFFORT = Effort()


class Plane:
    """Holds up to `capacity` in steps, and up to a part of it for a whole confirmation."""

    def __init__(self, capacity: float, in_the_long_run: float = 1.0) -> None:
        self.capacity, self.long = capacity, capacity * in_the_long_run
        self.asked: list[tuple[float, float]] = []

    def __call__(self, rate: float, seconds: float) -> Verdict:
        self.asked.append((rate, seconds))
        bound = self.long if seconds == EFFORT.confirm_seconds else self.capacity
        return Verdict(rate <= bound, f"{rate:.0f} of {bound:.0f}")


@given(capacity=st.floats(500, 8000), start=st.floats(1000, 4000))
def test_what_is_found_holds_and_little_more_does(capacity: float, start: float) -> None:
    found = highest_rate(Plane(capacity), start, EFFORT)
    assert capacity / EFFORT.precision <= found.rate <= capacity


@given(capacity=st.floats(0, 1e6), long=st.floats(0, 1), start=st.floats(1, 1e5))
def test_no_search_is_longer_than_its_effort(capacity: float, long: float, start: float) -> None:
    plane = Plane(capacity, long)
    found = highest_rate(plane, start, EFFORT)
    assert [(each.rate, each.seconds) for each in found.tried] == plane.asked
    steps = [seconds for _, seconds in plane.asked if seconds == EFFORT.step_seconds]
    assert len(steps) <= EFFORT.most_steps
    assert len(plane.asked) - len(steps) <= EFFORT.most_confirmations


def test_a_rate_counts_only_once_it_held_for_the_whole_confirmation() -> None:
    plane = Plane(3000, in_the_long_run=0.93)
    found = highest_rate(plane, 2000, EFFORT)
    confirmed = [rate for rate, seconds in plane.asked if seconds == EFFORT.confirm_seconds]
    assert len(confirmed) == 2
    assert found.rate == confirmed[-1] == pytest.approx(confirmed[0] * EFFORT.back_off)
    assert found.rate <= 0.93 * 3000


@given(long=st.floats(0.6, 1))
def test_what_holds_for_long_is_found_though_much_more_holds_for_a_moment(long: float) -> None:
    found = highest_rate(Plane(3000, long), 2000, EFFORT)
    assert 0.8 * long * 3000 <= found.rate <= long * 3000


def test_what_holds_at_no_rate_is_found_to_hold_none_and_says_why() -> None:
    found = highest_rate(Plane(0), 2000, EFFORT)
    assert found.rate == 0
    assert found.binding.endswith("of 0")
    assert len(found.tried) == 6  # down to a tenth of the first rate, and no further


@given(part=st.floats(0.9, 1.1))
def test_a_search_that_begins_near_its_end_takes_a_few_long_trials_whatever_holds_for_a_moment(part: float) -> None:
    plane = Plane(9000, in_the_long_run=part / 3)
    effort = EFFORT.near()
    found = highest_rate(plane, 0.98 * 3000, effort)
    assert 3000 * part / effort.precision <= found.rate <= 3000 * part
    assert {seconds for _, seconds in plane.asked} == {EFFORT.confirm_seconds}
    assert len(plane.asked) <= 4
    assert len(set(plane.asked)) == len(plane.asked)


class FallsBehind(Plane):
    """Holds any rate for its first minutes, and none after them."""

    def __init__(self, minutes: int) -> None:
        super().__init__(capacity=1e9)
        self.minutes = minutes

    def __call__(self, rate: float, seconds: float) -> Verdict:
        verdict = super().__call__(rate, seconds)
        return verdict if len(self.asked) <= self.minutes else Verdict(False, "behind")


class Breaks(Plane):
    """Holds nothing any more after a rate that is too high."""

    def __call__(self, rate: float, seconds: float) -> Verdict:
        verdict = super().__call__(rate, seconds)
        self.capacity = self.long = self.capacity if verdict.held else 0
        return verdict


def test_from_below_what_only_the_first_minute_held_is_not_held() -> None:
    first, upward = EFFORT.from_below(5000)
    plane = FallsBehind(minutes=1)
    assert highest_rate(plane, first, upward).rate == 0
    assert plane.asked == [(first, EFFORT.confirm_seconds)] * 2
    assert highest_rate(FallsBehind(minutes=2), first, upward).rate == first


def test_from_below_what_a_rate_too_high_breaks_has_held_before() -> None:
    first, upward = EFFORT.from_below(5000)
    assert highest_rate(Breaks(1.1 * first), first, upward).rate == first


def test_what_holds_for_long_is_found_however_far_below_what_holds_for_a_moment() -> None:
    assert highest_rate(Plane(3000, in_the_long_run=0.1), 2000, EFFORT).rate > 0.6 * 300


def test_what_no_confirmation_holds_has_no_rate() -> None:
    assert highest_rate(Plane(3000, in_the_long_run=0.01), 2000, EFFORT).rate == 0


def test_the_binding_reason_is_that_of_the_lowest_rate_that_failed() -> None:
    found = highest_rate(Plane(3000), 2000, EFFORT)
    lowest = min(each.rate for each in found.tried if not each.verdict.held)
    assert found.binding == f"{lowest:.0f} of 3000"


@given(needed=st.integers(9, 512), step=st.integers(1, 16))
def test_the_least_amount_that_holds_is_found_to_a_step(needed: int, step: int) -> None:
    asked: list[int] = []

    def holds(amount: int) -> bool:
        asked.append(amount)
        return amount >= needed

    found = least(holds, fails=8, most=512, step=step)
    assert found is not None
    assert needed <= found < needed + step
    assert len(asked) <= 11


def test_an_amount_that_even_the_most_does_not_reach_is_none() -> None:
    assert least(lambda _: False, fails=8, most=64, step=4) is None
