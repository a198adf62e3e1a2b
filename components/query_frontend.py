"""The query frontend: splits queries for the queriers; beside it, when asked, the Jaeger UI."""

import dataclasses
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import Secret, Service, ServiceSpecArgs

from allocation import WorkloadPlan
from components.deployment import declare_deployment
from components.identity import Identity
from components.jaeger_ui import (
    BRIDGE_FILE,
    COOKIE_FILE,
    PROXY,
    UI,
    UI_PORTS,
    jaeger_query,
    oauth_proxy,
    tempo_query,
)
from components.openshift import oauth_client
from components.pods import Pod, Port, with_sidecars
from components.secrets import base64_of, cookie_secret, fingerprint_of
from components.shared import Shared
from components.tempo_pod import GRPC, HTTP, tempo_pod
from settings.pods import PodSettings
from settings.stack import Images

PORTS = (HTTP, GRPC)


@dataclass(frozen=True)
class QueryFrontendArgs:
    shared: Shared
    plan: WorkloadPlan
    pods: PodSettings
    images: Images
    has_tenants: bool
    has_jaeger_ui: bool
    oauth_proxy_key: pulumi.Output[str] | None  # what the oauth-proxy's cookie secret is derived from; None: no proxy


class QueryFrontend(pulumi.ComponentResource):
    """Deployment and Service `tempo-<stack>-query-frontend`, and a headless one by which queriers find each replica.

    Outputs: `query` (URL of Tempo's API), `jaeger_query` (URL of the Jaeger UI, None where it does not run),
    `jaeger_ui` (the same for people: behind the oauth-proxy where there is one), `secrets` (names).
    """

    query: str
    jaeger_query: str | None
    jaeger_ui: str | None
    secrets: tuple[str, ...]

    def __init__(self, name: str, args: QueryFrontendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("tempostack:components:QueryFrontend", name, None, opts)
        me = args.shared.identity.of("query-frontend")
        child = args.shared.options(self)
        pod = tempo_pod(args.shared, args.plan, args.images.tempo, args.pods, PORTS)
        ports: tuple[Port, ...] = PORTS
        reads: tuple[pulumi.Resource, ...] = ()
        if args.has_jaeger_ui:
            pod, ports = _with_jaeger_ui(pod, args), (*ports, *UI_PORTS)
        if args.oauth_proxy_key is not None:
            pod, reads = _with_oauth_proxy(name, pod, me, args, args.oauth_proxy_key, child)
            ports = (*ports, PROXY)

        declare_deployment(
            name,
            args.plan,
            pod,
            ports,
            transport=args.shared.transport,
            workload_options=args.shared.tempo_options(self, *reads),
            options=child,
        )
        _discovery(name, me, child)

        self.query = f"{args.shared.transport.scheme}://{me.host}:{HTTP.number}"
        self.jaeger_query = f"http://{me.host}:{UI.number}" if args.has_jaeger_ui else None
        self.jaeger_ui = self.jaeger_query if args.oauth_proxy_key is None else f"http://{me.host}:{PROXY.number}"
        self.secrets = (_cookie_name(me),) if reads else ()
        self.register_outputs({"query": self.query, "jaeger_ui": self.jaeger_ui})


def _with_jaeger_ui(pod: Pod, args: QueryFrontendArgs) -> Pod:
    ui = jaeger_query(args.plan, args.images, tenants=args.has_tenants)
    bridge = tempo_query(args.plan, args.images, args.shared.config, args.shared.transport.mounts(pod.identity))
    checksums = {**pod.checksums, **args.shared.config.checksums(BRIDGE_FILE)}
    return dataclasses.replace(with_sidecars(pod, ui, bridge), checksums=checksums)


def _with_oauth_proxy(
    name: str,
    pod: Pod,
    me: Identity,
    args: QueryFrontendArgs,
    key: pulumi.Output[str],
    child: pulumi.ResourceOptions,
) -> tuple[Pod, tuple[pulumi.Resource, ...]]:
    """The pod with its oauth-proxy, and the two objects that only the proxy needs."""
    account = oauth_client(name, me, ["primary"], child)
    cookie = cookie_secret(key, f"{me.name}/oauth-proxy")
    secret = Secret(
        f"{name}-cookie",
        metadata=me.metadata(name=_cookie_name(me)),
        data={COOKIE_FILE: base64_of(cookie)},
        opts=child,
    )
    proxy = oauth_proxy(args.plan, args.images, me, _cookie_name(me))
    checksums = {**pod.checksums, "cookie-secret": fingerprint_of(cookie, me)}
    pod = dataclasses.replace(with_sidecars(pod, proxy), checksums=checksums, service_account=me.name, token=True)
    return pod, (account, secret)


def _cookie_name(me: Identity) -> str:
    return me.of("cookie-proxy").name


def _discovery(name: str, me: Identity, child: pulumi.ResourceOptions) -> None:
    """A querier must reach a frontend that is not ready yet: it becomes ready when a querier has come."""
    Service(
        f"{name}-discovery",
        metadata=me.metadata(name=f"{me.name}-discovery"),
        spec=ServiceSpecArgs(
            selector=me.selector,
            cluster_ip="None",
            publish_not_ready_addresses=True,
            ports=[port.service() for port in PORTS],
        ),
        opts=child,
    )
