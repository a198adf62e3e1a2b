"""Whether the compactor merges the blocks that its own ingesters cut; only merging makes one of a trace's copies.

A block that is larger than half of what the compactor makes is left as it is: as many of them stay as were cut, and
the bucket keeps all copies until their retention has passed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

from allocation.defaults import copies_of, ingest_bytes, replication_factor, retention_seconds
from allocation.extra import COMPACTOR, INGESTER, said_by_user
from allocation.plan import Plan, StoragePlan
from allocation.tuning import coefficients as c
from allocation.tuning.compactor import BLOCK_BYTES
from allocation.tuning.cutting import CUT_BYTES, CUT_TIME, seconds_of
from settings import Settings

LEAST_MERGED = 2  # blocks

# Tempo's own of what neither the plan nor the user says.
TEMPOS: Mapping[tuple[str, str], int | str] = {
    (COMPACTOR, BLOCK_BYTES): c.DEFAULT_COMPACTED_BYTES,
    (INGESTER, CUT_BYTES): c.DEFAULT_BLOCK_BYTES,
    (INGESTER, CUT_TIME): f"{c.DEFAULT_BLOCK_MINUTES}m",
}


@dataclass(frozen=True)
class Unmerged:
    """Blocks that no compactor merges: bytes of each as it is cut, of the largest that it makes, and how many stay."""

    block_bytes: int
    most_bytes: int
    blocks: int


def unmerged(settings: Settings, plan: Plan) -> Unmerged | None:
    """None where blocks are merged, or where nobody says how much comes in."""
    rate, ingesters = ingest_bytes(settings), plan.workload(INGESTER)
    if rate is None or ingesters is None:
        return None
    said = {place: effective(settings, plan, *place) for place in TEMPOS}
    tenants = len(settings.spec.tenants.authentication) if settings.spec.tenants else 1
    copies = copies_of(settings, ingesters.replicas)
    written = rate * copies / ingesters.replicas / tenants / c.DISK_BYTES_PER_BYTE  # bytes a second of one tenant's
    block = min(int(said[INGESTER, CUT_BYTES]), ceil(written * seconds_of(said[INGESTER, CUT_TIME])))
    most = int(said[COMPACTOR, BLOCK_BYTES])
    if block * LEAST_MERGED <= most:
        return None
    kept = retention_seconds(settings) * written / block
    return Unmerged(block, most, ceil(kept) * ingesters.replicas * tenants)


def with_copies(settings: Settings, plan: Plan) -> StoragePlan:
    """The plan's storage, with all copies of each trace in the bucket where nothing merges them."""
    storage, bucket = plan.storage, plan.storage.bucket_bytes
    if bucket is None or unmerged(settings, plan) is None:
        return storage
    copies = replication_factor(settings)
    volumes = tuple(
        replace(volume, needed_bytes=bucket * copies) if volume.component == "minio" else volume
        for volume in storage.volumes
    )
    return replace(storage, volumes=volumes, bucket_bytes=bucket * copies)


def effective(settings: Settings, plan: Plan, component: str, key: str) -> int | str:
    """The value of one of TEMPOS that the component runs with: the user's own, else the plan's, else Tempo's."""
    planned = {setting.key: setting.value for setting in plan.tuning if setting.component == component}
    value: int | str = said_by_user(settings, component).get(key, planned.get(key, TEMPOS[component, key]))
    return value
