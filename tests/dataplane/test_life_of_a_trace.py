"""The life of a trace of which there are three copies: ingesters, blocks in the bucket, compaction, and its end.

The tests are in the order of that life, and share one data plane with several tenants. From the first to the last of
them tempo-vulture is at work as another tenant, so it sees every flush and compaction that they bring about.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from sandbox.bridge import Names
from sandbox.load import flush
from sandbox.tempo_processes import Tempo
from tests.dataplane.conftest import StartTempo
from tests.support.dataplane.bucket import blocks, folders, listed, tempo_cli
from tests.support.dataplane.companions import available, companion, jaeger
from tests.support.dataplane.quick import (
    BLOCKS_AGE_FAST,
    LATE_TRACES_KEEP_THEIR_TIME,
    SEARCHES_AT_ONCE,
    STARTS_AT_ONCE,
    quick,
)
from tests.support.dataplane.traces import (
    Trace,
    eventually,
    new_trace,
    push_over_grpc,
    push_over_http,
    search,
    spans_by_id,
    spans_in_ingester,
)
from tests.support.dataplane.vulture import Vulture, vulture

SHOP, WATCHER = "shop", "watcher"  # tenants
COPIES, MAJORITY = 3, 2  # a push is acknowledged when the majority has it; what the last copy needs longer for is lost
HOUR_SECONDS = 3600
Blocks = list[dict[str, Any]]  # their meta.json
SPEC: dict[str, Any] = {
    "replicationFactor": COPIES,
    "template": {"ingester": {"replicas": COPIES}, "queryFrontend": {"jaegerQuery": {"enabled": True}}},
    "tenants": {
        "mode": "static",
        "authentication": [{"tenantName": name, "tenantId": name} for name in (SHOP, WATCHER)],
    },
    "retention": {"perTenant": {SHOP: {"traces": "1h"}}},
    "extraConfig": {
        "tempo": quick(STARTS_AT_ONCE, SEARCHES_AT_ONCE, BLOCKS_AGE_FAST, LATE_TRACES_KEEP_THEIR_TIME),
    },
}


@pytest.fixture(scope="module")
def tempo(start_tempo: StartTempo) -> Iterator[Tempo]:
    """Without its compactor at first: what ingesters write stays as it is until that is started."""
    with start_tempo(SPEC) as running:
        running.stop("compactor-0")
        yield running


@pytest.fixture(scope="module", autouse=True)
def watching(tempo: Tempo) -> Iterator[Vulture | None]:
    """None where there is no tempo-vulture: the other tests of this file do without."""
    with vulture(tempo, WATCHER) if available("tempo-vulture") else nullcontext() as running:
        yield running


@pytest.fixture(scope="module")
def pushed(tempo: Tempo) -> dict[str, list[Trace]]:
    """A few traces over each protocol."""
    traces = {"grpc": [new_trace() for _ in range(3)], "http": [new_trace() for _ in range(3)]}
    for trace in traces["grpc"]:
        push_over_grpc(tempo, trace, SHOP)
    for trace in traces["http"]:
        push_over_http(tempo, trace, SHOP)
    return traces


@pytest.fixture(scope="module")
def flushed(tempo: Tempo, pushed: dict[str, list[Trace]]) -> Blocks:
    """The traces are in blocks of the bucket, which these are, and nowhere else."""
    return flushed_blocks(tempo, [trace for traces in pushed.values() for trace in traces])


@pytest.fixture(scope="module")
def late(tempo: Tempo, flushed: Blocks) -> Trace:
    """A trace of three hours ago, in blocks of its own."""
    trace = new_trace(ago_seconds=3 * HOUR_SECONDS)
    push_over_grpc(tempo, trace, SHOP)
    flushed_blocks(tempo, [trace])
    return trace


@pytest.fixture(scope="module")
def compacted(tempo: Tempo, pushed: dict[str, list[Trace]], late: Trace) -> Blocks:
    """What one more round of blocks and the compactor have made of the blocks that were there."""
    more = [new_trace() for _ in range(6)]  # so many that every ingester writes a block of them
    for trace in more:
        push_over_grpc(tempo, trace, SHOP)
    flushed_blocks(tempo, more)
    pushed["grpc"] += more
    tempo.start("compactor-0")
    traces = sum(map(len, pushed.values()))
    return eventually("each trace in one block", lambda: merged(traces, blocks(tempo, SHOP)))


def flushed_blocks(tempo: Tempo, traces: list[Trace]) -> Blocks:
    """All blocks in the bucket, when the copies of the traces are in them, and no ingester has one left."""
    copies = sum(len(in_ingesters(tempo, trace)) for trace in traces)
    there = copies_in(blocks(tempo, SHOP))
    flush(tempo)
    eventually("all copies in blocks", lambda: copies_in(blocks(tempo, SHOP)) >= there + copies)
    eventually("no copy in an ingester", lambda: not any(in_ingesters(tempo, trace) for trace in traces))
    return blocks(tempo, SHOP)


def merged(traces: int, found: Blocks) -> Blocks:
    """The blocks, where so many traces are in them once each, and there is one for each hour of time; else none."""
    hours = {block["endTime"][: len("2006-01-02T15")] for block in found}
    return found if copies_in(found) == traces and len(found) == len(hours) else []


def copies_in(found: Blocks) -> int:
    return sum(block["totalObjects"] for block in found)


def in_ingesters(tempo: Tempo, trace: Trace) -> set[str]:
    """The ingesters that have the whole trace."""
    addresses = {name: f"{tempo.instances[name].address}:9095" for name in tempo.named("ingester")}
    return {name for name, address in addresses.items() if spans_in_ingester(address, trace, SHOP) == trace.identities}


def appends(tempo: Tempo) -> dict[str, int]:
    """Ingester -> how often the distributor has sent it something, whether it was taken or not."""
    text = tempo.metrics("distributor-0")
    lines = re.findall(r'^tempo_distributor_ingester_appends_total{ingester="(.+)"} (\d+)$', text, re.MULTILINE)
    return {ingester: int(count) for ingester, count in lines}


def alike(counts: dict[str, int]) -> dict[str, int]:
    """The counts where all are the same, as they are between two requests of vulture's; else none."""
    return counts if len(set(counts.values())) == 1 else {}


