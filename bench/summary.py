"""What rounds of a benchmark say together: medians, spreads, and ratios with the interval chance leaves them."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import median

_RESAMPLES = 2000
_SEED = 20_260_101  # the same data, the same interval


@dataclass(frozen=True)
class Rates:
    """The rates of one split, one a round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return median(self.values)

    def __str__(self) -> str:
        if len(self.values) == 1:
            return f"{self.median:,.0f}"
        return f"{self.median:,.0f} ({min(self.values):,.0f}..{max(self.values):,.0f})"


@dataclass(frozen=True)
class Ratio:
    """One median over another; `low` and `high` bound it in 95 of 100 resamples of the rounds."""

    value: float
    low: float
    high: float
    rounds: int  # of the split with fewer

    def __str__(self) -> str:
        if self.value == float("inf"):
            return "∞ (the other held no rate)"
        if self.rounds == 1:
            return f"{self.value:.2f} (one round)"
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the interval leaves out 1."""
        return self.rounds > 1 and not self.low <= 1 <= self.high


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """The ratio of medians, with a bootstrap interval: rounds of each drawn again with replacement."""
    random = Random(_SEED)

    def drawn(values: Sequence[float]) -> float:
        return median(random.choices(values, k=len(values)))

    draws = sorted(_over(drawn(ours), drawn(theirs)) for _ in range(_RESAMPLES))
    low, high = draws[int(0.025 * _RESAMPLES)], draws[int(0.975 * _RESAMPLES) - 1]
    return Ratio(_over(median(ours), median(theirs)), low, high, min(len(ours), len(theirs)))


def _over(ours: float, theirs: float) -> float:
    if theirs == 0:
        return float("inf") if ours else 1.0
    return ours / theirs
