"""Sharing whole units by weight, against oracles that work it out another way."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from allocation.sharing import Claim, share
from tests.unit.strategies import thorough

claims = st.lists(
    st.builds(Claim, weight=st.integers(0, 60).map(Fraction), floor=st.integers(0, 20), replicas=st.integers(1, 12)),
    min_size=1,
    max_size=10,
)
light_claims = st.lists(
    st.builds(Claim, weight=st.integers(1, 9).map(Fraction), floor=st.integers(0, 2), replicas=st.just(1)),
    min_size=1,
    max_size=4,
)


def paid(units: Sequence[int], among: Sequence[Claim]) -> int:
    return sum(u * c.replicas for u, c in zip(units, among, strict=True))


def floors(among: Sequence[Claim]) -> int:
    return paid([c.floor for c in among], among)


def exact(pool: int, among: Sequence[Claim]) -> list[Fraction]:
    """The oracle: one level for all, `max(floor, level * weight / replicas)`, found by trying every set of floors."""
    best: list[Fraction] | None = None
    for pinned in product((False, True), repeat=len(among)):
        weight = sum((c.weight for c, p in zip(among, pinned, strict=True) if not p), Fraction(0))
        if not weight:
            continue
        level = (pool - sum(c.floor * c.replicas for c, p in zip(among, pinned, strict=True) if p)) / weight
        parts = [Fraction(c.floor) if p else level * c.weight / c.replicas for c, p in zip(among, pinned, strict=True)]
        if all(
            max(Fraction(c.floor), level * c.weight / c.replicas) == part for c, part in zip(among, parts, strict=True)
        ):
            best = parts
    assert best is not None
    return best


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


@thorough
@given(light_claims, st.integers(0, 10))
def test_single_units_land_as_near_to_the_exact_shares_as_whole_numbers_can(among: list[Claim], extra: int) -> None:
    pool = floors(among) + extra
    parts = exact(pool, among)

    def distance(units: Sequence[int]) -> Fraction:
        return sum((abs(u - part) for u, part in zip(units, parts, strict=True)), Fraction(0))

    ways = product(range(pool + 1), repeat=len(among))
    nearest = min(
        distance(way) for way in ways if sum(way) == pool and all(w >= c.floor for w, c in zip(way, among, strict=True))
    )
    assert distance(share(pool, among)) == nearest


def test_equal_remainders_go_in_order() -> None:
    assert share(5, [Claim(Fraction(1), 0, 1)] * 3) == [2, 2, 1]


def test_a_weight_of_zero_gets_its_floor_while_another_weighs_more() -> None:
    assert share(100, [Claim(Fraction(0), 10, 1), Claim(Fraction(1), 10, 1)]) == [10, 90]


def test_weights_that_are_all_zero_share_equally() -> None:
    assert share(100, [Claim(Fraction(0), 10, 1), Claim(Fraction(0), 60, 1), Claim(Fraction(0), 10, 2)]) == [20, 60, 10]


def test_units_that_many_replicas_cannot_take_go_to_who_can() -> None:
    assert share(19, [Claim(Fraction(9), 0, 10), Claim(Fraction(1), 0, 1)]) == [1, 9]


def test_two_thousand_million_replicas_are_shared_at_once() -> None:
    many = 2**31 - 1
    assert share(3 * many, [Claim(Fraction(1), 1, many), Claim(Fraction(0), 1, 1)]) == [2, many]


def test_no_claims_share_nothing() -> None:
    assert share(100, []) == []
