"""What the processes of a data plane use while a load is on, and which of their limits was nearest."""

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from sandbox.tempo_processes import Tempo

# Spans that are gone. Not failed flushes, which are tried again, nor single ingesters that failed, of which others have
# copies: where none has, the sender is refused, and counts it.
_LOST = re.compile(r"^(tempo_discarded_spans_total|tempo_receiver_refused_spans)\{?([^}]*)\}? (\S+)$", re.MULTILINE)
_REASON = re.compile(r'reason="([^"]+)"')
_FULL = 0.9  # of a limit: nearer than this, it is what binds


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


class Watch:
    """Counters of a data plane, from when it is made until `done`; `look` in between, for what comes and goes."""

    def __init__(self, tempo: Tempo) -> None:
        self._tempo = tempo
        self._names = ["minio", *tempo.instances]
        self._before = {name: tempo.usage(name) for name in self._names}
        self._memory = {name: usage.memory_bytes for name, usage in self._before.items()}
        self._lost = lost(tempo)
        self._busy = _busy_seconds()
        self._began = time.monotonic()

    def look(self) -> bool:
        """Notes what memory each holds now; whether something was lost or has died, so that it cannot be well any more.

        What refuses too little to be counted by Tempo shows in the end.
        """
        dead = False
        for name in self._names:
            usage, before = self._tempo.usage(name), self._before[name]
            self._memory[name] = max(self._memory[name], usage.memory_bytes)
            dead |= (usage.oom_kills, usage.restarts) != (before.oom_kills, before.restarts)
        return dead or bool(self._gone())

    def _gone(self) -> Counter[str]:
        gone = lost(self._tempo)
        gone.subtract(self._lost)
        return +gone

    def done(self) -> tuple[dict[str, Use], Counter[str], float]:
        """By process; spans lost by reason; how many of the machine's processors were busy, with anything at all."""
        self.look()
        seconds = time.monotonic() - self._began
        uses = {name: self._use(name, seconds) for name in self._names}
        return uses, self._gone(), (_busy_seconds() - self._busy) / seconds

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


def lost(tempo: Tempo) -> Counter[str]:
    """Spans that Tempo says it dropped, since each process started, by process and reason."""
    found: Counter[str] = Counter()
    for name in tempo.instances:
        for metric, labels, value in _LOST.findall(tempo.metrics(name)):
            reason = _REASON.search(labels)
            found[f"{name}: {reason[1] if reason else metric.removeprefix('tempo_')}"] += int(float(value))
    return found


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
    """Processor seconds that the machine spent on anything since it started."""
    times = psutil.cpu_times()
    return float(sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq", "steal")))
