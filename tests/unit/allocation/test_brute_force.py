"""Sharing against brute force: every split of small pools into whole units is tried, and none is better than ours.

The exact shares are those after the floors: who would fall below its floor gets it, and the others share the
rest by weight. A split is whole units for one replica of each claim; every replica pays them.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.sharing import Claim, share
from tests.support.oracle import exact, floors, paid
from tests.support.strategies import thorough

EXTRA = range(11)  # units that a pool of the grid has beyond its floors
SIZES = (2, 3, 4)  # claims on it


def grid(size: int, replicas: Sequence[int]) -> Iterator[list[Claim]]:
    """Every choice of claims by weight, floor and replicas, in any order: only ties depend on it."""
    kinds = [Claim(Fraction(w), f, r) for w, f, r in product((1, 5, 6), (0, 2), replicas)]
    return map(list, combinations_with_replacement(kinds, size))


def splits(pool: int, among: Sequence[Claim]) -> Iterator[tuple[int, ...]]:
    """Every whole-unit split that respects the floors and uses the whole pool, or all of it that anyone could take."""
    if not among:
        yield ()
        return
    first, *others = among
    reserved = floors(others)
    for units in range(first.floor, (pool - reserved) // first.replicas + 1):
        left = pool - units * first.replicas
        if others or left < first.replicas:
            yield from ((units, *rest) for rest in splits(left, others))


def assert_none_is_closer(pool: int, among: Sequence[Claim]) -> None:
    """Of claims with equal replica counts; near is who has a small sum of squared deviations."""
    shares, ours = exact(pool, among), tuple(share(pool, among))
    squares = [[(u - s) ** 2 for u in range(pool + 1)] for s in shares]  # each worked out once
    ways = {way: sum(column[u] for column, u in zip(squares, way, strict=True)) for way in splits(pool, among)}
    assert ways[ours] == min(ways.values())


def assert_nobody_is_far_off_and_nothing_is_left_over(pool: int, among: Sequence[Claim]) -> None:
    """Of claims with any replica counts."""
    ours = share(pool, among)
    furthest = max(abs(u - s) * c.replicas for u, s, c in zip(ours, exact(pool, among), among, strict=True))
    assert furthest <= max(c.replicas for c in among)
    assert 0 <= pool - paid(ours, among) < min(c.replicas for c in among)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("replicas", [1, 2, 3])
def test_with_equal_replicas_no_split_is_closer_to_the_exact_shares(size: int, replicas: int) -> None:
    for among in grid(size, [replicas]):
        for extra in EXTRA:
            assert_none_is_closer(floors(among) + extra, among)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("replicas", [(1, 3), (2, 3)])
def test_with_mixed_replicas_nobody_is_further_off_than_the_largest_count_and_nothing_is_left(
    size: int, replicas: tuple[int, int]
) -> None:
    for among in grid(size, replicas):
        for extra in EXTRA:
            assert_nobody_is_far_off_and_nothing_is_left_over(floors(among) + extra, among)


weights = st.integers(1, 60).map(Fraction)
alike = st.integers(1, 12).flatmap(
    lambda r: st.lists(st.builds(Claim, weights, st.integers(0, 3), st.just(r)), min_size=2, max_size=4)
)
mixed = st.lists(st.builds(Claim, weights, st.integers(0, 9), st.integers(1, 12)), min_size=2, max_size=8)


@thorough
@given(alike, st.integers(0, 11), st.integers(0, 11))
def test_with_any_equal_replicas_no_split_is_closer_to_the_exact_shares(
    among: list[Claim], steps: int, odd: int
) -> None:
    assert_none_is_closer(floors(among) + steps * among[0].replicas + odd % among[0].replicas, among)


@thorough
@given(mixed, st.integers(0, 90))
def test_with_any_mixed_replicas_nobody_is_further_off_than_the_largest_count_and_nothing_is_left(
    among: list[Claim], extra: int
) -> None:
    assert_nobody_is_far_off_and_nothing_is_left_over(floors(among) + extra, among)
