"""Sharing whole units by weight, against oracles that work it out another way."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from allocation.sharing import Claim, Enough, share
from tests.support.oracle import exact, floors, one_level, paid
from tests.support.strategies import thorough

claims = st.lists(
    st.builds(Claim, weight=st.integers(0, 60).map(Fraction), floor=st.integers(0, 20), replicas=st.integers(1, 12)),
    min_size=1,
    max_size=10,
)


@thorough
@given(claims, st.integers(0, 5_000))
def test_nobody_gets_less_than_its_floor_and_no_one_could_take_what_is_left(among: list[Claim], extra: int) -> None:
    pool = floors(among) + extra
    units = share(pool, among)
    assert all(u >= c.floor for u, c in zip(units, among, strict=True))
    assert 0 <= pool - paid(units, among) < min(c.replicas for c in among)


@thorough
@given(claims, st.integers(1, 500))
def test_a_pool_that_cannot_hold_the_floors_gives_just_the_floors(among: list[Claim], lacking: int) -> None:
    assert share(floors(among) - lacking, among) == [c.floor for c in among]


@thorough
@given(
    st.lists(
        st.builds(Claim, st.integers(1, 20).map(Fraction), st.integers(0, 9), st.integers(1, 5)), min_size=1, max_size=5
    ),
    st.integers(0, 400),
)
def test_units_follow_the_exact_shares_closely(among: list[Claim], extra: int) -> None:
    pool = floors(among) + extra
    most = max(c.replicas for c in among)
    for units, part in zip(share(pool, among), exact(pool, among), strict=True):
        assert int(part) <= units < part + most


def test_equal_remainders_go_in_order() -> None:
    assert share(5, [Claim(Fraction(1), 0, 1)] * 3) == [2, 2, 1]


def test_a_weight_of_zero_gets_its_floor_while_another_weighs_more() -> None:
    assert share(100, [Claim(Fraction(0), 10, 1), Claim(Fraction(1), 10, 1)]) == [10, 90]


def test_weights_that_are_all_zero_share_equally() -> None:
    assert share(100, [Claim(Fraction(0), 10, 1), Claim(Fraction(0), 60, 1), Claim(Fraction(0), 10, 2)]) == [20, 60, 10]


def test_units_that_many_replicas_cannot_take_go_to_who_can() -> None:
    assert share(19, [Claim(Fraction(9), 0, 10), Claim(Fraction(1), 0, 1)]) == [1, 9]


def test_units_that_many_replicas_cannot_take_are_spread_evenly() -> None:
    assert share(8, [Claim(Fraction(1), 0, 10), *[Claim(Fraction(0), 0, 1)] * 3]) == [0, 3, 3, 2]


def test_the_last_unit_is_taken_too() -> None:
    assert share(2, [Claim(Fraction(1), 0, 1), Claim(Fraction(2), 0, 2)]) == [2, 0]


def test_a_floor_is_paid_by_every_replica() -> None:
    assert share(3, [Claim(Fraction(1), 2, 2)]) == [2]


def test_few_replicas_do_not_take_what_many_could_take_instead() -> None:
    three_of_three = [Claim(Fraction(6), 0, 3)] * 3
    assert share(4, [Claim(Fraction(5), 0, 2), *three_of_three]) == [0, 1, 0, 0]  # not [2, 0, 0, 0]: 4 for 0.87


def test_just_as_far_as_the_largest_count_is_near_enough() -> None:
    three_of_ten = [Claim(Fraction(10), 0, 10)] * 3
    assert share(12, [Claim(Fraction(6), 0, 4), *three_of_ten]) == [3, 0, 0, 0]  # 12 for 2


def test_two_thousand_million_replicas_are_shared_at_once() -> None:
    many = 2**31 - 1
    assert share(3 * many, [Claim(Fraction(1), 1, many), Claim(Fraction(0), 1, 1)]) == [2, many]


def answering(amount: int) -> list[Claim]:
    """One that weighs a half until each of two has the amount and a fifth from there on, and one of the other half."""
    return [Claim(Fraction(4), 0, 2, Enough(amount, Fraction(1))), Claim(Fraction(4), 0, 1)]


def test_a_claim_shares_by_its_weight_until_it_has_enough() -> None:
    assert share(36, answering(10)) == [9, 18]
    assert share(40, answering(10)) == [10, 20]


def test_with_more_it_keeps_what_is_enough_and_takes_more_when_its_smaller_weight_gives_more() -> None:
    assert share(100, answering(10)) == [10, 80]
    assert share(110, answering(10)) == [11, 88]
    assert share(1_000, answering(10)) == [100, 800]


def test_what_one_has_more_than_enough_of_goes_to_who_has_not_enough_by_its_first_weight() -> None:
    small, large = Enough(10, Fraction(1)), Enough(60, Fraction(1))
    assert share(100, [Claim(Fraction(5), 0, 1, small), Claim(Fraction(5), 0, 1, large), Claim(Fraction(5), 0, 1)]) == [
        10,
        45,
        45,
    ]


enough_claims = st.lists(
    st.integers(1, 60).flatmap(
        lambda weight: st.builds(
            Claim,
            st.just(Fraction(weight)),
            st.integers(0, 20),
            st.integers(1, 12),
            st.none() | st.builds(Enough, st.integers(0, 200), st.integers(1, weight).map(Fraction)),
        )
    ),
    min_size=1,
    max_size=8,
)


@thorough
@given(enough_claims, st.integers(0, 5_000), st.integers(1, 300))
def test_what_is_enough_is_shared_as_one_level_for_all_has_it(among: list[Claim], extra: int, more: int) -> None:
    pool, most = floors(among) + extra, max(c.replicas for c in among)
    units, larger = share(pool, among), share(pool + more, among)
    assert 0 <= pool - paid(units, among) < min(c.replicas for c in among)
    for claim, had, has, part in zip(among, units, larger, one_level(pool, among), strict=True):
        assert had >= claim.floor
        assert int(part) <= had < part + most
        assert has >= had - most


@thorough
@given(enough_claims, st.integers(0, 5_000), st.integers(0, 7))
def test_who_is_given_its_share_for_good_leaves_the_others_theirs(among: list[Claim], extra: int, number: int) -> None:
    pool, most = floors(among) + extra, max(c.replicas for c in among)
    units, fixed = share(pool, among), number % len(among)
    others = [claim for i, claim in enumerate(among) if i != fixed]
    again = share(pool - units[fixed] * among[fixed].replicas, others)
    for had, has in zip([u for i, u in enumerate(units) if i != fixed], again, strict=True):
        assert abs(had - has) <= 2 * most


def test_no_claims_share_nothing() -> None:
    assert share(100, []) == []
