"""What a pool's exact shares are, worked out another way than the code does: an oracle for the tests of sharing."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise, product

from allocation.sharing import Claim


def paid(units: Sequence[int], among: Sequence[Claim]) -> int:
    """Units of the pool that a split takes, x replicas."""
    return sum(u * c.replicas for u, c in zip(units, among, strict=True))


def floors(among: Sequence[Claim]) -> int:
    """Units of the pool that the floors take, x replicas."""
    return paid([c.floor for c in among], among)


def exact(pool: int, among: Sequence[Claim]) -> list[Fraction]:
    """Exact units per replica: one level for all, `max(floor, level * weight / replicas)`, for some set of floors.

    The floors fit the pool, and somebody has weight.
    """
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


def one_level(pool: int, among: Sequence[Claim]) -> list[Fraction]:
    """Exact units per replica where amounts are enough: the level at which all that everybody gets is the pool.

    At a level somebody gets its weight's part of it up to what is enough, then that, then the smaller weight's part;
    never less than its floor. All grow with the level, and between the levels at which somebody's part begins to
    grow otherwise the sum is a straight line. The floors fit the pool, and everybody has weight.
    """
    bends = {Fraction(0)}
    for claim in among:
        for weight in (claim.weight, claim.enough.weight if claim.enough else claim.weight):
            for units in (claim.floor, claim.enough.amount if claim.enough else claim.floor):
                bends.add(units * claim.replicas / weight)
    levels = sorted(bends)
    levels.append(levels[-1] + pool / min(c.enough.weight if c.enough else c.weight for c in among) + 1)
    sums = [sum((c.replicas * _at(level, c) for c in among), Fraction(0)) for level in levels]
    for (low, low_sum), (high, high_sum) in pairwise(zip(levels, sums, strict=True)):
        if low_sum <= pool <= high_sum:
            part = (pool - low_sum) / (high_sum - low_sum) if high_sum > low_sum else Fraction(0)
            return [_at(low + part * (high - low), c) for c in among]
    raise AssertionError("the floors do not fit the pool")


def _at(level: Fraction, claim: Claim) -> Fraction:
    part = level * claim.weight / claim.replicas
    if claim.enough:
        part = max(min(part, Fraction(claim.enough.amount)), level * claim.enough.weight / claim.replicas)
    return max(Fraction(claim.floor), part)
