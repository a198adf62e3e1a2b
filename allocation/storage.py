"""What the stack keeps on disks and in its bucket, by what comes in.

The times are Tempo's own defaults (2.9.0, modules/ingester/config.go), which the rendered files never exceed.
"""

from fractions import Fraction
from math import ceil

from pydantic.alias_generators import to_camel

from allocation.coefficients import COMPRESSION, VOLUME_MARGIN
from allocation.defaults import ingest_bytes, replication_factor, retention_seconds
from allocation.plan import StoragePlan, VolumePlan, VolumeSource, WorkloadPlan
from allocation.units import GIB
from settings import Settings
from settings.stack import VOLUME_SIZE

LEAST_VOLUME_BYTES = ceil(VOLUME_SIZE.bytes)

CLAIM_TEMPLATE = "spec.template.ingester.volumeClaimTemplate"

# How long an ingester has a trace on its disk: until its block is cut, the block is in the bucket, and the queriers
# have surely heard of it. max_block_duration, flush_op_timeout, complete_block_timeout, trace_live_period.
SECONDS_ON_DISK = 30 * 60 + 5 * 60 + 15 * 60 + 30


def storage_of(settings: Settings, workloads: tuple[WorkloadPlan, ...]) -> StoragePlan:
    """Volumes in the order of the workloads, MinIO's last, and what the bucket is expected to hold."""
    bucket = _bucket_bytes(settings)
    volumes = [volume for workload in workloads for volume in _volumes(settings, workload)]
    if settings.minio.enabled:
        size = ceil(settings.minio.storage_size.bytes)
        source: VolumeSource = "override" if "storage_size" in settings.minio.model_fields_set else "default"
        volumes.append(VolumePlan("minio", "data", "minio.storageSize", size, 1, source, bucket))
    return StoragePlan(tuple(volumes), bucket)


def _bucket_bytes(settings: Settings) -> int | None:
    """What has come in by the time that the first of it goes, compressed; copies are merged by then."""
    rate, workload = ingest_bytes(settings), settings.spec.workload
    if rate is None:
        return None
    return ceil(rate * retention_seconds(settings) * ((workload and workload.compression) or COMPRESSION.value))


def _volumes(settings: Settings, workload: WorkloadPlan) -> list[VolumePlan]:
    """A component's: the ingester's own, and the extra ones."""
    key = workload.component.replace("-", "_")
    block = getattr(settings.spec.template, key)
    path = f"spec.template.{to_camel(key)}.{block.path_of('extraVolumes')}"
    own = [_ingester_volume(settings, workload)] if workload.component == "ingester" else []
    return own + [
        VolumePlan(
            workload.component,
            volume.name,
            f"{path}[{index}].spec.resources.requests.storage",
            ceil(volume.spec.resources.requests.storage.bytes),
            workload.replicas,
            "override",
        )
        for index, volume in enumerate(block.pod.extra_volumes or ())
    ]


def _ingester_volume(settings: Settings, workload: WorkloadPlan) -> VolumePlan:
    """The size that is given, else 10Gi, else what the load needs, as a power of two: it changes rarely."""
    spec, needed = settings.spec, _needed_bytes(settings, workload.replicas)
    claim = spec.ingester_claim
    path, given = "spec.storageSize", spec.storage_size
    if given is None and claim is not None:
        path, given = f"{CLAIM_TEMPLATE}.spec.resources.requests.storage", claim.resources.requests.storage
    source: VolumeSource = "default"
    size = LEAST_VOLUME_BYTES
    if given is not None:
        size, source = ceil(given.bytes), "override"
    elif needed is not None and needed > size:
        size = GIB << (ceil(Fraction(needed, GIB)) - 1).bit_length()
        source = "size" if spec.workload is None else "workload"
    return VolumePlan("ingester", "data", path, size, workload.replicas, source, needed)


def _needed_bytes(settings: Settings, ingesters: int) -> int | None:
    """What one of the ingesters has on its disk, uncompressed, with the margin."""
    rate = ingest_bytes(settings)
    if rate is None:
        return None
    return ceil(rate * replication_factor(settings) / ingesters * SECONDS_ON_DISK * VOLUME_MARGIN.value)
