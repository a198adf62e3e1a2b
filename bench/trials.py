"""One trial: spans at a rate and queries of a mix on a running data plane, what they used, and whether all was well."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from math import ceil
from threading import Event
from typing import Any

from bench.mixes import Mix
from bench.search import Verdict
from bench.watching import Use, Watch, binding
from sandbox.load import Pushed, Pushing, Queried, Shape, queries
from sandbox.load.querying import QueryAnswer
from sandbox.tempo_processes import Tempo

QUERY_PART, QUERY_SECONDS = 0.95, 1.0  # so many of the queries are answered within this
LATE_PART = 0.01  # of the spans may come late, or be acknowledged after the end
FULL_PROCESSORS = 0.95  # of the machine's: beyond, it is the machine that was measured
IDS = 2000  # of traces to ask for
PART_SECONDS = 10.0  # of the queries, between two looks at them
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

    def query_seconds(self, part: float) -> float:
        """The latency within which that part of the queries was answered: of few, the slowest; 0 where none was."""
        answers = self.queried.answers if self.queried else ()
        latencies = sorted(each.latency_seconds for each in answers if each.status == "200")
        return latencies[ceil(part * len(latencies)) - 1] if latencies else 0.0

    @property
    def failures(self) -> list[str]:
        """What was not as it must be, the gravest first; none where the rate held."""
        pushed, wanted = self.pushed, self.rate * self.pushed.seconds
        found = [f"{name} OOM-killed" for name, use in self.uses.items() if use.oom_kills]
        found += [f"{name} restarted" for name, use in self.uses.items() if use.restarts and not use.oom_kills]
        found += [f"refused {count} {code}" for (code, _), count in sorted(pushed.refusals.items())]
        found += [f"lost {count} ({reason})" for reason, count in self.lost.items()]
        if pushed.late > LATE_PART * wanted:
            found.append(f"late {pushed.late / wanted:.0%}")
        if self.queried and (failed := self.queried.failures):
            found.append(f"queries failed {dict(failed)}")
        answers = self.queried.answers if self.queried else ()
        if too_many_are_slow(answers, len(answers)):
            found.append(f"queries p95 {self.query_seconds(QUERY_PART):.1f} s")
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
            "query_p50_seconds": round(self.query_seconds(0.5), 3),
            "query_p95_seconds": round(self.query_seconds(QUERY_PART), 3),
            "failures": self.failures,
            "binding": binding(self.uses),
            "uses": {name: use.as_record() for name, use in self.uses.items()},
            "generator_millicores": round(self.generator_millicores),
            "querying_millicores": round(self.querying_millicores),
            "busy_processors": round(self.busy, 2),
            "valid": self.is_valid,
        }


def too_many_are_slow(answers: Sequence[QueryAnswer], asked: float) -> bool:
    """Whether more than 5 % of all that are asked took a second: of fewer than 20, more than one."""
    slow = sum(each.latency_seconds >= QUERY_SECONDS for each in answers)
    return slow > max(1, (1 - QUERY_PART) * asked)


class Plane:
    """A running data plane under one mix. Calling it is one trial, so `search.highest_rate` can."""

    def __init__(self, tempo: Tempo, mix: Mix, shape: Shape, say: Callable[[str], None]) -> None:
        self._tempo, self._mix, self._shape, self._say = tempo, mix, shape, say
        self._ids: Sequence[bytes] = ()
        self.trials: list[Measured] = []

    def warm_up(self, rate: float, seconds: float) -> None:
        """Pushes the traces that the first queries ask for; long enough, and there are blocks of them in the bucket."""
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
        """One load, and what it used; ended as soon as it cannot hold any more."""
        watch, own, began = Watch(self._tempo), time.process_time(), time.monotonic()
        over = Event()
        with ThreadPoolExecutor(1) as threads, self._push(rate, seconds) as pushing:
            asked = threads.submit(self._query, seconds, over) if self._asks else None
            try:
                while pushing.running() and time.monotonic() - began < seconds and not over.wait(1):
                    if watch.look():
                        over.set()
                pushed = self._cut_short(pushing, began) if over.is_set() else pushing.wait()
            finally:
                over.set()
            queried = asked.result() if asked else None
        uses, lost, busy = watch.done()
        querying = 1000 * (time.process_time() - own) / (time.monotonic() - began)
        if ids := list(islice(pushed.trace_ids, IDS)):
            self._ids = ids
        return Measured(rate, pushed, queried, uses, lost, busy, querying)

    def _cut_short(self, pushing: Pushing, began: float) -> Pushed:
        """Of a push that is ended early nothing is known but that it was."""
        pushing.end()
        return Pushed(self._shape, 0, None, time.monotonic() - began, (), 0, 0, 0.0)

    @property
    def _asks(self) -> bool:
        return self._mix.queries_per_second > 0

    def _push(self, rate: float, seconds: float) -> Pushing:
        return Pushing.start(self._tempo.otlp_grpcs, self._shape, spans_per_second=rate, seconds=seconds)

    def _query(self, seconds: float, over: Event) -> Queried:
        """Asks part by part, until the end, or until too many of all that are to be asked were slow or failed."""
        answers: tuple[QueryAnswer, ...] = ()
        parts = max(1, round(seconds / PART_SECONDS))
        for _ in range(parts):
            asked = queries(
                self._tempo.query,
                seconds / parts,
                per_second=self._mix.queries_per_second,
                by_id_from=self._ids[len(answers) :] if self._mix.by_id else (),
                searches=self._mix.searches,
            )
            answers += asked.answers
            if too_many_are_slow(answers, self._mix.queries_per_second * seconds) or asked.failures:
                over.set()
            if over.is_set():
                break
        return Queried(answers)

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
