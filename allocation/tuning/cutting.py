"""When ingesters cut blocks and let go of them: the user's own words, else the plan's, else Tempo's."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from allocation.extra import INGESTER, said_by_user
from allocation.tuning import coefficients as c
from settings import Settings, tempo_keys

CUT_BYTES, CUT_TIME = "ingester.max_block_bytes", "ingester.max_block_duration"
COMPLETE, IDLE, CHECK = (
    f"ingester.{key}" for key in ("complete_block_timeout", "trace_idle_period", "flush_check_period")
)


@dataclass(frozen=True)
class Cutting:
    """A block is cut at its time or its bytes, whichever is first; an idle trace goes into it at the next check."""

    block_bytes: int = c.DEFAULT_BLOCK_BYTES
    block_seconds: int = 60 * c.DEFAULT_BLOCK_MINUTES
    complete_seconds: int = c.COMPLETE_BLOCK_SECONDS  # that a complete block stays on the disk
    idle_seconds: Fraction = Fraction(c.TRACE_IDLE_SECONDS)
    check_seconds: Fraction = Fraction(c.FLUSH_CHECK_SECONDS)

    @property
    def held_seconds(self) -> int:
        """How long a trace stays in memory after its last span."""
        return max(ceil(self.idle_seconds + self.check_seconds), 1)

    @property
    def files_a_minute(self) -> int:
        """The WAL files of a block: one for every check."""
        return ceil(60 / self.check_seconds)


def cutting_of(settings: Settings, planned_bytes: int, planned_minutes: int) -> Cutting:
    """What holds, where the plan would have blocks of so many bytes and minutes."""
    said = said_by_user(settings, INGESTER)

    def seconds(key: str, otherwise: int) -> Fraction:
        return seconds_of(said[key]) if key in said else Fraction(otherwise)

    return Cutting(
        int(said.get(CUT_BYTES, planned_bytes)),
        ceil(seconds(CUT_TIME, 60 * planned_minutes)),
        ceil(seconds(COMPLETE, c.COMPLETE_BLOCK_SECONDS)),
        seconds(IDLE, c.TRACE_IDLE_SECONDS),
        seconds(CHECK, c.FLUSH_CHECK_SECONDS),
    )


def seconds_of(duration: int | str) -> Fraction:
    """A duration as Tempo reads it, `0s` too."""
    return Fraction(tempo_keys.amount("duration", duration)) / 10**9
