"""tempo-vulture, Tempo's own tester: pushes traces without end, asks for them back, and counts what is missing."""

import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.tempo_processes import Tempo
from tests.support.dataplane.companions import companion
from tests.support.dataplane.traces import eventually

# A trace a second, most of them in up to three parts; each is asked for once it had time to become searchable.
_PACE = {
    "tempo-write-backoff-duration": "1s",
    "tempo-long-write-backoff-duration": "5s",
    "tempo-read-backoff-duration": "500ms",
    "tempo-search-backoff-duration": "500ms",
}
_COUNTER = re.compile(r'^tempo_vulture_(\w+?)(?:\{error="(\w+)"\})? (\d+)$', re.MULTILINE)


@dataclass(frozen=True)
class Vulture:
    """A tempo-vulture at work."""

    metrics: str  # URL
    log: Path
    started: float  # on the monotonic clock

    @property
    def seconds(self) -> float:
        """How long it has been at work."""
        return time.monotonic() - self.started

    def counters(self) -> dict[str, int]:
        """What it counts: `trace_total`, `error_total`, and what was wrong with traces, by its own names."""
        with urllib.request.urlopen(self.metrics, timeout=5) as response:
            text = response.read().decode()
        return {error or name: int(count) for name, error, count in _COUNTER.findall(text)}

    def complaints(self) -> str:
        """What it said that was wrong."""
        return "\n".join(line for line in self.log.read_text().splitlines() if "L=ERROR" in line)


@contextmanager
def vulture(tempo: Tempo, tenant: str) -> Iterator[Vulture]:
    """One for that tenant, until the end of the block."""
    block, _, _ = tempo.s3.address.rpartition(".")
    address = f"{block}.8:8080"
    flags = _PACE | {
        "prometheus-listen-address": address,
        "tempo-query-url": tempo.query,
        "tempo-push-url": f"http://{tempo.otlp_grpc}",
        "tempo-org-id": tenant,
    }
    log = tempo.folder / "vulture.log"
    command = [str(companion("tempo-vulture")), *(f"-{name}={value}" for name, value in flags.items())]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            running = Vulture(f"http://{address}/metrics", log, time.monotonic())
            eventually("vulture's metrics", lambda: _answers(running))
            yield running
        finally:
            process.kill()


def _answers(running: Vulture) -> bool:
    try:
        return bool(running.counters())
    except urllib.error.URLError:
        return False
