"""What a pool's exact shares are, worked out another way than the code does: an oracle for the tests of sharing."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

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
