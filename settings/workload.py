"""`spec.workload`: the load that a stack is sized for."""

from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.base import Model
from settings.types import DurationField, FractionField, IntField, refuse

Size = Literal["1x.demo", "1x.pico", "1x.extra-small", "1x.small", "1x.medium"]  # as tempo-operator 0.22 has them
Preset = Literal["high-ingestion", "high-query"]

MEGABYTE = 10**6
SPAN_BYTES = 300  # a round figure for a span on its way in, as sizing guides for Tempo have it

# Far beyond any stack, and small enough for replica counts to stay within Kubernetes' 32 bits.
MOST_MEGABYTES_PER_SECOND = 1_000_000
MOST_SPANS_PER_SECOND = 1_000_000_000
MOST_QUERIES_PER_SECOND = 1_000_000
MOST_TENANTS = 1_000_000


class Ingest(Model):
    """How much comes in, in one of the two units."""

    megabytes_per_second: Annotated[FractionField | None, Field(gt=0, le=MOST_MEGABYTES_PER_SECOND)] = None
    """Millions of bytes of spans in a second, over all tenants."""
    spans_per_second: Annotated[FractionField | None, Field(gt=0, le=MOST_SPANS_PER_SECOND)] = None
    """Spans in a second, each taken for 300 bytes."""

    @model_validator(mode="after")
    def _is_said_once(self) -> Self:
        if (self.megabytes_per_second is None) == (self.spans_per_second is None):
            found = "is empty" if self.spans_per_second is None else "says both megabytesPerSecond and spansPerSecond"
            refuse(f"{found}; write one of megabytesPerSecond and spansPerSecond")
        return self

    @property
    def bytes_per_second(self) -> Fraction:
        """The same in bytes."""
        spans = (self.spans_per_second or Fraction(0)) * SPAN_BYTES
        return spans if self.megabytes_per_second is None else self.megabytes_per_second * MEGABYTE


class Workload(Model):
    """The load, from which replicas, resources and volumes follow."""

    ingest: Ingest | None = None
    """How much comes in."""
    queries_per_second: Annotated[FractionField | None, Field(ge=0, le=MOST_QUERIES_PER_SECOND)] = None
    """How many queries on top of those that a stack of that ingest sees anyway."""
    retention: DurationField | None = None
    """How long traces are kept: the same as `retention.global.traces`, which may be left out."""
    tenants: Annotated[IntField | None, Field(ge=1, le=MOST_TENANTS)] = None
    """How many tenants the gateway is sized for, where that is more than are listed."""
    compression: Annotated[FractionField | None, Field(gt=0, le=1)] = None
    """Bytes in the bucket for each byte that comes in; 0.5 where nothing is said."""
    preset: Preset | None = None
    """Replicas and limits for a kind of load: of distributor and ingester, or of querier and query frontend."""
