"""More than a stack lets in, with heavy queries on top: what was taken, how the rest was refused, who died of it."""

import http.client
import json
import time
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Event

import yaml

from sandbox.load.pushing import Pushed, Pushing
from sandbox.load.querying import HEAVY, Queried, Search, queries
from sandbox.load.shapes import Shape
from sandbox.tempo_processes import Tempo

OVERLOAD = 3  # times what a stack lets in
FLUSHING = "10KiB"  # of SIZES that come one after the other: in whose overload a block is completed
HEAVY_PER_SECOND, PATIENCE_SECONDS = 5.0, 4.0  # of whoever asks; then they go away
_ANYTHING = Search("{ }", limit=5)
_ANSWERED_WITHIN_SECONDS = 2.0
_LONGEST_SECONDS = 600.0  # of the queries, that end with the push
_BETWEEN_LOOKS_SECONDS = 0.2


@dataclass(frozen=True)
class Intake:
    """What a stack's overrides let in, of every tenant without an entry of its own."""

    rate_bytes: int  # a second
    burst_bytes: int

    @classmethod
    def of_overrides(cls, text: str) -> "Intake":
        """From the content of overrides.yaml. Raises KeyError where it bounds nothing."""
        ingestion = yaml.safe_load(text)["overrides"]["*"]["ingestion"]
        return cls(ingestion["rate_limit_bytes"], ingestion["burst_size_bytes"])


@dataclass(frozen=True)
class Overload:
    """What became of one."""

    pushed: Pushed
    heavy: Queried
    answers_after_seconds: float | None  # a small search, from the end of the push; None where none was in time
    oom_kills: Mapping[str, int]  # by process, of those that were
    restarts: Mapping[str, int]

    @property
    def dead(self) -> bool:
        """Whether any process ended."""
        return bool(self.oom_kills or self.restarts)


def overload(
    tempo: Tempo,
    shape: Shape,
    bytes_per_second: float,
    seconds: float,
    *,
    flushing: bool = False,
    answers_within_seconds: float = 60,
) -> Overload:
    """Push so much, ask heavy queries from the first answer to the last, and wait until a small one is answered.

    Queries find what was there before; a trace can be searched for some ten seconds after its last span. `flushing`:
    half way, every ingester completes its block, as it does every few minutes.
    """
    before = {name: tempo.usage(name) for name in tempo.names}
    rate, over = bytes_per_second / shape.span_bytes, Event()
    with (
        ThreadPoolExecutor(2) as threads,
        Pushing.start(tempo.otlp_grpcs, shape, spans_per_second=rate, seconds=seconds) as pushing,
    ):
        asked = threads.submit(
            queries,
            tempo.query,
            _LONGEST_SECONDS,
            per_second=HEAVY_PER_SECOND,
            searches=HEAVY,
            timeout_seconds=PATIENCE_SECONDS,
            over=over,
        )
        flushed = threads.submit(_flush_after, seconds / 2, over, tempo) if flushing else None
        try:
            pushed, ended = pushing.wait(), time.monotonic()
        finally:
            over.set()
        answers_after = _answers_after(tempo, ended, answers_within_seconds)
        heavy = asked.result()
        if flushed:
            flushed.result()
    after = {name: tempo.usage(name) for name in tempo.names}
    return Overload(
        pushed,
        heavy,
        answers_after,
        {name: n for name in tempo.names if (n := after[name].oom_kills - before[name].oom_kills)},
        {name: n for name in tempo.names if (n := after[name].restarts - before[name].restarts)},
    )


def fill(tempo: Tempo, shape: Shape, bytes_per_second: float, seconds: float, *, within_seconds: float = 30) -> bool:
    """Push what a stack lets in until there is something that queries find; False where nothing was, in time."""
    rate = bytes_per_second / shape.span_bytes
    with Pushing.start(tempo.otlp_grpcs, shape, spans_per_second=rate, seconds=seconds) as pushing:
        pushing.wait()
    deadline = time.monotonic() + within_seconds
    while not (found := _finds_anything(tempo)) and time.monotonic() < deadline:
        time.sleep(_BETWEEN_LOOKS_SECONDS)
    return found


def answers(tempo: Tempo) -> bool:
    """Whether a small search is answered in time."""
    asked = queries(tempo.query, 1, per_second=1, searches=[_ANYTHING], timeout_seconds=_ANSWERED_WITHIN_SECONDS)
    return not asked.failures


def flush(tempo: Tempo) -> None:
    """Every ingester cuts what it has into a block, and will write that to the bucket at once."""
    for name in tempo.named("ingester"):
        _flush_one(tempo, name)


def _flush_one(tempo: Tempo, name: str) -> None:
    urllib.request.urlopen(f"{tempo.url(name)}/flush", timeout=30, context=tempo.context).close()


def _flush_after(seconds: float, over: Event, tempo: Tempo) -> None:
    """Those that are there: one that was killed has no block."""
    if over.wait(seconds):
        return
    for name in tempo.named("ingester"):
        with suppress(OSError, http.client.HTTPException):
            _flush_one(tempo, name)


def _answers_after(tempo: Tempo, ended: float, within_seconds: float) -> float | None:
    while time.monotonic() < ended + within_seconds:
        if answers(tempo):
            return time.monotonic() - ended
        time.sleep(_BETWEEN_LOOKS_SECONDS)
    return None


def _finds_anything(tempo: Tempo) -> bool:
    try:
        with urllib.request.urlopen(tempo.query + _ANYTHING.path(time.time()), timeout=5, context=tempo.context) as got:
            return bool(json.load(got).get("traces"))
    except (OSError, http.client.HTTPException):
        return False
