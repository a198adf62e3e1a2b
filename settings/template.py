"""`spec.template`: the components and their containers."""

import json
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from settings.base import Model
from settings.ingress import Ingress
from settings.mistakes import shown
from settings.pods import Component
from settings.quantity import LARGEST, Quantity
from settings.resources import ContainerResources
from settings.tls import ReceiverTls
from settings.types import (
    BytesField,
    CpuField,
    DurationField,
    IntField,
    PositiveBytesField,
    PositiveCpuField,
    refuse,
)
from settings.volumes import VolumeClaimTemplate
from settings.workload import MOST_TENANTS

MOST_REQUESTS = 1000  # each is a goroutine of tempo-query; a search of the UI finds 20 traces unless told otherwise


class Sidecar(Model):
    """A container beside the main one: only its resources can be set."""

    resources: ContainerResources = ContainerResources()
    """The container's own limits and requests, kept to the letter."""


def _access_review(value: object) -> object:
    """Text that is a JSON mapping, as the proxy reads it."""
    remedy = 'write JSON in quotes such as \'{"namespace": "tempo", "resource": "pods", "verb": "get"}\''
    if not isinstance(value, str):
        refuse(f"{shown(value)} is not text; {remedy}")
    try:
        asked = json.loads(value)
    except (ValueError, RecursionError):
        refuse(f"{shown(value)} is not JSON; {remedy}")
    if not isinstance(asked, dict) or not asked:
        refuse(f"{shown(value)} asks nothing; {remedy}")
    return value


class Authentication(Sidecar):
    """The oauth-proxy in front of the Jaeger UI: the block switches it on unless it says otherwise.

    Behind a gateway it runs too, and nobody reaches it: the gateway is the way in to the UI.
    """

    enabled: bool = True
    """Whether the proxy runs."""
    sar: Annotated[str, BeforeValidator(_access_review), "JSON"] | None = None
    """What users must be allowed, a SubjectAccessReview in JSON; to get the stack's pods where nothing is said."""


class JaegerQuery(Sidecar):
    """The Jaeger UI (`jaeger-query`), its bridge to Tempo (`tempo-query`) and its proxy (`oauth-proxy`)."""

    enabled: bool = False
    """Whether the Jaeger UI and its bridge to Tempo run."""
    tempo_query: Sidecar = Sidecar()
    """The bridge to Tempo."""
    authentication: Authentication | None = None
    """The oauth-proxy in front of the UI."""
    ingress: Ingress | None = None
    """How it is reached from outside the cluster."""
    services_query_duration: DurationField = "72h"
    """How far back the UI lists services and operations, from 1s on; no further than a search may span."""
    find_traces_concurrent_requests: Annotated[IntField, Field(ge=1, le=MOST_REQUESTS)] = 2
    """Traces that a search of the UI fetches at once, however many queriers run."""


class QueryFrontend(Component):
    """The query frontend, with the Jaeger UI's containers when asked."""

    jaeger_query: JaegerQuery = JaegerQuery()
    """The Jaeger UI."""


class BaseAmounts(Model):
    """What the gateway gets before its first tenant."""

    cpu: PositiveCpuField = Quantity.parse("200m")
    """Cores."""
    memory: PositiveBytesField = Quantity.parse("256Mi")
    """Bytes."""


class TenantAmounts(Model):
    """What it gets for each tenant on top."""

    cpu: CpuField = Quantity.parse("50m")
    """Cores."""
    memory: BytesField = Quantity.parse("64Mi")
    """Bytes."""


class GatewaySizing(Model):
    """The gateway's limits by the number of tenants, taken off the total before it is shared."""

    mode: Literal["perTenant"] = "perTenant"
    """`base` + tenants × `perTenant`."""
    base: BaseAmounts = BaseAmounts()
    """Before the first tenant."""
    per_tenant: TenantAmounts = TenantAmounts()
    """For each tenant."""

    @model_validator(mode="after")
    def _holds_for_any_number_of_tenants(self) -> Self:
        base, step = self.base, self.per_tenant
        for name, least, each in (("cpu", base.cpu, step.cpu), ("memory", base.memory, step.memory)):
            if least.value + MOST_TENANTS * each.value > LARGEST:
                found = f"with {MOST_TENANTS} tenants, {name} is beyond 2^63-1, the largest that Kubernetes keeps"
                refuse(f"{found}; write less for base.{name} or perTenant.{name}")
        return self


def _sizing(value: object) -> object:
    """The one word stands for the block with nothing in it."""
    return {} if value == "perTenant" else value


class Gateway(Component):
    """The multi-tenant gateway, with its OPA sidecar in openshift mode."""

    enabled: bool = False
    """Whether the gateway runs; it needs `spec.tenants`."""
    opa: Sidecar = Sidecar()
    """The OPA sidecar of openshift mode."""
    sizing: Annotated[GatewaySizing | None, BeforeValidator(_sizing)] = None
    """`perTenant`, or its block: limits by the number of tenants instead of a share of the total."""
    ingress: Ingress | None = None
    """How it is reached from outside the cluster."""


class Distributor(Component):
    """The distributor, with TLS of its own for the applications that send spans."""

    tls: ReceiverTls | None = None
    """TLS for those applications, where no gateway stands in front; like `spec.tls` where nothing is said."""


class Ingester(Component):
    """The ingester, with a volume of its own for each replica."""

    volume_claim_template: VolumeClaimTemplate | None = None
    """The claim of each replica's volume, instead of `spec.storageSize` and `spec.storageClassName`."""


class Template(Model):
    """One entry per component."""

    distributor: Distributor = Distributor()
    """Receives spans."""
    ingester: Ingester = Ingester()
    """Holds recent traces and writes them to the object store."""
    compactor: Component = Component()
    """Merges blocks and ends their retention."""
    querier: Component = Component()
    """Searches blocks and ingesters."""
    query_frontend: QueryFrontend = QueryFrontend()
    """Splits queries, and hosts the Jaeger UI."""
    gateway: Gateway = Gateway()
    """Knows tenants and their rights."""

    @property
    def has_jaeger_ui(self) -> bool:
        """Whether jaeger-query and tempo-query run."""
        return self.query_frontend.jaeger_query.enabled

    @property
    def has_oauth_proxy(self) -> bool:
        """Whether the Jaeger UI has its oauth-proxy."""
        authentication = self.query_frontend.jaeger_query.authentication
        return self.has_jaeger_ui and authentication is not None and authentication.enabled
