"""`spec.limits` and `spec.retention`: what tenants may send, hold and ask, and how long their traces are kept."""

from typing import Annotated

from pydantic import Field

from settings.base import Model
from settings.names import TenantIdField
from settings.types import DurationField, IntField, OptionalDurationField

LARGEST_INT = 2**63 - 1  # that Tempo reads

LimitField = Annotated[IntField, Field(ge=0, le=LARGEST_INT)]
PositiveField = Annotated[IntField, Field(ge=1, le=LARGEST_INT)]


class IngestionLimits(Model):
    """What a tenant may send."""

    ingestion_rate_limit_bytes: PositiveField | None = None
    """Bytes a second, to each distributor or, by `rate_strategy: global`, all; the plan's, else Tempo's 15000000."""
    ingestion_burst_size_bytes: PositiveField | None = None
    """Bytes at once: a larger request is never taken; the plan's, else that of the `size`, else Tempo's 20000000."""
    max_bytes_per_trace: LimitField | None = None
    """Bytes of one trace, 0 for any number; the plan's, which is not above Tempo's, else Tempo's 5000000."""
    max_traces_per_user: LimitField | None = None
    """Traces that each ingester holds open, 0 for any number; the plan's 0, else the `size`'s, else Tempo's 10000."""


class QueryLimits(Model):
    """What a tenant may ask."""

    max_bytes_per_tag_values: LimitField | None = None
    """Bytes of an answer with a tag's values, 0 for any number; Tempo's 1000000 where nothing is said."""
    max_search_duration: OptionalDurationField | None = None
    """The longest time that a search may span, from 1s on; `0s` is Tempo's 168h, as where nothing is said."""


class TenantLimits(Model):
    """The limits of one tenant."""

    ingestion: IngestionLimits = IngestionLimits()
    """What it may send."""
    query: QueryLimits = QueryLimits()
    """What it may ask."""


class Limits(Model):
    """Limits of every tenant, and of some."""

    global_: Annotated[TenantLimits, Field(alias="global")] = TenantLimits()
    """Of every tenant, but for what it has of its own."""
    per_tenant: Annotated[dict[TenantIdField, TenantLimits], Field(default_factory=dict)]
    """By a tenant's name or id: its own, over those of all."""


class TenantRetention(Model):
    """How long traces are kept."""

    traces: DurationField | None = None
    """How long traces are kept, 1m or more: `48h` where nothing is said, those of a tenant as long as all."""


class Retention(Model):
    """How long traces are kept."""

    global_: Annotated[TenantRetention, Field(alias="global")] = TenantRetention()
    """For every tenant."""
    per_tenant: Annotated[dict[TenantIdField, TenantRetention], Field(default_factory=dict)]
    """By a tenant's name or id: its own."""
