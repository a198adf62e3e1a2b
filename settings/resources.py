"""`spec.resources` and every component's own `resources`: totals, weights, limits and requests."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model
from settings.types import FractionField, QuantityField


class Amounts(Model):
    """Quantities of the two resources; what is None was not given."""

    cpu: QuantityField | None = None
    memory: QuantityField | None = None


class ContainerResources(Model):
    """A container's own limits and requests, each part optional."""

    limits: Amounts = Amounts()
    requests: Amounts = Amounts()


class Weight(Model):
    """A container's weight, relative to the other weights of the same resource."""

    cpu: Annotated[FractionField, Field(ge=0)]
    memory: Annotated[FractionField, Field(ge=0)]


class Weights(Model):
    """`resources.weights`: one entry per container of the stack; those that do not run may be left out."""

    distributor: Weight | None = None
    ingester: Weight | None = None
    compactor: Weight | None = None
    querier: Weight | None = None
    query_frontend: Weight | None = None
    jaeger_query: Weight | None = None
    tempo_query: Weight | None = None
    oauth_proxy: Weight | None = None
    gateway: Weight | None = None
    opa: Weight | None = None


class StackResources(Model):
    """`spec.resources`: the budget of the whole stack and how it is shared."""

    total: ContainerResources = ContainerResources()
    profile: Literal["operator", "production", "custom"] = "operator"
    weights: Weights | None = None
    request_ratio: Annotated[FractionField, Field(gt=0, le=1)] = Fraction(3, 10)
    on_violation: Literal["warn", "error"] = "warn"
