"""tempo-query, tempo-vulture, tempo-cli: a test that needs one is skipped where it is neither found nor built."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.bridge import Bridge, bridge_at
from sandbox.errors import Unavailable
from sandbox.rendered import BRIDGE
from sandbox.tempo_processes import Tempo
from sandbox.toolchain import binary


def companion(name: str) -> Path:
    """The executable; skips the running test where there is none."""
    try:
        return binary(name)
    except Unavailable as absent:
        pytest.skip(f"there is no {name}: {absent}")


def available(name: str) -> bool:
    """Whether there is such an executable."""
    try:
        binary(name)
    except Unavailable:
        return False
    return True


@contextmanager
def jaeger(tempo: Tempo, tenant: str | None = None) -> Iterator[Bridge]:
    """What the Jaeger UI asks for traces: the first tempo-query. Skips the running test where there is none."""
    companion(BRIDGE)
    with bridge_at(tempo.bridges[0], tenant) as running:
        yield running
