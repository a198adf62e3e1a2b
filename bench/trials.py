"""One trial: spans at a rate and queries of a mix on a running data plane, what they used, and whether all was well."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bench.mixes import Mix
from bench.search import Verdict
from bench.watching import Use, Watch, binding
from sandbox.load import Pushed, Pushing, Queried, Shape, queries
from sandbox.tempo_processes import Tempo

QUERY_SECONDS = 1.0  # p95 of queries stays below it
LATE_PART = 0.01  # of the spans may come late, or be acknowledged after the end
FULL_PROCESSORS = 0.95  # of the machine's: beyond, it is the machine that was measured
IDS = 2000  # of traces to ask for
SETTLED_WITHIN_SECONDS = 20.0


@dataclass(frozen=True)
class Measured:
    """Everything that one trial saw."""

    rate: float  # spans per second, as asked for
    pushed: Pushed
    queried: Queried | None
    uses: Mapping[str, Use]  # by process, `minio` among them
    lost: Mapping[str, int]  # spans that Tempo says it dropped, by process and reason
    busy: float  # processors of the machine
    querying_millicores: float  # of this process, that asks the queries

    @property
    def generator_millicores(self) -> float:
        """Of the processes that push."""
        return 1000 * self.pushed.cpu_seconds / self.pushed.seconds

    @property
    def is_valid(self) -> bool:
        """Whether the machine had processors left, so that only the stack's own limits can have bound it."""
        return self.busy < FULL_PROCESSORS * (os.cpu_count() or 1)

    @property
    def failures(self) -> list[str]:
        """What was not as it must be, the gravest first; none where the rate held."""
        pushed, wanted = self.pushed, self.rate * self.pushed.seconds
        found = [f"{name} OOM-killed" for name, use in self.uses.items() if use.oom_kills]
        found += [f"{name} restarted" for name, use in self.uses.items() if use.restarts and not use.oom_kills]
        found += [f"lost {count} ({reason})" for reason, count in self.lost.items()]
        found += [f"refused {count} {code}" for (code, _), count in sorted(pushed.refusals.items())]
        if pushed.late > LATE_PART * wanted:
            found.append(f"late {pushed.late / wanted:.0%}")
        if self.queried and (failed := self.queried.failures):
            found.append(f"queries failed {dict(failed)}")
        if self.queried and (p95 := self.queried.latency_seconds(95)) >= QUERY_SECONDS:
            found.append(f"queries p95 {p95:.1f} s")
        return found

    @property
    def verdict(self) -> Verdict:
        """Whether it held, and what was nearest to its limit."""
        return Verdict(not self.failures, "; ".join([*self.failures[:2], binding(self.uses)]))

    def as_record(self) -> dict[str, Any]:
        """For a JSON line."""
        pushed, queried = self.pushed, self.queried
        return {
            "rate": round(self.rate, 1),
            "seconds": round(pushed.seconds, 1),
            "acknowledged": pushed.acknowledged,
            "acknowledged_bytes": pushed.acknowledged_bytes,
            "late": pushed.late,
            "push_p95_seconds": round(pushed.latency_seconds(95), 3),
            "queries": len(queried.answers) if queried else 0,
            "query_p50_seconds": round(queried.latency_seconds(50), 3) if queried else None,
            "query_p95_seconds": round(queried.latency_seconds(95), 3) if queried else None,
            "failures": self.failures,
            "binding": binding(self.uses),
            "uses": {name: use.as_record() for name, use in self.uses.items()},
            "generator_millicores": round(self.generator_millicores),
            "querying_millicores": round(self.querying_millicores),
            "busy_processors": round(self.busy, 2),
            "valid": self.is_valid,
        }


class Plane:
    """A running data plane under one mix. Calling it is one trial, so `search.highest_rate` can."""

    def __init__(self, tempo: Tempo, mix: Mix, shape: Shape, say: Callable[[str], None]) -> None:
        self._tempo, self._mix, self._shape, self._say = tempo, mix, shape, say
        self._ids: Sequence[bytes] = ()
        self.trials: list[Measured] = []

    def warm_up(self, rate: float, seconds: float = 5) -> None:
        """Pushes the traces that the first queries ask for."""
        self._ids = list(islice(self._push(rate, seconds).wait().trace_ids, IDS))

    def __call__(self, rate: float, seconds: float) -> Verdict:
        """Tries a rate, once what was before has settled."""
        self.settle()
        measured = self.measure(rate, seconds)
        self.trials.append(measured)
        verdict = measured.verdict
        self._say(
            f"    {rate:7,.0f} spans/s for {seconds:2.0f} s: {'holds' if verdict.held else 'NO'}: {verdict.reason}"
        )
        return verdict

    def measure(self, rate: float, seconds: float) -> Measured:
        """One load, and what it used."""
        watch, own = Watch(self._tempo), time.process_time()
        began = time.monotonic()
        with ThreadPoolExecutor(1) as threads, self._push(rate, seconds) as pushing:
            asked = threads.submit(self._query, seconds) if self._asks else None
            while pushing.running() and time.monotonic() - began < seconds:
                watch.look()
                time.sleep(1)
            pushed, queried = pushing.wait(), asked.result() if asked else None
        uses, lost, busy = watch.done()
        querying = 1000 * (time.process_time() - own) / (time.monotonic() - began)
        if ids := list(islice(pushed.trace_ids, IDS)):
            self._ids = ids
        return Measured(rate, pushed, queried, uses, lost, busy, querying)

    @property
    def _asks(self) -> bool:
        return self._mix.queries_per_second > 0

    def _push(self, rate: float, seconds: float) -> Pushing:
        return Pushing.start(self._tempo.otlp_grpcs, self._shape, spans_per_second=rate, seconds=seconds)

    def _query(self, seconds: float) -> Queried:
        return queries(
            self._tempo.query,
            seconds,
            per_second=self._mix.queries_per_second,
            by_id_from=self._ids,
            searches=self._mix.searches,
        )

    def settle(self) -> None:
        """Until nothing is above half of its cpu for a second, and whatever was killed is back, or the time is over."""
        deadline = time.monotonic() + SETTLED_WITHIN_SECONDS
        while time.monotonic() < deadline:
            watch = Watch(self._tempo)
            time.sleep(1)
            uses, _, _ = watch.done()
            serving = all(self._tempo.ready(name) for name in self._tempo.instances if "compactor" not in name)
            if serving and all(use.cpu < 0.5 for use in uses.values()):
                return
