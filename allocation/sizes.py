"""T-shirt sizes: what tempo-operator 0.22 gives each container, copy and tenant (internal/manifests/manifestutils).

Its figures are what it saw the containers use, without limits, at the size's rate; it makes requests of them, and no
limits. `1x.demo` is a name for a stack without numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from allocation.units import GIB, MIB
from settings.workload import Size


@dataclass(frozen=True)
class IngestLimits:
    """What a tenant may send, to each distributor, and have open in all ingesters; None is Tempo's own default."""

    rate_bytes: int  # a second
    burst_bytes: int
    live_traces: int | None = None


@dataclass(frozen=True)
class SizeTable:
    """One size. `requests` by container: cpu in millicores, memory in bytes."""

    copies: int  # of each trace: the replication factor
    replicas: Mapping[str, int]  # by component; the gateway's are not part of a size
    requests: Mapping[str, tuple[int, int]]
    ingest: IngestLimits | None


def _megabytes(rate_tenths: int, live_traces: int | None = None) -> IngestLimits:
    """Limits for so many tenths of a MB/s, and twice that in a burst."""
    return IngestLimits(rate_tenths * 100_000, 2 * rate_tenths * 100_000, live_traces)


SIZES: Mapping[Size, SizeTable] = {
    "1x.demo": SizeTable(copies=1, replicas={}, requests={}, ingest=None),
    "1x.pico": SizeTable(
        copies=2,
        replicas={"distributor": 2, "ingester": 2, "compactor": 2, "querier": 2, "query-frontend": 2},
        requests={
            "distributor": (500, 500 * MIB),
            "ingester": (500, 3 * GIB),
            "compactor": (500, 500 * MIB),
            "querier": (750, 1536 * MIB),
            "query_frontend": (500, 500 * MIB),
            "jaeger_query": (100, 64 * MIB),
            "tempo_query": (500, 500 * MIB),
            "oauth_proxy": (50, 64 * MIB),
            "gateway": (100, 64 * MIB),
            "opa": (50, 64 * MIB),
        },
        ingest=_megabytes(6),
    ),
    "1x.extra-small": SizeTable(
        copies=2,
        replicas={"distributor": 2, "ingester": 2, "compactor": 2, "querier": 2, "query-frontend": 2},
        requests={
            "distributor": (200, 128 * MIB),
            "ingester": (1500, 8 * GIB),
            "compactor": (200, 4 * GIB),
            "querier": (1000, GIB),
            "query_frontend": (200, GIB),
            "jaeger_query": (400, 128 * MIB),
            "tempo_query": (200, GIB),
            "oauth_proxy": (100, 64 * MIB),
            "gateway": (400, 128 * MIB),
            "opa": (100, 64 * MIB),
        },
        ingest=_megabytes(12),
    ),
    "1x.small": SizeTable(
        copies=2,
        replicas={"distributor": 3, "ingester": 2, "compactor": 2, "querier": 3, "query-frontend": 2},
        requests={
            "distributor": (600, 128 * MIB),
            "ingester": (2000, 10 * GIB),
            "compactor": (400, 6 * GIB),
            "querier": (2500, 3 * GIB),
            "query_frontend": (400, GIB),
            "jaeger_query": (800, 192 * MIB),
            "tempo_query": (400, GIB),
            "oauth_proxy": (100, 64 * MIB),
            "gateway": (800, 192 * MIB),
            "opa": (100, 64 * MIB),
        },
        ingest=_megabytes(58, live_traces=17_000),
    ),
    "1x.medium": SizeTable(
        copies=2,
        replicas={"distributor": 4, "ingester": 2, "compactor": 3, "querier": 5, "query-frontend": 2},
        requests={
            "distributor": (1500, 128 * MIB),
            "ingester": (8000, 16 * GIB),
            "compactor": (600, 10 * GIB),
            "querier": (5000, 4 * GIB),
            "query_frontend": (800, GIB),
            "jaeger_query": (4000, 192 * MIB),
            "tempo_query": (800, GIB),
            "oauth_proxy": (200, 128 * MIB),
            "gateway": (4000, 192 * MIB),
            "opa": (200, 128 * MIB),
        },
        ingest=_megabytes(230, live_traces=54_000),
    ),
}


def size_of(size: Size | None) -> SizeTable | None:
    """A size's table; None where none is asked for."""
    return None if size is None else SIZES[size]
