"""What a load costs: per component what one replica carries, and what its containers need to carry that much.

Tempo: "Size the cluster" of its documentation (set-up-for-tracing/setup-tempo/plan/size, the same in 2.9 and 2.10),
a replica for so many MB/s of received traffic. Of a range of rates we take the middle (4 of 3-5, 1.5 of 1-2); of the
range of memory, 4-20 GB "determined by trace composition", the middle for ingester and compactor, and the low end for
querier and query frontend, which is more than the operator saw them use from 5 MB/s on. It names no number of copies:
we take it for the two of the operator's sizes, where both agree (0.31 and 0.35 cores of ingester per MB/s of copies).
Operator: tempo-operator's size 1x.medium, which it tried with 23 MB/s.
Ours: round figures where neither says anything; not measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from allocation.sizes import SIZES
from allocation.units import GIB, MIB
from settings.workload import Preset


@dataclass(frozen=True)
class Component:
    """What one replica carries. Rates in MB/s of what comes in, or of its copies where `copied`."""

    megabytes_per_replica: Fraction
    copied: bool = False
    queries_per_replica: Fraction | None = None  # a second, on top; None: they do not concern it
    at_least: int = 1  # replicas


@dataclass(frozen=True)
class Need:
    """What a container needs in a replica that carries all it can. Whole units: no rounding makes more load cheaper."""

    cpu_millicores: int
    memory_bytes: int  # in whole MiB


MEDIUM_MEGABYTES = Fraction(23)

COMPONENTS: Mapping[str, Component] = {
    "distributor": Component(Fraction(10)),  # Tempo
    "ingester": Component(Fraction(8), copied=True),  # Tempo: 4, twice
    "compactor": Component(Fraction(4)),  # Tempo
    "querier": Component(Fraction(3, 2), queries_per_replica=Fraction(10)),  # Tempo; its queries: ours
    # Tempo: two of them. What one carries is ours: as much as four queriers.
    "query-frontend": Component(Fraction(6), queries_per_replica=Fraction(40), at_least=2),
    "gateway": Component(MEDIUM_MEGABYTES),  # operator
}


def _gigabytes(count: int) -> int:
    """Decimal gigabytes as bytes, up to a whole MiB."""
    return -(-count * 10**9 // MIB) * MIB


def _beside(component: str, container: str, replicas: int) -> Need:
    """A part of what the operator gives it in each of so many replicas, as large as ours is of theirs."""
    part = COMPONENTS[component].megabytes_per_replica / (MEDIUM_MEGABYTES / replicas)
    cpu, memory = SIZES["1x.medium"].requests[container]
    return Need(ceil(part * cpu), ceil(part * memory / MIB) * MIB)


NEEDS: Mapping[str, Need] = {  # by container
    "distributor": Need(2000, _gigabytes(2)),  # Tempo
    "ingester": Need(2500, _gigabytes(12)),  # Tempo
    "compactor": Need(1000, _gigabytes(12)),  # Tempo
    "querier": Need(2000, _gigabytes(4)),  # cpu: operator, 25 cores for 23 MB/s; memory: Tempo
    "query_frontend": Need(1000, _gigabytes(4)),  # cpu: ours; memory: Tempo
    "jaeger_query": _beside("query-frontend", "jaeger_query", 2),  # operator, as all below
    "tempo_query": _beside("query-frontend", "tempo_query", 2),
    "oauth_proxy": _beside("query-frontend", "oauth_proxy", 2),
    "gateway": _beside("gateway", "gateway", 1),
    "opa": _beside("gateway", "opa", 1),
}

# No container is given less memory than any size of the operator's gives one of Tempo's, or one beside them: an idle
# process needs most of that.
LEAST_MEMORY_BYTES = 128 * MIB
LEAST_MEMORY_BYTES_BESIDE = 64 * MIB
BESIDE = ("jaeger_query", "tempo_query", "oauth_proxy", "gateway", "opa")


@dataclass(frozen=True)
class PresetPart:
    """A component of a preset: its replicas and the limits of its own container."""

    replicas: int
    cpu_millicores: int
    memory_bytes: int


# Workload-based sizing of TempoStacks: capacity-planning figures for two kinds of load.
PRESETS: Mapping[Preset, Mapping[str, PresetPart]] = {
    "high-ingestion": {
        "distributor": PresetPart(5, 1000, 512 * MIB),
        "ingester": PresetPart(5, 1500, 4 * GIB),
    },
    "high-query": {
        "querier": PresetPart(8, 800, GIB),
        "query-frontend": PresetPart(3, 500, 512 * MIB),
    },
}
