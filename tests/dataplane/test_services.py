"""The Jaeger UI's list of services, asked of its bridge when the only span of a service is in a block of the bucket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml

from sandbox.bridge import bridge_at
from sandbox.rendered import BRIDGE
from sandbox.tempo_processes import Tempo
from tests.dataplane.conftest import StartTempo
from tests.support.dataplane.bucket import flushed_trace
from tests.support.dataplane.quick import BLOCKS_AGE_FAST, SEARCHES_AT_ONCE, STARTS_AT_ONCE, quick
from tests.support.dataplane.traces import Trace, eventually, spans_by_id

SPEC: dict[str, Any] = {
    "template": {"queryFrontend": {"jaegerQuery": {"enabled": True}}},
    "extraConfig": {"tempo": quick(STARTS_AT_ONCE, SEARCHES_AT_ONCE, BLOCKS_AGE_FAST)},
}
DURATION, REQUESTS = "services_query_duration", "find_traces_concurrent_requests"


@pytest.fixture(scope="module")
def tempo(start_tempo: StartTempo) -> Iterator[Tempo]:
    with start_tempo(SPEC) as running:
        yield running


@pytest.fixture(scope="module")
def flushed(tempo: Tempo) -> Trace:
    """A trace that no ingester has: the frontend and the querier know its block."""
    trace = flushed_trace(tempo)
    [querier] = tempo.named("querier")
    base = f"{tempo.url(querier)}/querier"
    eventually("the block read", lambda: spans_by_id(base, trace, mode="blocks") == trace.identities)
    eventually("no ingester has it", lambda: spans_by_id(base, trace, mode="ingesters") == set())
    return trace


@pytest.fixture
def file(tempo: Tempo) -> Iterator[Path]:
    """The bridge's file. It is the rendered one again after the test."""
    [name] = tempo.named(BRIDGE)
    path = tempo.instances[name].folder / "conf" / f"{BRIDGE}.yaml"
    rendered = path.read_text()
    yield path
    path.write_text(rendered)


def listed(tempo: Tempo, file: Path, **changed: str | int | None) -> object:
    """The services, or the code of the bridge's failure, with other values in its file; None leaves a key out."""
    content = yaml.safe_load(file.read_text()) | changed
    file.write_text(yaml.safe_dump({key: value for key, value in content.items() if value is not None}))
    tempo.restart(f"{BRIDGE}-0")
    with bridge_at(tempo.bridges[0]) as bridge:
        try:
            return bridge.services()
        except grpc.RpcError as error:
            return error.code()


def test_a_service_whose_blocks_are_flushed_is_listed(tempo: Tempo, flushed: Trace, file: Path) -> None:
    assert listed(tempo, file) == ["shop"]


@pytest.mark.parametrize(("duration", "expected"), [(None, []), ("0s", []), ("-1h", grpc.StatusCode.UNKNOWN)])
def test_without_a_time_no_service_is_listed(
    tempo: Tempo, flushed: Trace, file: Path, duration: str | None, expected: object
) -> None:
    assert listed(tempo, file, **{DURATION: duration}) == expected


def test_a_time_longer_than_a_search_may_span_is_refused(tempo: Tempo, flushed: Trace, file: Path) -> None:
    assert listed(tempo, file, **{DURATION: "168h"}) == ["shop"]
    assert listed(tempo, file, **{DURATION: "168h0m1s"}) == grpc.StatusCode.UNKNOWN


def test_a_search_finds_the_trace_with_any_number_of_requests(tempo: Tempo, flushed: Trace, file: Path) -> None:
    for requests in (1, 1000):
        assert listed(tempo, file, **{REQUESTS: requests}) == ["shop"]
        with bridge_at(tempo.bridges[0]) as bridge:
            found = bridge.search("shop", {"order": flushed.order}, flushed.spans[0].start_time_unix_nano / 10**9)
        assert found == {span.span_id: span.name for span in flushed.spans}
