"""The highest rate that a stack holds under a load: a search that has a data plane of its own."""

from contextlib import ExitStack
from dataclasses import dataclass, replace

from bench.mixes import mix_on
from bench.planes import Stack
from bench.records import Record
from bench.search import Effort, Found, highest_rate
from bench.splits import Total
from bench.trials import Plane, say
from sandbox.errors import SandboxError
from sandbox.load import Shape

# Spans per second for a millicore of the total, of the block in which traces asked for by id lie: one size for every
# split, or those of what holds less would be cheaper to read; half of what any sensible split held in first tries, so
# that it leaves nothing behind.
WARM_UP_A_MILLICORE = 2.5
READY_SECONDS, FLUSHED_SECONDS = 30.0, 15.0  # until a data plane is up; a block's way into the bucket


@dataclass(frozen=True)
class Load:
    """What a stack is put under, besides the rate that is searched for."""

    total: Total  # the queries of a mix grow with it
    mix: str  # of bench.mixes
    shape: Shape
    block_seconds: int

    @property
    def warm_up_seconds(self) -> float:
        """The time until the first block is in the bucket."""
        return self.block_seconds + FLUSHED_SECONDS

    def usual_seconds(self, effort: Effort) -> float:
        """About how long a search takes, with its data plane; one from below takes two or three times as long."""
        return READY_SECONDS + self.warm_up_seconds + effort.usual_seconds


def alike(shape: Shape, block_seconds: int, confirm_seconds: float) -> Record:
    """What the records of searches must have in common to be set beside each other."""
    return {
        "shape": [shape.spans_per_trace, shape.span_bytes],
        "block_seconds": block_seconds,
        "confirm_seconds": confirm_seconds,
        "warm_up": WARM_UP_A_MILLICORE,
    }


@dataclass(frozen=True)
class Held:
    """What a search found, and the data plane that it had: None for a stack that does not even start."""

    found: Found
    plane: Plane | None


def held(stack: Stack, load: Load, start: float, effort: Effort) -> Held | None:
    """A search, and where it came down to nothing another one from below; each with a data plane of its own.

    What a rate too high leaves behind, such as blocks that a compactor dies of, fails lower ones after it too. None
    for a stack that started once and not again: what it holds is not known. What the first one tried is kept.
    """
    result = _searched(stack, load, start, effort)
    if result.plane and not result.found.rate and effort.comes_down:
        say("    nothing on the way down; anew, from below")
        anew = _searched(stack, load, *effort.from_below(start))
        found = replace(anew.found, tried=(*result.found.tried, *anew.found.tried))
        return Held(found, anew.plane) if anew.plane else None
    return result


def _searched(stack: Stack, load: Load, start: float, effort: Effort) -> Held:
    with ExitStack() as running:
        try:
            tempo = running.enter_context(stack.running())
        except SandboxError as error:
            say(f"    does not run: {error}")
            return Held(Found(0.0, f"does not run: {error}"[:300], ()), None)
        plane = Plane(tempo, mix_on(load.mix, load.total.cpu_millicores), load.shape, say)
        plane.warm_up(WARM_UP_A_MILLICORE * load.total.cpu_millicores, load.warm_up_seconds)
        return Held(highest_rate(plane, start, effort), plane)
