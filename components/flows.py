"""Who speaks to whom: every connection that the stack needs, by name. Nothing else is let through."""

from collections.abc import Callable
from dataclasses import dataclass

from allocation.labels import GOSSIPS
from components.distributor import OTLP
from components.flow_terms import (
    ANYWHERE,
    DNS,
    HTTPS,
    INGRESS_CONTROLLERS,
    READERS,
    SCRAPERS,
    SENDERS,
    STORE,
    Outside,
    always,
    api_ports,
    dns_ports,
    gateway_metrics_ports,
    issuer_ports,
    receiver_ports,
    store_ports,
    ui_ports,
    with_gateway,
    with_guarded_ui,
    with_minio,
    with_oidc,
    with_open_ui,
    with_openshift_gateway,
    with_ui,
    with_ui_behind_gateway,
    with_way_in_to_gateway,
    with_way_in_to_ui,
    without_gateway,
    without_minio,
)
from components.gateway import GRPC as GATEWAY_GRPC
from components.gateway import PUBLIC
from components.jaeger_ui import METRICS as UI_METRICS
from components.jaeger_ui import UI, UI_PORTS
from components.minio import S3
from components.oauth_proxy import PROXY
from components.pods import Port
from components.tempo_pod import GOSSIP, GRPC, HTTP
from settings import Settings

TEMPO = ("distributor", "ingester", "querier", "query-frontend", "compactor")
COMPONENTS = (*TEMPO, "gateway", "minio", "minio-bucket")
STORES = ("ingester", "querier", "query-frontend", "compactor")  # who reads or writes the bucket
LOGIN = (Port("https", HTTPS),)
RING = tuple(component for component in TEMPO if component in GOSSIPS)
ASKS_DNS = tuple(component for component in COMPONENTS if component != "minio")  # MinIO calls nobody

Party = tuple[str, ...] | Outside  # components of the stack, or somebody else
Ports = tuple[Port, ...]


@dataclass(frozen=True)
class Row:
    """A flow of the stacks that `when` is about, which, like `ports` where they differ, says so in its docstring."""

    name: str
    origin: Party
    target: Party
    ports: Ports | Callable[[Settings], Ports]
    when: Callable[[Settings], bool]


@dataclass(frozen=True)
class Flow:
    """One reason to connect: each of `origin` may, to each of `target`, on `ports`."""

    name: str
    origin: Party
    target: Party
    ports: Ports


TABLE: tuple[Row, ...] = (
    # Spans. With a gateway, nobody else reaches the distributor: its port believes any tenant that it is told.
    Row("spans from applications", SENDERS, ("distributor",), receiver_ports, without_gateway),
    Row("spans from tenants", SENDERS, ("gateway",), (PUBLIC, GATEWAY_GRPC), with_gateway),
    Row("gateway to distributor", ("gateway",), ("distributor",), OTLP, with_gateway),
    Row("distributor to ingester", ("distributor",), ("ingester",), (GRPC,), always),
    # Queries. The query frontend's gRPC port is the queriers' alone: who calls there is handed queries to answer.
    Row("queries from readers", READERS, ("query-frontend",), (HTTP,), without_gateway),
    Row("Jaeger UI for readers", READERS, ("query-frontend",), UI_PORTS[:2], with_open_ui),
    Row("Jaeger UI for those who log in", READERS, ("query-frontend",), (PROXY,), with_guarded_ui),
    Row("queries from tenants", READERS, ("gateway",), (PUBLIC,), with_gateway),
    Row("gateway to query frontend", ("gateway",), ("query-frontend",), (HTTP,), with_gateway),
    Row("gateway to Jaeger UI", ("gateway",), ("query-frontend",), (UI,), with_ui_behind_gateway),
    Row("querier to query frontend", ("querier",), ("query-frontend",), (GRPC,), always),
    Row("querier to ingester", ("querier",), ("ingester",), (GRPC,), always),
    Row("gossip", RING, RING, (GOSSIP,), always),
    # The bucket.
    Row("Tempo to MinIO", STORES, ("minio",), (S3,), with_minio),
    Row("bucket Job to MinIO", ("minio-bucket",), ("minio",), (S3,), with_minio),
    Row(STORE, STORES, ANYWHERE, store_ports, without_minio),
    # The cluster.
    Row("DNS", ASKS_DNS, DNS, dns_ports, always),
    Row("scraping Tempo", SCRAPERS, TEMPO, (HTTP,), always),
    Row("scraping the Jaeger UI", SCRAPERS, ("query-frontend",), (UI_METRICS,), with_ui),
    Row("scraping the gateway", SCRAPERS, ("gateway",), gateway_metrics_ports, with_gateway),
    Row("way in to the gateway", INGRESS_CONTROLLERS, ("gateway",), (PUBLIC,), with_way_in_to_gateway),
    Row("way in to the Jaeger UI", INGRESS_CONTROLLERS, ("query-frontend",), ui_ports, with_way_in_to_ui),
    # Who is it, and may they.
    Row("gateway to Kubernetes API", ("gateway",), ANYWHERE, api_ports, with_openshift_gateway),
    Row("gateway to OpenShift's login", ("gateway",), ANYWHERE, LOGIN, with_openshift_gateway),
    Row("oauth-proxy to Kubernetes API", ("query-frontend",), ANYWHERE, api_ports, with_guarded_ui),
    Row("oauth-proxy to OpenShift's login", ("query-frontend",), ANYWHERE, LOGIN, with_guarded_ui),
    Row("gateway to OIDC providers", ("gateway",), ANYWHERE, issuer_ports, with_oidc),
)


def runs(component: str, settings: Settings) -> bool:
    """Whether the stack has such pods."""
    if component == "gateway":
        return settings.spec.template.gateway.enabled
    return settings.minio.enabled if component in ("minio", "minio-bucket") else True


def flows(settings: Settings) -> tuple[Flow, ...]:
    """The flows of a stack with these settings, between pods that run."""
    return tuple(
        Flow(
            row.name,
            _running(row.origin, settings),
            _running(row.target, settings),
            row.ports(settings) if callable(row.ports) else row.ports,
        )
        for row in TABLE
        if row.when(settings)
    )


def _running(party: Party, settings: Settings) -> Party:
    return party if isinstance(party, Outside) else tuple(each for each in party if runs(each, settings))
