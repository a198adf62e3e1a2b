"""One trial: spans at a rate and queries of a mix on a running data plane, what they used, and whether all was well."""

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from math import ceil
from threading import Event
from typing import Any

from bench.counting import known_blocks, live_traces
from bench.mixes import Mix
from bench.search import Verdict
from bench.watching import Seen, Use, Watch, binding
from sandbox.load import Pushed, Pushing, Queried, Shape, queries
from sandbox.load.querying import QueryAnswer
from sandbox.tempo_processes import Tempo

QUERY_PART, QUERY_SECONDS = 0.95, 1.0  # so many of the queries are answered within this
SHORT_QUERY_PART = 0.75  # in trials of a few seconds, which have too few queries in them for the slowest of twenty
QUERY_WAITS_SECONDS, PUSH_WAITS_SECONDS = 3.0, 5.0  # for an answer: by then nothing is well any more
TOO_SLOW = "ReadTimeoutError"  # the status of a query that was not answered in that time
REFUSED = "receiver_refused_spans"
LATE_PART = 0.01  # of the spans may come late, or be acknowledged after the end
AFTER_THE_END_SECONDS = 0.5  # that an answer takes, throttled; what waits in a queue that grows takes longer
FULL_PROCESSORS = 0.95  # of the machine's: beyond, it is the machine that was measured
IDS = 2000  # of traces to ask for
LONG_SECONDS = 20.0  # trials of so long are worth asking for blocks
FIRST_QUERIES_SECONDS, FIRST_QUERIES_WAIT_SECONDS = 6.0, 10.0  # of a process's life, that are not measured
LOOK_SECONDS = 0.5
# A trace is alive until nothing came for 5 s and the next look, every 10 s (trace_idle_period, flush_check_period).
ALIVE_SECONDS, ALIVE_WITHIN_SECONDS = 8.0, 20.0
QUIET_WITHIN_SECONDS, BACK_WITHIN_SECONDS = 6.0, 60.0
BLOCKS_WITHIN_SECONDS = 60.0


@dataclass(frozen=True)
class Measured:
    """Everything that one trial saw."""

    rate: float  # spans per second, as asked for
    seconds: float  # as asked for
    pushed: Pushed | None  # None where it was ended before it could say
    queried: Queried | None
    seen: Seen
    querying_millicores: float  # of this process, that asks the queries
    asked: float = 0.0  # queries that its mix has in so many seconds; fewer were, where it was ended early
    # Only of a push that was ended: what that leaves unsent, distributors count as refused.
    lost_before_its_end: bool = False

    @property
    def uses(self) -> Mapping[str, Use]:
        """By process, `minio` among them."""
        return self.seen.uses

    @property
    def generator_millicores(self) -> float:
        """Of the processes that push."""
        return 1000 * self.pushed.cpu_seconds / self.pushed.seconds if self.pushed and self.pushed.seconds else 0.0

    @property
    def is_valid(self) -> bool:
        """Whether the machine had processors left, so that only the stack's own limits can have bound it."""
        return self.seen.busy < FULL_PROCESSORS * (os.cpu_count() or 1)

    def query_seconds(self, part: float) -> float:
        """The latency within which that part of the queries was answered: of few, the slowest; 0 where none was."""
        latencies = sorted(each.latency_seconds for each in self._answers if each.status in ("200", TOO_SLOW))
        return latencies[ceil(part * len(latencies)) - 1] if latencies else 0.0

    @property
    def _answers(self) -> Sequence[QueryAnswer]:
        return self.queried.answers if self.queried else ()

    @property
    def failures(self) -> list[str]:
        """What was not as it must be, the gravest first; none where the rate held."""
        found = [f"{name} OOM-killed" for name, use in self.uses.items() if use.oom_kills]
        found += [f"{name} restarted" for name, use in self.uses.items() if use.restarts and not use.oom_kills]
        found += failures_of(self.pushed, self.rate, self.seconds) if self.pushed else []
        # A push that is ended leaves requests that the distributor counts as refused: never named first.
        lost = self.seen.lost.items()
        found += [f"lost {count} ({reason})" for reason, count in lost if REFUSED not in reason]
        found += [f"{name} does not say what it lost" for name in self.seen.unknown]
        if failed := Counter(each.status for each in self._answers if each.status not in ("200", TOO_SLOW)):
            found.append(f"queries failed {dict(failed)}")
        if self._too_many_are_slow:
            found.append(f"queries p95 {self.query_seconds(QUERY_PART):.1f} s")
        found += [f"lost {count} ({reason})" for reason, count in lost if REFUSED in reason]
        return found or ([] if self.pushed else ["ended early"])

    @property
    def _too_many_are_slow(self) -> bool:
        return too_many_are_slow(self._answers, max(self.asked, len(self._answers)), part_in_time(self.seconds))

    @property
    def is_slow_alone(self) -> bool:
        """Whether it failed, and by slow queries alone; what the end of the push left unsent is no other reason."""
        by_the_load = self.pushed or self.lost_before_its_end
        reasons = [each for each in self.failures if by_the_load or REFUSED not in each]
        return self._too_many_are_slow and len(reasons) == 1

    @property
    def verdict(self) -> Verdict:
        """Whether it held, and what was nearest to its limit."""
        return Verdict(not self.failures, "; ".join([*self.failures[:2], binding(self.uses)]))

    def as_record(self) -> dict[str, Any]:
        """For a JSON line."""
        pushed = self.pushed
        return {
            "rate": round(self.rate, 1),
            "seconds": round(pushed.seconds if pushed else 0.0, 1),
            "acknowledged": pushed.acknowledged if pushed else 0,
            "acknowledged_bytes": pushed.acknowledged_bytes if pushed else 0,
            "late": pushed.late if pushed else 0,
            "push_p95_seconds": round(pushed.latency_seconds(95) if pushed else 0.0, 3),
            "queries": len(self._answers),
            "query_p50_seconds": round(self.query_seconds(0.5), 3),
            "query_p95_seconds": round(self.query_seconds(QUERY_PART), 3),
            "failures": self.failures,
            "binding": binding(self.uses),
            "uses": {name: use.as_record() for name, use in self.uses.items()},
            "blocks": self.seen.blocks,
            "generator_millicores": round(self.generator_millicores),
            "querying_millicores": round(self.querying_millicores),
            "busy_processors": round(self.seen.busy, 2),
            "valid": self.is_valid,
        }


