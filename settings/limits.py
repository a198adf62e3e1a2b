"""`spec.limits` and `spec.retention`: what tenants may send, hold and ask, and how long their traces are kept."""

from typing import Annotated

from pydantic import Field

from settings.base import Model
from settings.names import TenantIdField
from settings.types import DurationField, IntField

CountField = Annotated[IntField, Field(ge=0, le=2**63 - 1)]


class IngestionLimits(Model):
    """What a tenant may send."""

    ingestion_rate_limit_bytes: CountField | None = None
    """Bytes a second, at every distributor."""
    ingestion_burst_size_bytes: CountField | None = None
    """Bytes at once."""
    max_bytes_per_trace: CountField | None = None
    """Bytes of one trace."""
    max_traces_per_user: CountField | None = None
    """Traces that an ingester holds at once."""


class QueryLimits(Model):
    """What a tenant may ask."""

    max_bytes_per_tag_values: CountField | None = None
    """Bytes of an answer with a tag's values."""
    max_search_duration: DurationField | None = None
    """The longest time that one search may span."""


class TenantLimits(Model):
    """The limits of one tenant."""

    ingestion: IngestionLimits = IngestionLimits()
    """What it may send."""
    query: QueryLimits = QueryLimits()
    """What it may ask."""


class Limits(Model):
    """Limits of every tenant, and of some."""

    global_: Annotated[TenantLimits, Field(alias="global")] = TenantLimits()
    """Of every tenant that has none of its own."""
    per_tenant: Annotated[dict[TenantIdField, TenantLimits], Field(default_factory=dict)]
    """By a tenant's name or id: its own, over those of all."""


class TenantRetention(Model):
    """How long traces are kept."""

    traces: DurationField | None = None
    """How long traces are kept, as Go writes durations: `48h` where nothing is said."""


class Retention(Model):
    """How long traces are kept."""

    global_: Annotated[TenantRetention, Field(alias="global")] = TenantRetention()
    """For every tenant."""
    per_tenant: Annotated[dict[TenantIdField, TenantRetention], Field(default_factory=dict)]
    """By a tenant's name or id: its own."""
