"""What a load costs: per component what one replica carries, and what its containers need to carry that much.

Each figure says where it is from.

- Tempo: "Size the cluster" of its documentation (set-up-for-tracing/setup-tempo/plan/size, the same in 2.9 and 2.10), a
  replica for so many MB/s of received traffic. Of a range of rates we take the middle (4 of 3-5, 1.5 of 1-2); of the
  range of memory, 4-20 GB "determined by trace composition", the middle for ingester and compactor, and the low end for
  querier and query frontend, which is more than the operator saw them use from 5 MB/s on. It names no number of copies:
  we take it for the two of the operator's sizes.
- operator: tempo-operator's size 1x.medium, which it tried with 23 MB/s.
- measured: `allocation.measured`; a request is so large that UTILISATION of it is busy.
- ours: round figures where nobody else says anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Literal

from allocation import measured
from allocation.sizes import SIZES
from allocation.units import GIB, MIB
from settings.workload import MEGABYTE, Preset

Source = Literal["Tempo", "operator", "measured", "ours"]


@dataclass(frozen=True)
class Coefficient:
    """One figure."""

    value: Fraction
    unit: str
    source: Source

    @classmethod
    def of(cls, value: Fraction | int | str, unit: str, source: Source) -> "Coefficient":
        """`Coefficient.of("1.5", "MB/s", "Tempo")`."""
        return cls(Fraction(value), unit, source)


@dataclass(frozen=True)
class Component:
    """What one replica carries: so much of what comes in, or of its copies where `copied`."""

    rate: Coefficient  # MB/s
    copied: bool = False
    queries: Coefficient | None = None  # a second, that take another replica; None: they take none
    at_least: int = 1  # replicas


@dataclass(frozen=True)
class Need:
    """What a container needs in a replica that carries all it can. Whole units: no rounding makes more load cheaper."""

    cpu: Coefficient  # millicores
    memory: Coefficient  # bytes, in whole MiB
    query: Coefficient | None = None  # millicores on top, in every replica, for each query a second


# Requests are made of what is needed, and limits of requests. Go's memory limit is 80 % of the container's: with 5/4 of
# the request it is what was asked for.
CPU_LIMIT = Coefficient.of(2, "times the request", "ours")
MEMORY_LIMIT = Coefficient.of("5/4", "times the request", "ours")
# The busy part of a request for cpu that was measured. A rate that doubles for a while still fits, and so does a
# processor that does half as much as the one that was measured; a container that is all busy answers late.
UTILISATION = Coefficient.of("1/2", "of the request", "ours")
# A search in production reads hours of blocks, where it was measured with minutes of them.
BLOCKS = Coefficient.of(15, "times a querier's measured cpu", "ours")
COMPRESSION = Coefficient.of("1/2", "bytes in the bucket for each that came in", "ours")
VOLUME_MARGIN = Coefficient.of(2, "times what an ingester writes", "ours")  # a bucket that is away; unequal ingesters
# What each of them is, in the words of docs/allocation.md.
GENERAL: Mapping[str, Coefficient] = {
    "busy part of a measured request": UTILISATION,
    "cpu limit": CPU_LIMIT,
    "memory limit": MEMORY_LIMIT,
    "cpu of a search, for a querier": BLOCKS,
    "`workload.compression`": COMPRESSION,
    "volume": VOLUME_MARGIN,
}

MEDIUM_MEGABYTES = Fraction(23)


def _taken_in(megabytes: int, bytes_per_millicore: int) -> Coefficient:
    """The millicores that take in so many MB/s, at the utilisation."""
    busy = Fraction(megabytes * MEGABYTE, bytes_per_millicore)
    return Coefficient.of(ceil(busy / UTILISATION.value), "millicores", "measured")


def _queries(millicores: Coefficient, microseconds: Fraction | int) -> Coefficient:
    """How many queries a second, each of so much cpu, so many millicores carry, at the utilisation."""
    return Coefficient.of(int(millicores.value * 1000 * UTILISATION.value / microseconds), "queries/s", "measured")


def _gigabytes(count: int) -> Coefficient:
    """Decimal gigabytes as bytes, up to a whole MiB."""
    return Coefficient.of(ceil(Fraction(count * 10**9, MIB)) * MIB, "bytes", "Tempo")


QUERIER_CPU = Coefficient.of(2000, "millicores", "operator")  # 25 cores for 23 MB/s
QUERY_FRONTEND_CPU = Coefficient.of(1000, "millicores", "ours")

COMPONENTS: Mapping[str, Component] = {
    "distributor": Component(Coefficient.of(10, "MB/s", "Tempo")),
    "ingester": Component(Coefficient.of(8, "MB/s", "Tempo"), copied=True),  # 4, twice
    "compactor": Component(Coefficient.of(4, "MB/s", "Tempo")),
    "querier": Component(
        Coefficient.of("1.5", "MB/s", "Tempo"),
        queries=_queries(QUERIER_CPU, BLOCKS.value * measured.QUERIER_MICROSECONDS_PER_QUERY),
    ),
    # Tempo: two of them. By rate, one for four queriers.
    "query-frontend": Component(
        Coefficient.of(6, "MB/s", "ours"),
        queries=_queries(QUERY_FRONTEND_CPU, measured.QUERY_FRONTEND_MICROSECONDS_PER_QUERY),
        at_least=2,
    ),
    "gateway": Component(Coefficient.of(MEDIUM_MEGABYTES, "MB/s", "operator")),
}


def _beside(component: str, container: str, replicas: int) -> Need:
    """A part of what the operator gives it in each of so many replicas, as large as ours is of theirs."""
    part = COMPONENTS[component].rate.value / (MEDIUM_MEGABYTES / replicas)
    cpu, memory = SIZES["1x.medium"].requests[container]
    return Need(
        Coefficient.of(ceil(part * cpu), "millicores", "operator"),
        Coefficient.of(ceil(part * memory / MIB) * MIB, "bytes", "operator"),
    )


NEEDS: Mapping[str, Need] = {  # by container
    "distributor": Need(_taken_in(10, measured.DISTRIBUTOR_BYTES_PER_MILLICORE), _gigabytes(2)),
    "ingester": Need(
        _taken_in(8, measured.INGESTER_BYTES_PER_MILLICORE),
        _gigabytes(12),
        query=Coefficient.of(  # each search asks every ingester
            ceil(measured.INGESTER_MICROSECONDS_PER_QUERY / UTILISATION.value / 1000), "millicores", "measured"
        ),
    ),
    "compactor": Need(Coefficient.of(1000, "millicores", "Tempo"), _gigabytes(12)),
    "querier": Need(QUERIER_CPU, _gigabytes(4)),
    "query_frontend": Need(QUERY_FRONTEND_CPU, _gigabytes(4)),
    "jaeger_query": _beside("query-frontend", "jaeger_query", 2),
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
# By container, where it is another. Completing any block takes so much of an ingester that with less it would let in
# less than it was sized for.
LEAST_MEMORY: Mapping[str, int] = {"ingester": 224 * MIB, **dict.fromkeys(BESIDE, LEAST_MEMORY_BYTES_BESIDE)}


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
