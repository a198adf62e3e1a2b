"""The words of the table of flows: who is outside the stack, which stacks a flow is of, ports that depend on config."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from components.distributor import LEGACY, LEGACY_ENCRYPTED, OTLP
from components.gateway import INTERNAL as GATEWAY_INTERNAL
from components.gateway import OPA_INTERNAL
from components.jaeger_ui import UI
from components.oauth_proxy import PROXY
from components.pods import Port
from settings import Settings
from settings.network import Peer

NODE_LOCAL_DNS = "169.254.20.10/32"  # where NodeLocal DNSCache listens, unless told otherwise
CLUSTER_DNS, OPENSHIFT_DNS = "kube-system", "openshift-dns"
MONITORING = "monitoring"
OPENSHIFT_MONITORING = ["openshift-monitoring", "openshift-user-workload-monitoring"]
HTTPS, PLAIN_HTTP, KUBERNETES_API = 443, 80, 6443
STORE = "Tempo to its store"  # the flow whose ports the engine may know better than the settings
EVERY_POD = (Peer(),)


@dataclass(frozen=True)
class Outside:
    """Peers that are not the stack's pods. `peers` may be none at all, and are None where any address will do.

    `key` is the one below `spec.networkPolicy` that names them; `default` says in Markdown which they are without it.
    """

    name: str
    peers: Callable[[Settings], Sequence[Peer] | None]
    key: str
    default: str


def _or_every_pod(given: Sequence[Peer] | None) -> Sequence[Peer]:
    return EVERY_POD if given is None else given


def _scrapers(settings: Settings) -> Sequence[Peer]:
    given = settings.spec.network_policy.scrapers
    namespaces = OPENSHIFT_MONITORING if settings.on_openshift else [MONITORING]
    return [Peer(namespaces=namespaces)] if given is None else given


def _dns_servers(settings: Settings) -> Sequence[Peer]:
    """A cache on the node's own network is no pod to a policy, so it is let in by its address."""
    given = settings.spec.network_policy.dns
    if given is not None:
        return given
    if settings.on_openshift:
        return [Peer(namespaces=[OPENSHIFT_DNS])]
    return [Peer(namespaces=[CLUSTER_DNS]), Peer(cidrs=[NODE_LOCAL_DNS])]


_EVERY_POD = "every pod of the cluster: applications are everywhere. Name them where you can"
SENDERS = Outside(
    "senders", lambda settings: _or_every_pod(settings.spec.network_policy.senders), "senders", _EVERY_POD
)
READERS = Outside(
    "readers", lambda settings: _or_every_pod(settings.spec.network_policy.readers), "readers", _EVERY_POD
)
SCRAPERS = Outside(
    "scrapers",
    _scrapers,
    "scrapers",
    f"the namespace `{MONITORING}`; on OpenShift {' and '.join(f'`{each}`' for each in OPENSHIFT_MONITORING)}",
)
DNS = Outside(
    "DNS",
    _dns_servers,
    "dns",
    f"`{CLUSTER_DNS}`, and {NODE_LOCAL_DNS.partition('/')[0]}, where NodeLocal DNSCache answers; "
    f"on OpenShift `{OPENSHIFT_DNS}`",
)
INGRESS_CONTROLLERS = Outside(
    "ingress controllers",
    lambda settings: settings.spec.network_policy.ingress_controllers,
    "ingressControllers",
    "any address: a controller is often on a node's own network or a load balancer outside, where no selector finds it",
)
ANYWHERE = Outside("any address", lambda _: None, "ports", "servers that no selector can name: only their ports are")
OUTSIDE = (SENDERS, READERS, SCRAPERS, INGRESS_CONTROLLERS, DNS, ANYWHERE)


def always(_: Settings) -> bool:
    """always"""
    return True


def with_gateway(settings: Settings) -> bool:
    """with a gateway"""
    return settings.spec.template.gateway.enabled


def without_gateway(settings: Settings) -> bool:
    """without a gateway"""
    return not with_gateway(settings)


def with_ui(settings: Settings) -> bool:
    """with the Jaeger UI"""
    return settings.spec.template.has_jaeger_ui