def failures_of(pushed: Pushed, rate: float, seconds: float) -> list[str]:
    """What became of spans that must not: refused, not offered in time, or waiting in a queue when the time is over."""
    found = [f"refused {count} {code}" for (code, _), count in sorted(pushed.refusals.items())]
    wanted = rate * seconds
    if pushed.late > LATE_PART * wanted:
        found.append(f"late {pushed.late / wanted:.0%}")
    end = seconds + AFTER_THE_END_SECONDS
    waiting = sum(each.sent_seconds + each.latency_seconds > end for each in pushed.answers)
    if waiting > LATE_PART * len(pushed.answers):
        found.append(f"{waiting / len(pushed.answers):.0%} acknowledged after the end")
    return found


def part_in_time(seconds: float) -> float:
    """Of the queries of a trial of so many seconds: what must be answered in time."""
    return QUERY_PART if seconds >= LONG_SECONDS else SHORT_QUERY_PART


def too_many_are_slow(answers: Sequence[QueryAnswer], asked: float, in_time: float = QUERY_PART) -> bool:
    """Whether more than the rest of all that are asked took a second: of 5 % of fewer than 20, more than one."""
    slow = sum(each.latency_seconds >= QUERY_SECONDS for each in answers)
    return slow > max(1, (1 - in_time) * asked)


def say(line: str) -> None:
    """Prints a line at once, into a file or a pipe too, and in one piece, whatever other threads print."""
    print(f"{line}\n", end="", flush=True)


