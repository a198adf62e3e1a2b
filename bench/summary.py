"""What rounds of a benchmark say together: medians with their range, and ratios of what was measured side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

FEWEST = 3  # rounds, for a claim


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
        if len(self.values) == 1:
            return f"{self.median:,.0f}"
        return f"{self.median:,.0f} ({min(self.values):,.0f}–{max(self.values):,.0f})"


@dataclass(frozen=True)
class Ratio:
    """The ratios of two splits, one for each round in which one run measured both."""

    values: tuple[float, ...]

    @property
    def is_beyond_spread(self) -> bool:
        """Whether one of them was ahead in every round, of which there are enough."""
        return len(self.values) >= FEWEST and not min(self.values) <= 1 <= max(self.values)

    def __str__(self) -> str:
        if not self.values:
            return "no round of one run"
        middle = median(self.values)
        if middle == float("inf"):
            return "∞ (the other held no rate)"
        if len(self.values) == 1:
            return f"{middle:.2f} × (one round)"
        low, high = min(self.values), max(self.values)
        enough = len(self.values) >= FEWEST
        claim = "" if self.is_beyond_spread else ", within the spread" if enough else f", {len(self.values)} rounds"
        return f"{middle:.2f} × ({low:.2f}–{high:.2f}){claim}"


Side = tuple[int, str]  # a round, and the run that measured it


def ratio(ours: Mapping[Side, float], theirs: Mapping[Side, float]) -> Ratio:
    """Ours over theirs, of every round that one run measured of both."""
    return Ratio(tuple(_over(ours[side], theirs[side]) for side in sorted(ours.keys() & theirs.keys())))


def _over(ours: float, theirs: float) -> float:
    if theirs == 0:
        return float("inf") if ours else 1.0
    return ours / theirs
