"""A trace pushed over OTLP comes back by id and by search, from memory first and then from the bucket."""

import time
import urllib.request
from collections.abc import Callable

import pytest

from sandbox.tempo_processes import Tempo
from tests.dataplane.bucket import blocks
from tests.dataplane.traces import (
    Trace,
    eventually,
    new_trace,
    push_over_grpc,
    push_over_http,
    search,
    spans_by_id,
    spans_of,
)


@pytest.mark.parametrize("push", [push_over_grpc, push_over_http])
def test_a_trace_comes_back_by_id_and_by_search(tempo: Tempo, push: Callable[[Tempo, Trace], None]) -> None:
    trace = new_trace()
    push(tempo, trace)
    assert comes_back(tempo, trace)


def test_a_flushed_trace_comes_back_from_the_bucket_alone(tempo: Tempo) -> None:
    trace = new_trace()
    push_over_grpc(tempo, trace)
    assert comes_back(tempo, trace)

    old = {block["blockID"] for block in blocks(tempo)}
    flush(tempo)
    block = eventually("a new block", lambda: next((b for b in blocks(tempo) if b["blockID"] not in old), None))
    assert comes_back(tempo, trace)

    # A querier lists the bucket's blocks when it starts, and then every five minutes.
    [querier] = tempo.named("querier")
    tempo.restart(querier)
    base = f"{tempo.url(querier)}/querier"
    by_id = eventually("the trace, from blocks", lambda: spans_by_id(base, trace, mode="blocks"))
    assert by_id == spans_of(trace)
    assert search_in_block(base, trace, block) == [trace.hex_id]


def test_a_trace_that_was_never_pushed_is_not_found(tempo: Tempo) -> None:
    trace = new_trace()
    assert spans_by_id(tempo.query, trace) is None
    assert search(tempo.query, trace, start=int(time.time()) - 600, end=int(time.time()) + 60) == []


def comes_back(tempo: Tempo, trace: Trace) -> bool:
    """Whole by id, and alone by TraceQL, both through the query frontend."""
    by_id = eventually("the trace by id", lambda: spans_by_id(tempo.query, trace))
    found = eventually("the trace by search", lambda: search(tempo.query, trace))
    return by_id == spans_of(trace) and found == [trace.hex_id]


def flush(tempo: Tempo) -> None:
    for name in tempo.named("ingester"):
        with urllib.request.urlopen(f"{tempo.url(name)}/flush", timeout=30):
            pass


def search_in_block(base: str, trace: Trace, block: dict[str, object]) -> list[str]:
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
