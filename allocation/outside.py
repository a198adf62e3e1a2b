"""What runs outside the Tempo total: MinIO and the Job that creates its bucket.

The numbers are this project's own: round ones for a single-node store of a development stack, which MinIO's hardware
checklist (made for production clusters) does not cover. A stack that stores more sets its own under `minio.resources`.
"""

from collections.abc import Mapping

from allocation.containers import given_amount
from allocation.disk import DEFAULT, DISK
from allocation.plan import RESOURCES, SIDES, ContainerPlan, Figure, Kind, Resource, Side, WorkloadPlan, workload_name
from allocation.units import MIB
from settings import Settings
from settings.resources import ContainerResources

Defaults = Mapping[Side, Mapping[Resource, int]]

MINIO: Defaults = {
    "limits": {"cpu": 500, "memory": 512 * MIB, DISK: DEFAULT["limits"]},
    "requests": {"cpu": 100, "memory": 128 * MIB, DISK: DEFAULT["requests"]},
}
MINIO_BUCKET: Defaults = {  # one short run of a client
    "limits": {"cpu": 100, "memory": 128 * MIB, DISK: DEFAULT["limits"]},
    "requests": {"cpu": 10, "memory": 32 * MIB, DISK: DEFAULT["requests"]},
}


def outside_of(settings: Settings) -> tuple[WorkloadPlan, ...]:
    """MinIO's workloads, none where it is switched off."""
    if not settings.minio.enabled:
        return ()
    given = settings.minio.resources
    minio = _container("minio", "minio.resources", given, MINIO)
    nothing = ContainerResources()  # of the Job that can be set
    bucket = _container("minio-bucket", "minio", nothing, MINIO_BUCKET)
    return _workload(settings, "Deployment", minio), _workload(settings, "Job", bucket)


def _workload(settings: Settings, kind: Kind, container: ContainerPlan) -> WorkloadPlan:
    return WorkloadPlan(container.name, workload_name(settings.name, container.name), kind, 1, (container,))


def _container(name: str, path: str, given: ContainerResources, defaults: Defaults) -> ContainerPlan:
    """The defaults, with the user's values over them; a default gives way where request and limit would cross."""
    limits: dict[Resource, Figure] = {}
    requests: dict[Resource, Figure] = {}
    for resource in RESOURCES:
        limit, request = (given_amount(given, side, resource) for side in SIDES)
        limits[resource] = _limit(limit, request, defaults["limits"][resource])
        requests[resource] = _request(request, limit, defaults["requests"][resource])
    return ContainerPlan(name, path, limits, requests)


def _limit(limit: int | None, request: int | None, default: int) -> Figure:
    if limit is not None:
        return Figure(limit, "override")
    return Figure(default, "default") if request is None or request <= default else Figure(request, "floor")


def _request(request: int | None, limit: int | None, default: int) -> Figure:
    if request is not None:
        return Figure(request, "override")
    return Figure(default, "default") if limit is None or default <= limit else Figure(limit, "limit")
