"""What a load asks for: replicas, and what each replica needs to carry its part."""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil

from allocation.coefficients import (
    BESIDE,
    COMPONENTS,
    LEAST_MEMORY,
    LEAST_MEMORY_BYTES,
    NEEDS,
    Component,
)
from allocation.defaults import replication_factor
from allocation.floors import TEMPO, floor_of
from allocation.plan import QOS_RESOURCES
from allocation.scale import own_scale
from allocation.units import MIB
from settings import Settings
from settings.workload import MEGABYTE

POD_OF: Mapping[str, str] = {  # container -> component
    "query_frontend": "query-frontend",
    "jaeger_query": "query-frontend",
    "tempo_query": "query-frontend",
    "oauth_proxy": "query-frontend",
    "opa": "gateway",
}


def replicas_for_load(settings: Settings) -> dict[str, int]:
    """By component, for a workload with an ingest: as many as carry it, and an ingester for every copy."""
    copies = replication_factor(settings)
    return {
        name: max(ceil(_full_replicas(settings, component)), component.at_least, copies if name == "ingester" else 1)
        for name, component in COMPONENTS.items()
    }


def requests_for_load(settings: Settings) -> dict[str, tuple[int, int]]:
    """By container, in each replica: cpu in millicores, memory in bytes (whole MiB).

    A replica carries its part of the load, be they as many as it takes or as many as the user says: a part of what it
    could carry takes that part of what that needs, but never less than the container needs to run at all.
    """
    replicas, workload = replicas_for_load(settings), settings.spec.workload
    queries = (workload and workload.queries_per_second) or Fraction(0)
    requests = {}
    for container, need in NEEDS.items():
        name = POD_OF.get(container, container)
        own = own_scale(getattr(settings.spec.template, name.replace("-", "_")).pod)
        part = _full_replicas(settings, COMPONENTS[name]) / (replicas[name] if own is None else own.counted)
        on_top = need.query.value if need.query is not None else 0
        beside = container in BESIDE
        least = LEAST_MEMORY.get(container, LEAST_MEMORY_BYTES)
        floors = {r: floor_of(name, container if beside else TEMPO, "requests", r) for r in QOS_RESOURCES}
        requests[container] = (
            max(ceil(part * need.cpu.value) + ceil(queries * on_top), floors["cpu"]),
            max(ceil(part * need.memory.value / MIB) * MIB, floors["memory"], least),
        )
    return requests


def _full_replicas(settings: Settings, component: Component) -> Fraction:
    """How many replicas would be busy with the load, were each to carry all it can."""
    workload = settings.spec.workload
    assert workload is not None
    assert workload.ingest is not None
    copies = replication_factor(settings) if component.copied else 1
    full = workload.ingest.bytes_per_second * copies / MEGABYTE / component.rate.value
    if component.queries is not None and workload.queries_per_second is not None:
        full += workload.queries_per_second / component.queries.value
    return full
