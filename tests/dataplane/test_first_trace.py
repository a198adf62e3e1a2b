"""A stack of one ingester and no tenants, in its plan's limits: a trace comes back from memory and from a block."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.cgroups import missing
from sandbox.load import flush
from sandbox.tempo_processes import Tempo
from tests.dataplane.conftest import StartTempo
from tests.support.dataplane.bucket import SINGLE_TENANT, blocks, listed, tempo_cli
from tests.support.dataplane.companions import jaeger
from tests.support.dataplane.quick import SEARCHES_AT_ONCE, STARTS_AT_ONCE, quick
from tests.support.dataplane.traces import (
    Trace,
    eventually,
    new_trace,
    push_over_grpc,
    push_over_http,
    search,
    spans_by_id,
)

SPEC: dict[str, Any] = {
    "resources": {"total": {"limits": {"cpu": "2000m", "memory": "2Gi"}}},
    "template": {"queryFrontend": {"jaegerQuery": {"enabled": True}}},
    "extraConfig": {"tempo": quick(STARTS_AT_ONCE, SEARCHES_AT_ONCE)},
}


@pytest.fixture(scope="module", params=["measured", "operator", "production"])
def tempo(request: pytest.FixtureRequest, start_tempo: StartTempo) -> Iterator[Tempo]:
    """Each container with what its profile gives it, where that can be held to."""
    with start_tempo(
        SPEC | {"resources": SPEC["resources"] | {"profile": request.param}}, missing() is None
    ) as running:
        yield running


@pytest.fixture(scope="module")
def pushed(tempo: Tempo) -> dict[str, Trace]:
    """One trace for each protocol."""
    traces = {"grpc": new_trace(), "http": new_trace()}
    push_over_grpc(tempo, traces["grpc"])
    push_over_http(tempo, traces["http"])
    return traces


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_a_trace_comes_back_by_id_and_by_search(tempo: Tempo, pushed: dict[str, Trace], protocol: str) -> None:
    assert comes_back(tempo, pushed[protocol])


def test_jaeger_is_told_which_services_there_are(tempo: Tempo, pushed: dict[str, Trace]) -> None:
    with jaeger(tempo) as bridge:
        assert eventually("a service", bridge.services) == ["shop"]


def test_a_flushed_trace_still_comes_back_and_from_the_bucket_alone(tempo: Tempo, pushed: dict[str, Trace]) -> None:
    trace = pushed["grpc"]
    [querier] = tempo.named("querier")
    base = f"{tempo.url(querier)}/querier"
    assert blocks(tempo) == []
    assert spans_by_id(base, trace, mode="blocks") == set()

    flush(tempo)
    [block] = eventually("a block in the bucket", lambda: blocks(tempo))
    assert comes_back(tempo, trace)

    # A querier lists the bucket's blocks when it starts, and then every five minutes.
    tempo.restart(querier)
    assert spans_by_id(base, trace, mode="blocks") == trace.identities
    assert search_in_block(base, trace, block) == [trace.hex_id]


def test_tempo_cli_counts_in_the_bucket_what_was_pushed(tempo: Tempo, pushed: dict[str, Trace]) -> None:
    flush(tempo)
    [block] = eventually("a block in the bucket", lambda: blocks(tempo))
    assert listed(tempo) == {block["blockID"]: (0, len(pushed))}
    for trace in pushed.values():
        summary = tempo_cli(tempo, "query", "trace-summary", trace.hex_id, SINGLE_TENANT)
        assert "Number of blocks: 1" in summary
        assert f"Span count: {len(trace.spans)}" in summary


def test_a_trace_that_was_never_pushed_is_not_found(tempo: Tempo) -> None:
    trace = new_trace()
    assert spans_by_id(tempo.query, trace) == set()
    assert search(tempo.query, trace, start=int(time.time()) - 600, end=int(time.time()) + 60) == []


def comes_back(tempo: Tempo, trace: Trace) -> bool:
    """Whole by id, and alone by TraceQL, both through the query frontend."""
    by_id = eventually("the trace by id", lambda: spans_by_id(tempo.query, trace))
    found = eventually("the trace by search", lambda: search(tempo.query, trace))
    return by_id == trace.identities and found == [trace.hex_id]


def search_in_block(base: str, trace: Trace, block: dict[str, object]) -> list[str] | None:
    """The querier's part of a search: one block of the bucket (a frontend leaves the last 15 minutes to ingesters)."""
    return search(
        base,
        trace,
        start=int(time.time()) - 3600,
        end=int(time.time()) + 3600,
        blockID=str(block["blockID"]),
        startPage=0,
        pagesToSearch=str(block["totalRecords"]),
        encoding=str(block.get("encoding", "none")),
        indexPageSize=str(block.get("indexPageSize", 0)),
        totalRecords=str(block["totalRecords"]),
        dataEncoding=str(block.get("dataEncoding", "")),
        version=str(block["format"]),
        size=str(block["size"]),
        footerSize=str(block.get("footerSize", 0)),
    )
