"""The highest rate that holds, and the least amount that does: bounded searches over trials."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt


@dataclass(frozen=True)
class Verdict:
    """What became of one trial; `reason` says why the rate did not hold, or else what was nearest to its end."""

    held: bool
    reason: str = ""


Trial = Callable[[float, float], Verdict]  # (rate, seconds)
WIDEST = 1.6  # step


@dataclass(frozen=True)
class Effort:
    """How long and how finely to search: steps that are short, and a long trial of what they found."""

    step_seconds: float = 8
    confirm_seconds: float = 60
    factor: float = 1.25  # of the first step up or down; every next one is by so much wider, up to WIDEST
    precision: float = 1.09  # the least rate that fails is within this of the highest that holds
    back_off: float = 0.9  # after a long trial that failed; after the next one twice as much, and so on
    most_steps: int = 14
    lowest_part: float = 0.025  # of the first rate: about as low as confirmations go down
    least_part: float = 0.1  # of the first rate: no step goes below
    first_trials: int = 1  # of the first rate, that all have to hold
    most_confirmations: int = 9  # down to a tenth and below of what held for a few seconds

    @property
    def usual_seconds(self) -> float:
        """About what a search takes: two long trials of which one ends early, or one and the steps before it."""
        return 2.3 * self.confirm_seconds

    def near(self) -> "Effort":
        """To begin where it is known to end: in long trials alone.

        What holds for a few seconds can be far more than what holds for a minute, and steps would find that again.
        """
        return replace(self, step_seconds=self.confirm_seconds, factor=1.08, most_steps=8)

    def from_below(self, first: float) -> tuple[float, "Effort"]:
        """A rate to begin with, far below one with which a search began that came down to nothing, and how to go up.

        In long trials, and never lower. The first rate has to hold for two of them, one after the other: a stack that
        falls behind at any rate holds its first minute.
        """
        upward = replace(
            self,
            step_seconds=self.confirm_seconds,
            factor=WIDEST,
            least_part=1,
            most_steps=Effort.most_steps,  # the usual number, however few are enough where a search begins near its end
            first_trials=2,
        )
        return self.lowest_part * first, upward

    @property
    def comes_down(self) -> bool:
        """Whether a rate that fails is followed by lower ones than the first."""
        return self.least_part < 1


@dataclass(frozen=True)
class Tried:
    """One trial of a search."""

    rate: float
    seconds: float
    verdict: Verdict


@dataclass(frozen=True)
class Found:
    """The highest rate that held for a whole long trial: 0 where none did. `binding`: why no more."""

    rate: float
    binding: str
    tried: tuple[Tried, ...]


def highest_rate(trial: Trial, start: float, effort: Effort) -> Found:
    """Steps up from `start` while they hold (or down until one does), halves what is between, and confirms.

    A confirmation that fails is tried again at lower rates. Every loop is bounded, so the worst case is too.
    """
    tried: list[Tried] = []

    def holds(rate: float, seconds: float) -> bool:
        tried.append(Tried(rate, seconds, trial(rate, seconds)))
        return tried[-1].verdict.held

    low, high = _bracket(holds, start, effort, tried)
    while low and high and high / low > effort.precision and len(tried) < effort.most_steps:
        middle = sqrt(low * high)
        low, high = (middle, high) if holds(middle, effort.step_seconds) else (low, middle)
    if low and effort.step_seconds < effort.confirm_seconds:
        low = _confirmed(holds, low, effort)
    return Found(low, _binding(tried), tuple(tried))


def _confirmed(holds: Callable[[float, float], bool], rate: float, effort: Effort) -> float:
    """The highest rate tried that held for long: down in growing steps until one does, and half way up again."""
    failed, factor = 0.0, effort.back_off
    for left in reversed(range(effort.most_confirmations)):
        if holds(rate, effort.confirm_seconds):
            middle = sqrt(rate * failed)
            coarse = failed / rate > 1 / effort.back_off**1.5
            return middle if coarse and left and holds(middle, effort.confirm_seconds) else rate
        failed, rate, factor = rate, rate * factor, factor * effort.back_off
    return 0.0


def least(holds: Callable[[int], bool], fails: int, most: int, step: int) -> int | None:
    """The least amount that holds, to a whole `step` above `fails`, which is known not to; None where `most` does not.

    Halves what is between, so that it takes about log2 of the steps; what holds is taken to hold with more as well.
    """
    low, high = 0, -(-(most - fails) // step)
    if not holds(fails + high * step):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(fails + middle * step) else (middle, high)
    return fails + high * step


def _bracket(
    holds: Callable[[float, float], bool], start: float, effort: Effort, tried: list[Tried]
) -> tuple[float, float]:
    """A rate that holds and a higher one that does not; 0 for one that was not met within the steps."""
    low = high = 0.0
    rate, factor = start, effort.factor
    while not (low and high) and rate >= effort.least_part * start and len(tried) < effort.most_steps:
        times = 1 if tried else effort.first_trials
        if all(holds(rate, effort.step_seconds) for _ in range(times)):
            low, rate = rate, rate * factor
        else:
            high, rate = rate, rate / factor
        factor = min(factor * effort.factor, WIDEST)
    return low, high


def _binding(tried: list[Tried]) -> str:
    """The reason of the lowest rate that failed; of the last trial where none did."""
    failed = [each for each in tried if not each.verdict.held]
    return min(failed, key=lambda each: each.rate).verdict.reason if failed else tried[-1].verdict.reason
