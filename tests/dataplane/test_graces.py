"""What each process does at SIGTERM, held against the grace of its pod: in a rollout it runs beside its successor."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox.tempo_processes import Tempo
from tests.dataplane.conftest import StartTempo, wait_for_ring
from tests.support.dataplane.bucket import flushed_trace
from tests.support.dataplane.measured import Measured
from tests.support.dataplane.quick import BLOCKS_AGE_FAST, SEARCHES_AT_ONCE, STARTS_AT_ONCE, quick
from tests.support.dataplane.traces import Trace, eventually, search
from tests.support.dataplane.under_load import counted

SPEC: dict[str, Any] = {"extraConfig": {"tempo": quick(STARTS_AT_ONCE, SEARCHES_AT_ONCE, BLOCKS_AGE_FAST)}}
ENDS = ("distributor", "compactor", "ingester")  # by themselves, well within their grace
STAYS = ("querier", "query-frontend")  # until they are killed: their poller never ends
ENDS_WITHIN_SECONDS = 15
BESIDE_ITS_SUCCESSOR_SECONDS = 10  # at the most
SLOW_SECONDS = 3  # how long the store keeps a query waiting


@pytest.fixture(scope="module")
def tempo(start_tempo: StartTempo) -> Iterator[Tempo]:
    with start_tempo(SPEC) as running:
        running.wait_ready(running.named("compactor"))
        yield running


@pytest.fixture(scope="module")
def flushed(tempo: Tempo) -> Trace:
    """A trace in a block of the bucket, which searches have to read."""
    return flushed_trace(tempo)


@dataclass
class Query:
    """A search in the background: what came of it, and how long it took."""

    found: list[str] | None = None
    failure: str = ""
    seconds: float = 0.0
    thread: threading.Thread = field(default_factory=threading.Thread)

    def ask(self, tempo: Tempo, trace: Trace) -> None:
        began, now = time.monotonic(), int(time.time())
        try:
            self.found = search(tempo.query, trace, start=now - 3600, end=now + 60)
        except (AssertionError, OSError) as error:
            self.failure = str(error)
        self.seconds = time.monotonic() - began


@contextmanager
def in_flight(tempo: Tempo, trace: Trace) -> Iterator[Query]:
    """A search whose job a querier has, while the store does not answer; the store answers at the end of the block."""
    dispatched = "tempo_query_frontend_queue_duration_seconds_count"
    before, store, query = counted(tempo, "query-frontend-0", dispatched), tempo.process("minio"), Query()
    live = store.running() if store else None
    assert live
    live.suspend()
    query.thread = threading.Thread(target=query.ask, args=(tempo, trace))
    query.thread.start()
    try:
        jobs = 2  # one asks ingesters, one reads the block
        eventually("its jobs taken", lambda: counted(tempo, "query-frontend-0", dispatched) >= before + jobs)
        yield query
    finally:
        live.resume()


def stopped(tempo: Tempo, name: str) -> float:
    """How long a process lived after its SIGTERM, which after its pod's grace a SIGKILL follows."""
    began = time.monotonic()
    tempo.stop(name)
    return time.monotonic() - began


def back(tempo: Tempo, name: str) -> None:
    tempo.start(name)
    tempo.wait_ready([name])
    wait_for_ring(tempo)


@pytest.mark.parametrize("component", ENDS)
def test_a_process_ends_by_itself_within_its_grace(
    tempo: Tempo, flushed: Trace, component: str, measured: Measured
) -> None:
    [name] = tempo.named(component)
    seconds, grace = stopped(tempo, name), tempo.grace_seconds(name)
    measured(f"{name}: ended {seconds:.1f} s after SIGTERM, of {grace:.0f} s")
    back(tempo, name)
    assert seconds < ENDS_WITHIN_SECONDS < grace


@pytest.mark.parametrize("component", STAYS)
def test_a_process_that_never_ends_by_itself_is_killed_soon(
    tempo: Tempo, flushed: Trace, component: str, measured: Measured
) -> None:
    [name] = tempo.named(component)
    seconds, grace = stopped(tempo, name), tempo.grace_seconds(name)
    measured(f"{name}: killed {seconds:.1f} s after SIGTERM, at the end of its {grace:.0f} s")
    back(tempo, name)
    assert seconds >= grace, "it ends by itself: the grace may be longer"
    assert grace <= BESIDE_ITS_SUCCESSOR_SECONDS


def test_a_query_frontend_answers_a_query_within_its_grace(tempo: Tempo, flushed: Trace, measured: Measured) -> None:
    eventually("a warm search", lambda: found(tempo, flushed))
    thread = threading.Thread(target=lambda: tempo.stop("query-frontend-0"))
    with in_flight(tempo, flushed) as query:
        thread.start()
        began = time.monotonic()
        eventually("a slow store", lambda: time.monotonic() - began >= SLOW_SECONDS)
    query.thread.join(timeout=60)
    thread.join(timeout=60)
    measured(
        f"the query took {query.seconds:.1f} s, {SLOW_SECONDS} s of them after SIGTERM: {query.failure or 'whole'}"
    )
    back(tempo, "query-frontend-0")
    assert query.found == [flushed.hex_id], query.failure
    assert SLOW_SECONDS < query.seconds < tempo.grace_seconds("query-frontend-0")


def test_a_querier_drops_its_queries_at_once(tempo: Tempo, flushed: Trace, measured: Measured) -> None:
    """So a longer grace would save none of them: they fail, or wait for another querier."""
    eventually("a warm search", lambda: found(tempo, flushed))
    log = tempo.folder / "querier-0.log"
    seen, thread = len(log.read_text()), threading.Thread(target=lambda: tempo.stop("querier-0"))
    with in_flight(tempo, flushed) as query:
        thread.start()
        eventually("its worker stopped", lambda: '"module stopped" module=querier' in log.read_text()[seen:])
    assert tempo.process("querier-0"), "it has ended by itself"
    thread.join(timeout=60)
    answered = query.found  # the store answered for almost all of the grace
    measured(f"at the end of the grace: {answered or 'no answer'}")
    back(tempo, "querier-0")
    query.thread.join(timeout=60)
    assert answered is None
    assert eventually("the query asked again", lambda: found(tempo, flushed)) == [flushed.hex_id]


def found(tempo: Tempo, trace: Trace) -> list[str]:
    query = Query()
    query.ask(tempo, trace)
    return query.found or []
