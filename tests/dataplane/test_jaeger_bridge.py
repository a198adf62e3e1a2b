"""The bridge between the Jaeger UI and Tempo, run by the real tempo-query from the file the program renders."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from sandbox.rendered import render
from sandbox.tempo_processes import Tempo
from sandbox.tempo_runs import running_tempo
from tests.dataplane.traces import eventually, new_trace, push_over_grpc

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def with_bridge() -> Iterator[Tempo]:
    """The Tempo of the dev stack, which has the Jaeger UI."""
    with running_tempo(render(ROOT / "Pulumi.dev.yaml")) as running:
        yield running


def test_the_jaeger_ui_is_told_which_services_there_are(with_bridge: Tempo) -> None:
    push_over_grpc(with_bridge, new_trace())
    [address] = with_bridge.bridges
    with grpc.insecure_channel(address) as channel:
        # GetServicesRequest has no field; GetServicesResponse is `repeated string services = 1`.
        services = channel.unary_unary("/jaeger.storage.v1.SpanReaderPlugin/GetServices")
        assert eventually("a service", lambda: services(b"", timeout=10)) == b"\x0a\x04shop"