def found_by_search(tempo: Tempo, trace: Trace) -> list[str] | None:
    """In ingesters and in blocks: a search that names no time asks only the former."""
    around = trace.spans[0].start_time_unix_nano // 10**9
    return search(tempo.query, trace, SHOP, start=around - HOUR_SECONDS, end=around + HOUR_SECONDS)


def names(trace: Trace) -> dict[bytes, str]:
    return {span.span_id: span.name for span in trace.spans}


def in_jaeger(tempo: Tempo, trace: Trace) -> Names:
    with jaeger(tempo, SHOP) as bridge:
        return bridge.search("shop", {"order": trace.order}, trace.spans[0].start_time_unix_nano / 10**9)


# Ways to find a trace, each with what it finds when the trace is there once and whole.
Found = Callable[[Tempo, Trace], object]
WAYS: dict[str, tuple[Found, Callable[[Trace], object]]] = {
    "by id": (lambda tempo, trace: spans_by_id(tempo.query, trace, SHOP), lambda trace: trace.identities),
    "by search": (found_by_search, lambda trace: [trace.hex_id]),
    "in Jaeger": (in_jaeger, names),
}
EVERY_WAY = pytest.mark.parametrize("way", WAYS)
BOTH_PROTOCOLS = pytest.mark.parametrize("protocol", ["grpc", "http"])


def found(way: str, tempo: Tempo, traces: list[Trace]) -> bool:
    """Whether each is there, and nothing of it twice."""
    ask, expected = WAYS[way]
    return all(eventually(f"{t.hex_id} {way}", lambda t=t: ask(tempo, t)) == expected(t) for t in traces)  # type: ignore[misc]


