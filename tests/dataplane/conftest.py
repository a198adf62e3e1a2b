"""A real Tempo for the tests, started from what the program renders."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import yaml

from sandbox.catalog import DATA_PLANE
from sandbox.errors import Unavailable
from sandbox.rendered import render
from sandbox.tempo_processes import Tempo
from sandbox.tempo_runs import running_tempo
from sandbox.toolchain import ensure
from tests.support.dataplane.measured import measured, pytest_terminal_summary  # noqa: F401 - for pytest to find here
from tests.support.dataplane.traces import eventually

StartTempo = Callable[..., AbstractContextManager[Tempo]]


@pytest.fixture(scope="session", autouse=True)
def tools() -> None:
    """Every test of the layer is skipped where Tempo or MinIO can be neither found nor built."""
    try:
        ensure(DATA_PLANE)
    except Unavailable as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="session")
def start_tempo(tmp_path_factory: pytest.TempPathFactory) -> StartTempo:
    """`start_tempo(spec)`: the data plane of a bare spec, as a user would write it, until the end of the block.

    Where the spec does not say otherwise its storage is MinIO's, and nothing is encrypted. With `limits=True` the
    kernel holds each process to its container's; with `own_executables=True` the pages of its executable count, too.
    """

    @contextmanager
    def start(spec: dict[str, Any], limits: bool = False, own_executables: bool = False) -> Iterator[Tempo]:
        whole = {"storage": {"secret": {"name": "minio", "type": "s3"}}, "storageSize": "1Gi", "tls": {"mode": "off"}}
        file = tmp_path_factory.mktemp("stack") / "spec.yaml"
        file.write_text(yaml.safe_dump(whole | spec))
        with running_tempo(render(file), limits, own_executables=own_executables) as running:
            wait_for_ring(running)
            yield running

    return start


def wait_for_ring(tempo: Tempo) -> None:
    """Ingesters that say at once that they are ready do so before the others have heard of them."""
    eventually("everyone who asks ingesters knows them all", lambda: _knows_the_ring(tempo))


def _knows_the_ring(tempo: Tempo) -> bool:
    everyone = len(tempo.named("ingester"))
    for name in (*tempo.named("distributor"), *tempo.named("querier")):
        request = urllib.request.Request(f"{tempo.url(name)}/ingester/ring", headers={"Accept": "application/json"})
        with urllib.request.urlopen(request, timeout=10, context=tempo.context) as response:
            members = json.load(response)["shards"] or ()
        if [member["state"] for member in members] != ["ACTIVE"] * everyone:
            return False
    return True
