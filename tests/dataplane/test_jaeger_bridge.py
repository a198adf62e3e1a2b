"""The bridge between the Jaeger UI and Tempo, run by the real tempo-query from the file the program renders."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import yaml

from sandbox.tempo_processes import Tempo
from sandbox.toolchain import binary
from settings import load_file
from tests.configs import files_of
from tests.dataplane.traces import eventually, new_trace, push_over_grpc

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bridge(tempo: Tempo, tmp_path: Path) -> Iterator[grpc.Channel]:
    """A channel to a tempo-query that listens beside the query frontend, as it does in the pod."""
    frontend = tempo.query.removeprefix("http://")
    address = frontend.replace(":3200", ":7777")
    rendered = yaml.safe_load(files_of(load_file(ROOT / "Pulumi.dev.yaml"))["tempo-query.yaml"])
    assert (rendered["address"], rendered["backend"]) == ("localhost:7777", "localhost:3200")
    file = tmp_path / "tempo-query.yaml"
    file.write_text(yaml.safe_dump(rendered | {"address": address, "backend": frontend}))
    with subprocess.Popen([binary("tempo-query"), "-config", file], stdout=subprocess.DEVNULL) as process:
        try:
            with grpc.insecure_channel(address) as channel:
                grpc.channel_ready_future(channel).result(timeout=30)
                yield channel
        finally:
            process.kill()


def test_the_jaeger_ui_is_told_which_services_there_are(tempo: Tempo, bridge: grpc.Channel) -> None:
    push_over_grpc(tempo, new_trace())
    # GetServicesRequest has no field; GetServicesResponse is `repeated string services = 1`.
    services = bridge.unary_unary("/jaeger.storage.v1.SpanReaderPlugin/GetServices")
    assert eventually("a service", lambda: services(b"", timeout=10)) == b"\x0a\x04shop"
