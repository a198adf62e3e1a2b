"""The least a container gets of a total: below it, it would not do its work.

A limit of memory has to hold the process itself. `make bench-floors` measured what Tempo 2.9.0 takes for that, on 2
cores of an AMD EPYC under Linux (bench/data/floors.jsonl): the least with which a process gets ready and lives through
ten minutes of 50 spans/s and a query every 5 s, the others having plenty; here it is rounded up to whole 4Mi. All else
are round numbers that nobody measured: cpu, the other containers, and requests, which may be less than a process lives
on.

A floor is what a container starts with, so that a small total can be shared at all. Sizing from a load gives more at
the least (LEAST_MEMORY_BYTES of allocation/coefficients.py): no less than any size of the operator's. Floors of
requests hold where a total of requests is shared or a load is sized; a request that is a part of its limit may be less.
"""

from collections.abc import Mapping

from allocation.plan import Resource, Side
from allocation.units import MIB

TEMPO = "tempo"  # Tempo's own container in the pods of its components

_LOGS = 64 * MIB  # five files of 10 MiB, as the kubelet keeps them: with less it would be evicted for its own logs
_ANY: Mapping[Resource, int] = {"cpu": 10, "memory": 16 * MIB, "ephemeral-storage": _LOGS}
# Of Tempo's own containers by component, of what stands beside them by container; what is not here has that of any.
_OF: Mapping[Side, Mapping[Resource, Mapping[str, int]]] = {
    "limits": {
        "cpu": {"ingester": 50},
        "memory": {
            "distributor": 92 * MIB,
            "ingester": 156 * MIB,
            "compactor": 108 * MIB,
            "querier": 124 * MIB,
            "query-frontend": 100 * MIB,
            "tempo-query": 44 * MIB,
        },
        "ephemeral-storage": {},
    },
    "requests": {"cpu": {"ingester": 50}, "memory": {"ingester": 128 * MIB}, "ephemeral-storage": {}},
}
# Every component, and every container beside Tempo's, with a floor of its own.
NAMED: tuple[str, ...] = tuple(
    dict.fromkeys(name for tables in _OF.values() for resource in ("memory", *_ANY) for name in tables[resource])
)


def floor_of(component: str, container: str, side: Side, resource: Resource) -> int:
    """The floor of one container of that component, named as in its pod, in millicores or bytes (whole MiB)."""
    return _OF[side][resource].get(component if container == TEMPO else container, _ANY[resource])