class Plane:
    """A running data plane under one mix. Calling it is one trial, so `search.highest_rate` can.

    Queries by id ask for `ids` all the time, by default for those of the first traces that warm it up: one from a block
    costs a querier many times what one costs that ingesters still hold, so every trial must ask for the same.
    """

    def __init__(
        self, tempo: Tempo, mix: Mix, shape: Shape, say: Callable[[str], None], ids: Sequence[bytes] = ()
    ) -> None:
        self._tempo, self._mix, self._shape, self._say = tempo, mix, shape, say
        self.ids = ids
        self.missing: list[str] = []  # who did not come back: then nothing holds any more
        self.repeated = 0  # long trials that slow queries alone failed
        self.trials: list[Measured] = []

    def warm_up(self, rate: float, seconds: float) -> None:
        """Pushes traces; long enough, and queries by id find the first of them in blocks.

        Then it asks for some of those: a querier takes a second or two for the first block of its life, and once.
        """
        with self._push(rate, seconds, None) as pushing:
            pushed = list(islice(pushing.wait().trace_ids, IDS))
        self.ids = self.ids or pushed
        if seconds < LONG_SECONDS:
            return
        self._wait_for_blocks()
        if self._mix.queries_per_second:
            queries(
                self._tempo.query,
                FIRST_QUERIES_SECONDS,
                per_second=1,
                by_id_from=self.ids,
                searches=self._mix.searches,
                timeout_seconds=FIRST_QUERIES_WAIT_SECONDS,
            )

    def __call__(self, rate: float, seconds: float) -> Verdict:
        """Tries a rate, once what was before has settled; a long trial that slow queries alone fail, once more.

        A minute has 12 to 180 queries in it, so the share of slow ones that is allowed is a handful or one: where a
        p95 is near its limit, chance alone would decide what held.
        """
        measured = self._tried(rate, seconds)
        if measured and seconds >= LONG_SECONDS and measured.is_slow_alone:
            self.repeated += 1
            measured = self._tried(rate, seconds)
        return measured.verdict if measured else Verdict(False, f"{self.missing[0]} did not come back")

    def _tried(self, rate: float, seconds: float) -> Measured | None:
        if self.missing or not self.settle(rate):
            return None
        measured = self.measure(rate, seconds)
        self.trials.append(measured)
        verdict = measured.verdict
        self._say(
            f"    {rate:7,.0f} spans/s for {seconds:2.0f} s: {'holds' if verdict.held else 'NO'}: {verdict.reason}"
        )
        return measured

    def measure(self, rate: float, seconds: float) -> Measured:
        """One load, and what it used; ended as soon as it cannot hold any more."""
        wanted = self._mix.queries_per_second * seconds
        watch, own, began = Watch(self._tempo, blocks=seconds >= LONG_SECONDS), time.process_time(), time.monotonic()
        over, lost = Event(), False
        with self._push(rate, seconds, LATE_PART) as pushing, ThreadPoolExecutor(2) as threads:
            told = threads.submit(pushing.wait)
            asked = threads.submit(self._query, seconds, wanted, over)
            try:
                # A push of next to nothing is over before its time is.
                while not (told.done() and time.monotonic() - began >= seconds) and not over.wait(LOOK_SECONDS):
                    if watch.look() or (told.done() and failures_of(told.result(), rate, seconds)):
                        over.set()
            finally:
                over.set()
                if not (done := told.done()):
                    lost = watch.lost()
                    pushing.end()
            pushed, queried = told.result() if done else None, asked.result()
        querying = 1000 * (time.process_time() - own) / (time.monotonic() - began)
        return Measured(rate, seconds, pushed, queried, watch.done(), querying, wanted, lost)

    def _wait_for_blocks(self) -> None:
        """Until queriers know of one, which takes them and a compactor a poll each; a stack that never gets there is
        measured all the same."""
        deadline = time.monotonic() + BLOCKS_WITHIN_SECONDS
        while not known_blocks(self._tempo) and time.monotonic() < deadline:
            time.sleep(1)

    def _push(self, rate: float, seconds: float, late_part: float | None) -> Pushing:
        return Pushing.start(
            self._tempo.otlp_grpcs,
            self._shape,
            spans_per_second=rate,
            seconds=seconds,
            late_part=late_part,
            timeout_seconds=PUSH_WAITS_SECONDS,
        )

    def _query(self, seconds: float, wanted: float, over: Event) -> Queried | None:
        """Asks until the end, or until too many of all `wanted` queries were slow, or one failed."""
        answers: list[QueryAnswer] = []
        in_time = part_in_time(seconds)

        def heard(answer: QueryAnswer) -> None:
            answers.append(answer)
            if answer.status not in ("200", TOO_SLOW) or too_many_are_slow(answers, wanted, in_time):
                over.set()

        if not wanted:
            return None
        return queries(
            self._tempo.query,
            seconds,
            per_second=self._mix.queries_per_second,
            by_id_from=self.ids if self._mix.by_id else (),
            searches=self._mix.searches,
            timeout_seconds=QUERY_WAITS_SECONDS,
            answered=heard,
            over=over,
        )

    def settle(self, rate: float = 0.0) -> bool:
        """Until everybody is back, and then, for some seconds at most, until nobody but a compactor is busy.

        Who crashed need not wait for its next start: that it did is known, and it must not bind the next trial. Nor
        must what a higher rate left: no more traces are alive than that rate will have itself.
        """
        deadline = time.monotonic() + BACK_WITHIN_SECONDS
        while missing := self._not_back():
            if time.monotonic() > deadline:
                self.missing = missing
                return False
            for name in missing:
                if self._tempo.supervised(name).waits_until:
                    self._tempo.stop(name)
                    self._tempo.start(name)
            time.sleep(0.2)
        deadline = time.monotonic() + QUIET_WITHIN_SECONDS
        while not self._quiet() and time.monotonic() < deadline:
            pass
        own, deadline = ALIVE_SECONDS * rate / self._shape.spans_per_trace, time.monotonic() + ALIVE_WITHIN_SECONDS
        while rate and live_traces(self._tempo) > own and time.monotonic() < deadline:
            time.sleep(1)
        return True

    def _not_back(self) -> list[str]:
        """Who does not serve; of compactors, that watch their ring for a minute first, those that do not run."""
        compactors = self._tempo.named("compactor")
        serves = {
            name: self._tempo.process(name) if name in compactors else self._tempo.ready(name)
            for name in self._tempo.names
        }
        return [name for name, there in serves.items() if not there]

    def _quiet(self) -> bool:
        """Whether within a second nobody but a compactor, which may always have work, uses half of its cpu."""
        names = [name for name in self._tempo.names if name not in self._tempo.named("compactor")]
        before = {name: self._tempo.usage(name).cpu_seconds for name in names}
        time.sleep(1)
        after = {name: self._tempo.usage(name) for name in names}
        return all(
            1000 * (use.cpu_seconds - before[name]) < 0.5 * (use.cpu_limit_millicores or 1000)
            for name, use in after.items()
        )
