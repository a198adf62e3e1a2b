"""A climb over splits: from one, by moves of cpu or memory between its components, to those that hold a higher rate.

It knows nothing of what runs: whether a split holds a rate, and what it used of its limits, it asks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, combinations

from allocation.floors import TEMPO, floor_of
from allocation.sharing import Claim, share
from bench.planes import Limits

PARTS = (0.1, 0.2, 0.3, 0.4)  # of what a giver has
BETTER = 1.05  # less is noise
BUSY = 0.6  # of a limit: below, nobody is given more of it
NEAR = 0.9  # of the busiest: any of those may be what is in the way, or all of them at once
STEPS_DOWN = 15  # to half of the first rate: what holds less is nowhere to begin

Used = Mapping[str, tuple[float, float]]  # by component: cpu and memory, in shares of its limits


@dataclass(frozen=True)
class Result:
    """Whether a split held a rate under every load, and how much of its limits each component used at the most."""

    held: bool
    used: Used


Evaluate = Callable[[Limits, int], Result]  # (limits, spans per second)


@dataclass(frozen=True)
class Best:
    """A split, and the highest rate (spans per second) that it was seen to hold under every load.

    What it used is of the rate beyond as well: what is in the way may be busy only there.
    """

    limits: Limits
    rate: int
    used: Used
    step: int  # the rate's, of BETTER each, from the first rate on


def climb(evaluate: Evaluate, limits: Limits, first: int) -> Best | None:
    """The best that moves from `limits` lead to, one after the other; None where those hold next to nothing themselves.

    All rates are steps of BETTER up or down from the `first`, so that no split is asked for nearly the same rate twice;
    for the very same it may be. From every better split the smallest moves come first again.
    """

    def held(limits: Limits, step: int) -> Best | None:
        """What a split holds, from that step up; None where it does not hold that one."""
        best = None
        while (result := evaluate(limits, rate := round(first * BETTER**step))).held:
            best, step = Best(limits, rate, result.used, step), step + 1
        return best and replace(best, used=most(best.used, result.used))

    def first_of(found: Iterable[Best | None]) -> Best | None:
        return next(filter(None, found), None)

    def moves(best: Best) -> Iterator[Limits]:
        return chain.from_iterable(transfers(best.limits, best.used, part) for part in PARTS)

    best = better = first_of(held(limits, -step) for step in range(STEPS_DOWN))
    while better:
        best = better
        better = first_of(held(each, better.step + 1) for each in moves(better))
    return best


def transfers(limits: Limits, used: Used, part: float) -> Iterator[Limits]:
    """Limits with a part of some components' moved to others, the most promising first; their sum stays.

    Cpu, then memory: the two that use least of theirs give, together and alone, and after them every other alone, since
    who is busy need not be what the rate needs. Those that use about as much as the busiest take, first all and then
    fewer: of some that end at the same rate, more for one is worth nothing, and one giver may have too little.
    """
    for resource in (0, 1):
        order = sorted(limits, key=lambda name: used[name][resource])
        enough = max(BUSY, NEAR * used[order[-1]][resource])
        busy = [name for name in reversed(order) if used[name][resource] >= enough]
        for takers in _all_and_fewer(busy):
            idle = [name for name in order[:2] if name not in takers]
            others = [(name,) for name in order[2:] if name not in takers]
            for givers in (*_all_and_fewer(idle), *others):
                amounts = {name: int(part * limits[name][resource]) for name in givers}
                if all(n and limits[name][resource] - n >= least(name, resource) for name, n in amounts.items()):
                    yield _moved(limits, amounts, takers, resource)


def least(component: str, resource: int) -> int:
    """What nobody gives below: the floors that hold for weights as well, which the best are written as."""
    return floor_of(component, TEMPO, "limits", ("cpu", "memory")[resource])


def _all_and_fewer(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(names, size) for size in range(len(names), 0, -1))


def _moved(limits: Limits, amounts: Mapping[str, int], takers: Sequence[str], resource: int) -> Limits:
    """Shared by the takers as what they have is."""
    changed = {name: list(figures) for name, figures in limits.items()}
    for giver, amount in amounts.items():
        changed[giver][resource] -= amount
    claims = [Claim(Fraction(limits[name][resource]), 0, replicas=1) for name in takers]
    for name, own in zip(takers, share(sum(amounts.values()), claims), strict=True):
        changed[name][resource] += own
    return {name: (cpu, memory) for name, (cpu, memory) in changed.items()}


def most(one: Used, other: Used) -> Used:
    """Of each component the larger shares; what only one of them has, as it is."""
    nothing = (0.0, 0.0)
    pairs = {name: (one.get(name, nothing), other.get(name, nothing)) for name in {**one, **other}}
    return {name: (max(a[0], b[0]), max(a[1], b[1])) for name, (a, b) in pairs.items()}
