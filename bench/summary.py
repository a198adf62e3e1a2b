"""What rounds of a benchmark say together: medians with their range, and ratios of what was measured side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median

NOTHING = "nothing measured yet"  # what a report of no data says
FEWEST = 3  # rounds, for a claim
# A search ends with a rate that holds and one so much higher that does not: two equal splits can differ by as much.
PRECISION = 1.09


@dataclass(frozen=True)
class Rates:
    """The rates of one split, one a round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one; 0 where there is none."""
        return median(self.values) if self.values else 0.0

    def __str__(self) -> str:
        if not self.values:
            return "nothing valid"
        if len(self.values) < FEWEST:  # of two, the middle is a rate that neither held
            return ", ".join(f"{each:,.0f}" for each in self.values)
        return f"{self.median:,.0f} ({min(self.values):,.0f}–{max(self.values):,.0f})"


@dataclass(frozen=True)
class Ratio:
    """The ratios of two splits, one for each round in which one run measured both."""

    values: tuple[float, ...]

    @property
    def is_beyond_spread(self) -> bool:
        """Whether one was ahead in every round, of which there are enough, by more than a search can tell."""
        low, high = min(self.values, default=1), max(self.values, default=1)
        return len(self.values) >= FEWEST and (low > PRECISION or high < 1 / PRECISION)

    def __str__(self) -> str:
        if not self.values:
            return "not measured in one run"
        low, high, rounds = min(self.values), max(self.values), len(self.values)
        said = f"{_times(median(self.values))} × ({_times(low)}–{_times(high)})"
        if low == high:
            said = "∞ (the other held no rate)" if high == inf else f"{_times(high)} ×"
        few = "one round" if rounds == 1 else f"{rounds} rounds"
        return said + ("" if self.is_beyond_spread else ", within the spread" if rounds >= FEWEST else f", {few}")


def between(values: Sequence[float], form: str) -> str:
    """The least–the most, each in that form; one figure where they are the same in it."""
    return "–".join(dict.fromkeys(format(each, form) for each in (min(values), max(values))))


def _times(value: float) -> str:
    return "∞" if value == inf else f"{value:.2f}"


Side = tuple[int, str]  # a round, and the run that measured it


def ratio(ours: Mapping[Side, float], theirs: Mapping[Side, float]) -> Ratio:
    """Ours over theirs, of every round that one run measured of both; of any, where they never held a rate."""
    if theirs and not any(theirs.values()) and all(ours.values()):
        return Ratio((inf,) * min(len(ours), len(theirs)))
    return Ratio(tuple(_over(ours[side], theirs[side]) for side in sorted(ours.keys() & theirs.keys())))


def _over(ours: float, theirs: float) -> float:
    if theirs == 0:
        return inf if ours else 1.0
    return ours / theirs
