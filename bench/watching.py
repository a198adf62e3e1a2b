"""What the processes of a data plane use while a load is on, and which of their limits was nearest."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from bench.counting import Losses, block_counts, blocks_between
from sandbox.tempo_processes import Tempo

_FULL = 0.9  # of a limit: nearer than this, it is what binds
_ASKED_EVERY_SECONDS = 5.0  # what they count


@dataclass(frozen=True)
class Use:
    """One process over one load. Shares are of the time (of scheduler periods) or of its limit."""

    cpu_millicores: float
    cpu_limit_millicores: int | None
    throttled: float  # share of its periods in which it had to wait for the next
    memory_bytes: int  # the most of its working set, looked at once a second
    memory_limit_bytes: int | None
    oom_kills: int
    restarts: int

    @property
    def cpu(self) -> float:
        """Share of its cpu."""
        return self.cpu_millicores / self.cpu_limit_millicores if self.cpu_limit_millicores else 0.0

    @property
    def memory(self) -> float:
        """Share of its memory."""
        return self.memory_bytes / self.memory_limit_bytes if self.memory_limit_bytes else 0.0

    def as_record(self) -> dict[str, Any]:
        """For a JSON line."""
        return {**asdict(self), "cpu_millicores": round(self.cpu_millicores, 1), "throttled": round(self.throttled, 3)}


@dataclass(frozen=True)
class Seen:
    """All of a load: by process what it used, spans lost by reason, and the machine."""

    uses: Mapping[str, Use]
    lost: Mapping[str, int]
    unknown: list[str]  # whose losses nobody knows
    busy: float  # of the machine's processors, with anything at all
    blocks: Mapping[str, int] | None  # None where they were not asked for, or somebody did not answer


class Watch:
    """Counters of a data plane, from when it is made until `done`; `look` in between, for what comes and goes."""

    def __init__(self, tempo: Tempo, *, blocks: bool = False) -> None:
        self._tempo, self._with_blocks = tempo, blocks
        self._names = ["minio", *tempo.instances]
        self._before = {name: tempo.usage(name) for name in self._names}
        self._memory = {name: usage.memory_bytes for name, usage in self._before.items()}
        self._losses = Losses(tempo)
        self._blocks = block_counts(tempo) if blocks else None
        self._busy = _busy_seconds()
        self._began = self._asked = time.monotonic()

    def look(self) -> bool:
        """Notes what memory each holds; whether something was lost or has died, so that it cannot be well any more."""
        dead = False
        for name in self._names:
            usage, before = self._tempo.usage(name), self._before[name]
            self._memory[name] = max(self._memory[name], usage.memory_bytes)
            dead |= (usage.oom_kills, usage.restarts) != (before.oom_kills, before.restarts)
        if time.monotonic() - self._asked >= _ASKED_EVERY_SECONDS:
            self._losses.look()
            self._asked = time.monotonic()
        return dead or bool(self._losses.gone)

    def lost(self) -> bool:
        """Asks whether anything was lost so far."""
        return self._losses.look()

    def done(self) -> Seen:
        """What there was to see."""
        self.look()
        seconds = time.monotonic() - self._began
        uses = {name: self._use(name, seconds) for name in self._names}
        busy = (_busy_seconds() - self._busy) / seconds
        self._losses.last_look()
        blocks = blocks_between(self._blocks, block_counts(self._tempo)) if self._with_blocks else None
        return Seen(uses, self._losses.gone, self._losses.unknown, busy, blocks)

    def _use(self, name: str, seconds: float) -> Use:
        before, after = self._before[name], self._tempo.usage(name)
        periods = after.periods - before.periods
        return Use(
            cpu_millicores=1000 * (after.cpu_seconds - before.cpu_seconds) / seconds,
            cpu_limit_millicores=after.cpu_limit_millicores,
            throttled=(after.throttled_periods - before.throttled_periods) / periods if periods > 0 else 0.0,
            memory_bytes=self._memory[name],
            memory_limit_bytes=after.memory_limit_bytes,
            oom_kills=after.oom_kills - before.oom_kills,
            restarts=after.restarts - before.restarts,
        )


def component_of(name: str) -> str:
    """Whose process that is: `query-frontend-0` is the query-frontend's."""
    component, _, number = name.rpartition("-")
    return component if number.isdigit() else name


def binding(uses: Mapping[str, Use]) -> str:
    """The components at a limit, or else the one that is nearest to one of its own."""
    named = {name: use for name, use in uses.items() if name != "minio"}
    if at_limit := list(_at_limits(named)):
        return ", ".join(at_limit)
    name, use = max(named.items(), key=lambda item: max(item[1].cpu, item[1].throttled))
    return f"nothing at its limit; nearest {name} cpu {use.cpu:.0%}, throttled {use.throttled:.0%}"


def _at_limits(uses: Mapping[str, Use]) -> Iterator[str]:
    for name, use in uses.items():
        if use.oom_kills:
            yield f"{name} OOM-killed"
        if use.cpu >= _FULL:
            yield f"{name} cpu {use.cpu:.0%}"
        elif use.throttled >= 0.5:
            yield f"{name} throttled {use.throttled:.0%} at cpu {use.cpu:.0%}"
        if use.memory >= 0.95:
            yield f"{name} memory {use.memory:.0%}"


def _busy_seconds() -> float:
    """Processor seconds that the machine spent since it started on what did not give way to others (`nice`)."""
    times = psutil.cpu_times()
    return float(sum(getattr(times, name, 0.0) for name in ("user", "system", "irq", "softirq", "steal")))