@EVERY_WAY
@BOTH_PROTOCOLS
def test_a_trace_is_found_before_anything_of_it_is_in_the_bucket(
    tempo: Tempo, pushed: dict[str, list[Trace]], protocol: str, way: str
) -> None:
    assert found(way, tempo, pushed[protocol])
    assert blocks(tempo, SHOP) == []


def test_a_trace_is_sent_to_every_ingester_and_most_of_them_have_it(
    tempo: Tempo, pushed: dict[str, list[Trace]]
) -> None:
    having_it = [in_ingesters(tempo, trace) for traces in pushed.values() for trace in traces]
    assert min(map(len, having_it)) >= MAJORITY
    assert set.union(*having_it) == set(tempo.named("ingester"))
    assert len(eventually("as much sent to each", lambda: alike(appends(tempo)))) == COPIES


def test_jaeger_is_told_of_the_tenants_own_services(tempo: Tempo, pushed: dict[str, list[Trace]]) -> None:
    with jaeger(tempo, SHOP) as bridge:
        assert eventually("a service", bridge.services) == ["shop"]


@EVERY_WAY
@BOTH_PROTOCOLS
def test_a_flushed_trace_is_found_in_the_bucket_alone(
    tempo: Tempo, pushed: dict[str, list[Trace]], flushed: Blocks, protocol: str, way: str
) -> None:
    assert found(way, tempo, pushed[protocol])
    assert not any(in_ingesters(tempo, trace) for trace in pushed[protocol])


def test_every_ingester_writes_a_block_with_its_copies(tempo: Tempo, flushed: Blocks) -> None:
    assert len(flushed) == COPIES
    assert listed(tempo, SHOP) == {block["blockID"]: (0, block["totalObjects"]) for block in flushed}


@EVERY_WAY
def test_a_late_trace_is_found_while_it_is_kept(tempo: Tempo, late: Trace, way: str) -> None:
    assert found(way, tempo, [late])


def test_the_compactor_makes_one_copy_of_all(tempo: Tempo, compacted: Blocks) -> None:
    assert len(compacted) <= 2  # two, where the clock struck the hour between them
    assert all(block["compactionLevel"] >= 1 for block in compacted)
    assert listed(tempo, SHOP) == {
        block["blockID"]: (block["compactionLevel"], block["totalObjects"]) for block in compacted
    }


@EVERY_WAY
def test_every_trace_is_found_after_compaction(
    tempo: Tempo, pushed: dict[str, list[Trace]], compacted: Blocks, way: str
) -> None:
    for traces in pushed.values():
        assert found(way, tempo, traces)


def test_a_trace_past_its_tenants_retention_is_deleted(tempo: Tempo, late: Trace, compacted: Blocks) -> None:
    eventually("nothing of the late trace", lambda: spans_by_id(tempo.query, late, SHOP) == set())
    assert found_by_search(tempo, late) == []
    assert in_jaeger(tempo, late) == {}


def test_what_was_compacted_or_is_past_retention_leaves_the_bucket(tempo: Tempo, compacted: Blocks) -> None:
    eventually("the live blocks alone", lambda: folders(tempo, SHOP) == {block["blockID"] for block in compacted})


def test_tempo_cli_reads_each_trace_from_the_one_block_it_is_in(
    tempo: Tempo, pushed: dict[str, list[Trace]], compacted: Blocks
) -> None:
    for trace in (traces[0] for traces in pushed.values()):
        summary = tempo_cli(tempo, "query", "trace-summary", trace.hex_id, SHOP)
        assert "Number of blocks: 1" in summary
        assert f"Span count: {len(trace.spans)}" in summary


def test_vulture_missed_nothing_for_a_minute_of_all_this(watching: Vulture | None, compacted: Blocks) -> None:
    companion("tempo-vulture")
    assert watching is not None
    eventually("a minute", lambda: watching.seconds >= 60)
    counted = watching.counters()
    assert counted.pop("trace_total") > 50
    assert counted.keys() >= {"error_total", "missingspans", "notfound_byid", "notfound_traceql", "incorrectresult"}
    assert set(counted.values()) == {0}, watching.complaints()
