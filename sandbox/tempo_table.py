"""What every process of a data plane does and uses, as a table and as JSON."""

import time
from dataclasses import asdict
from typing import Any

from rich.table import Table

from sandbox.tempo_processes import Tempo, Usage

_NUMBERS = ("cpu", "limit", "throttled", "memory", "max", "limit", "OOM kills", "restarts")
_SECONDS = 1.0  # over which the cpu in use is measured


def described(tempo: Tempo) -> dict[str, Any]:
    """The JSON of a run; figures as in `Usage`, addresses as in `Tempo`."""
    return {
        "limits": tempo.cgroups is not None,
        "otlp_grpc": tempo.otlp_grpcs,
        "otlp_http": tempo.otlp_https,
        "query": tempo.query,
        "left_out": list(tempo.left_out),
        "processes": [
            {"name": name, "address": _address(tempo, name), "state": state(tempo, name), **asdict(tempo.usage(name))}
            for name in tempo.names
        ],
    }


def table(tempo: Tempo) -> Table:
    """A line for each process; cpu is what it uses now, throttled the share of all periods in which it wanted more."""
    shown = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for heading in ("process", "address", "state"):
        shown.add_column(heading, no_wrap=True)
    for heading in _NUMBERS:
        shown.add_column(heading, justify="right", no_wrap=True)
    before = {name: tempo.usage(name).cpu_seconds for name in tempo.names}
    time.sleep(_SECONDS)
    for name in tempo.names:
        usage = tempo.usage(name)
        millicores = max(0.0, usage.cpu_seconds - before[name]) * 1000 / _SECONDS
        shown.add_row(name, _address(tempo, name), state(tempo, name), f"{millicores:.0f}m", *_figures(usage))
    return shown


def state(tempo: Tempo, name: str) -> str:
    """In words: ready, not ready yet, stopped, or why it is down."""
    if tempo.process(name):
        return "ready" if tempo.ready(name) else "not ready yet"
    told = tempo.supervised(name)
    if not (tempo.wanted / name).exists():
        return "stopped"
    return f"down: {told.ended}" if told.ended else "has ended"


def _address(tempo: Tempo, name: str) -> str:
    return tempo.instances[name].address if name in tempo.instances else tempo.s3.address.partition(":")[0]


def _figures(usage: Usage) -> tuple[str, ...]:
    throttled = f"{usage.throttled_periods / usage.periods:.0%}" if usage.periods else "–"
    return (
        "–" if usage.cpu_limit_millicores is None else f"{usage.cpu_limit_millicores}m",
        throttled,
        _mebibytes(usage.memory_bytes),
        _mebibytes(usage.memory_max_bytes),
        _mebibytes(usage.memory_limit_bytes),
        str(usage.oom_kills),
        str(usage.restarts),
    )


def _mebibytes(number: int | None) -> str:
    return "–" if number is None else f"{number / 2**20:.0f}Mi"
