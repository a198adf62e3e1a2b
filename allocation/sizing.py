"""What a T-shirt size, or a workload, says of replicas and numbers, before overrides and totals."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Literal

from allocation.coefficients import CPU_LIMIT, MEMORY_LIMIT, PRESETS
from allocation.load import replicas_for_load, requests_for_load
from allocation.plan import Resource, Side
from allocation.scale import Scale
from allocation.sizes import SIZES
from allocation.units import MIB
from settings import Settings
from settings.workload import Workload

Amounts = dict[str, dict[Resource, int]]  # by container


@dataclass(frozen=True)
class Sizing:
    """Numbers by container (its entry in a table of weights), cpu in millicores, the others in bytes.

    What is absent is left to the other sources.
    """

    source: Literal["size", "workload"]
    replicas: Mapping[str, int]  # by component
    figures: Mapping[Side, Mapping[str, Mapping[Resource, int]]]

    def scale(self, component: str) -> Scale | None:
        """How many replicas of a component; None where that is left open."""
        return Scale(self.replicas[component], self.source) if component in self.replicas else None


def sizing_of(settings: Settings) -> Sizing | None:
    """What `spec.size` or `spec.workload` says; None where neither is given."""
    size, workload = settings.spec.size, settings.spec.workload
    if size is not None:
        table = SIZES[size]
        return Sizing("size", table.replicas, _figures(table.requests))
    return None if workload is None else _of_workload(settings, workload)


def _of_workload(settings: Settings, workload: Workload) -> Sizing:
    """The preset's components as it has them, the others by the load."""
    has_load = workload.ingest is not None
    replicas = replicas_for_load(settings) if has_load else {}
    figures = _figures(requests_for_load(settings) if has_load else {})
    for component, part in PRESETS[workload.preset].items() if workload.preset else ():
        container = component.replace("-", "_")
        replicas[component] = part.replicas
        figures["limits"][container] = {"cpu": part.cpu_millicores, "memory": part.memory_bytes}
        figures["requests"].pop(container, None)
    return Sizing("workload", replicas, figures)


def _figures(requests: Mapping[str, tuple[int, int]]) -> dict[Side, Amounts]:
    """The requests, which are what sizes and loads say that containers need, and the limits made of them."""
    return {
        "limits": {
            container: {
                "cpu": ceil(CPU_LIMIT.value * cpu),
                "memory": ceil(MEMORY_LIMIT.value * memory / MIB) * MIB,
            }
            for container, (cpu, memory) in requests.items()
        },
        "requests": {container: {"cpu": cpu, "memory": memory} for container, (cpu, memory) in requests.items()},
    }
