"""What holds where the user left it open: how many copies of a trace, how long traces are kept, what one may send."""

from fractions import Fraction

from allocation.sizes import IngestLimits, size_of
from settings import Settings
from settings.duration import nanoseconds
from settings.tenants import Tenant

RETENTION = "48h"  # as the TempoStack operator has it


def replication_factor(settings: Settings) -> int:
    """The user's own, else the size's, else 1."""
    size = size_of(settings.spec.size)
    return settings.spec.replication_factor or (1 if size is None else size.copies)


def copies_of(settings: Settings, ingesters: int) -> int:
    """How many of each trace there are, in so many ingesters: no two of them in one."""
    return min(replication_factor(settings), ingesters)


def retention(settings: Settings) -> str:
    """A Go duration: the one that is given, as retention or with the workload, else 48h."""
    workload = settings.spec.workload
    return settings.spec.retention.global_.traces or (workload and workload.retention) or RETENTION


def kept(settings: Settings, tenant: Tenant) -> str:
    """How long a tenant's traces are kept, as a Go duration: its own time, by its name or its id, else everyone's."""
    own = settings.spec.retention.per_tenant
    times = (own[key].traces for key in (tenant.tenant_name, tenant.tenant_id) if key in own)
    return next((time for time in times if time is not None), retention(settings))


def retention_seconds(settings: Settings) -> Fraction:
    """The longest that any trace is kept, in seconds: of what comes in nobody says how much is whose."""
    tenants = settings.spec.tenants
    times = {kept(settings, tenant) for tenant in tenants.authentication} if tenants else {retention(settings)}
    return Fraction(max(map(nanoseconds, times)), 10**9)


def ingest_limits(settings: Settings) -> IngestLimits | None:
    """What a size lets a tenant send; None is what Tempo itself would."""
    size = size_of(settings.spec.size)
    return None if size is None else size.ingest


def ingest_bytes(settings: Settings) -> Fraction | None:
    """Bytes a second that come in: those of the workload, or those that the size is made for; None: nobody said."""
    workload, limits = settings.spec.workload, ingest_limits(settings)
    if workload is not None and workload.ingest is not None:
        return workload.ingest.bytes_per_second
    return None if limits is None else Fraction(limits.rate_bytes)