def with_open_ui(settings: Settings) -> bool:
    """with the Jaeger UI, without a gateway or an oauth-proxy"""
    return with_ui(settings) and without_gateway(settings) and not with_proxy(settings)


def with_guarded_ui(settings: Settings) -> bool:
    """with the Jaeger UI and its oauth-proxy, without a gateway"""
    return with_proxy(settings) and without_gateway(settings)


def with_ui_behind_gateway(settings: Settings) -> bool:
    """with the Jaeger UI and a gateway"""
    return with_ui(settings) and with_gateway(settings)


def with_proxy(settings: Settings) -> bool:
    """with the oauth-proxy"""
    return settings.spec.template.has_oauth_proxy


def with_openshift_gateway(settings: Settings) -> bool:
    """with a gateway in openshift mode"""
    return settings.spec.has_opa


def with_oidc(settings: Settings) -> bool:
    """with a gateway in static mode"""
    return with_gateway(settings) and not with_openshift_gateway(settings)


def with_minio(settings: Settings) -> bool:
    """with MinIO"""
    return settings.minio.enabled


def without_minio(settings: Settings) -> bool:
    """with a store of one's own"""
    return not with_minio(settings)


def with_way_in_to_gateway(settings: Settings) -> bool:
    """with a way in from outside the cluster to the gateway"""
    return with_gateway(settings) and _has_way_in(settings)


def with_way_in_to_ui(settings: Settings) -> bool:
    """with a way in from outside the cluster to the Jaeger UI"""
    return with_ui(settings) and without_gateway(settings) and _has_way_in(settings)


def _has_way_in(settings: Settings) -> bool:
    return settings.gateway_ingress is not None or settings.jaeger_ingress is not None


def receiver_ports(settings: Settings) -> tuple[Port, ...]:
    """4317, 4318, 14268, 14250, 9411; unless it receives over TLS, 6831/UDP and 6832/UDP"""
    return (*OTLP, *(LEGACY_ENCRYPTED if settings.receivers_encrypted else LEGACY))


def gateway_metrics_ports(settings: Settings) -> tuple[Port, ...]:
    """8081, and OPA's 8083"""
    return (GATEWAY_INTERNAL, OPA_INTERNAL) if settings.spec.has_opa else (GATEWAY_INTERNAL,)


def ui_ports(settings: Settings) -> tuple[Port, ...]:
    """16686, the oauth-proxy's 4180 where it runs"""
    return (PROXY,) if with_proxy(settings) else (UI,)


def store_ports(settings: Settings) -> tuple[Port, ...]:
    """that of the Secret's endpoint if read; 443 with `storage.tls.enabled`, else 80; or `networkPolicy.ports.s3`"""
    return _tcp("s3", settings.store_ports)


def issuer_ports(settings: Settings) -> tuple[Port, ...]:
    """those of the issuers' URLs, or `networkPolicy.ports.issuers`"""
    tenants = settings.spec.tenants
    urls = [urlsplit(tenant.oidc.issuer_url) for tenant in (tenants.authentication if tenants else ()) if tenant.oidc]
    own = {url.port or (HTTPS if url.scheme == "https" else PLAIN_HTTP) for url in urls}
    return _tcp("issuer", settings.spec.network_policy.ports.issuers or sorted(own))


def api_ports(settings: Settings) -> tuple[Port, ...]:
    """6443, or `networkPolicy.ports.kubernetesApi`"""
    return _tcp("kubernetes", settings.spec.network_policy.ports.kubernetes_api or [KUBERNETES_API])


def dns_ports(settings: Settings) -> tuple[Port, ...]:
    """53, on OpenShift 5353, UDP and TCP; or `networkPolicy.ports.dns`"""
    given = settings.spec.network_policy.ports.dns or [5353 if settings.on_openshift else 53]
    return tuple(Port("dns", number, protocol) for number in given for protocol in ("UDP", "TCP"))


def _tcp(name: str, numbers: Sequence[int]) -> tuple[Port, ...]:
    return tuple(Port(name, number) for number in numbers)
