"""What tests of a loaded data plane share: its rate limit, what its processes count, and how long until all is well."""

import time
from collections.abc import Callable

import pytest

from sandbox.cgroups import missing
from sandbox.load import Intake, Pushing
from sandbox.tempo_processes import Tempo
from tests.support.dataplane.traces import eventually

needs_limits = pytest.mark.skipif(missing() is not None, reason=str(missing()))


def intake(tempo: Tempo) -> Intake:
    """What the plan lets in, as the distributors read it."""
    file = tempo.instances[tempo.named("distributor")[0]].folder / "conf" / "overrides.yaml"
    return Intake.of_overrides(file.read_text())


def counted(tempo: Tempo, name: str, metric: str) -> float:
    """The sum of a metric's samples in one process; 0 where it does not answer."""
    lines = tempo.metrics(name).splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith((f"{metric} ", f"{metric}{{")))


def under_way(tempo: Tempo, pushing: Pushing, spans: int) -> None:
    """Until the distributors have taken in so many spans more than now."""
    metric = "tempo_distributor_spans_received_total"

    def received() -> float:
        return sum(counted(tempo, name, metric) for name in tempo.named("distributor"))

    before = received()
    eventually(f"{spans} spans pushed", lambda: received() >= before + spans or not pushing.running(), 30)


def seconds_until(what: str, ask: Callable[[], bool], within_seconds: float = 60) -> float:
    """How long until it holds."""
    began = time.monotonic()
    eventually(what, ask, within_seconds)
    return time.monotonic() - began


def all_ready(tempo: Tempo) -> bool:
    """Every process runs and says that it is ready."""
    return all(tempo.process(name) and tempo.ready(name) for name in tempo.names)


def killed(tempo: Tempo) -> list[str]:
    """A line for each process that ended by itself: its name, why, and what it had used."""
    return [
        f"{name}: {tempo.supervised(name).ended}, {usage.oom_kills} OOM kills, {usage.restarts} restarts"
        for name in tempo.names
        if (usage := tempo.usage(name)).oom_kills or usage.restarts
    ]


def used(tempo: Tempo) -> str:
    """What each process used of its limits."""
    lines = []
    for name in tempo.names:
        usage = tempo.usage(name)
        most = "-" if usage.memory_max_bytes is None else f"{usage.memory_max_bytes / 2**20:.0f}"
        limit = f" of {usage.memory_limit_bytes / 2**20:.0f}" if usage.memory_limit_bytes else ""
        lines.append(f"{name} {usage.cpu_seconds:.0f} s, throttled {usage.throttled_seconds:.0f} s, {most}{limit} Mi")
    return "; ".join(lines)
