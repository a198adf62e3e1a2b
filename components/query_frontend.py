"""The query frontend: splits queries for the queriers; beside it, when asked, the Jaeger UI."""

import dataclasses
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import Service, ServiceSpecArgs

from allocation import WorkloadPlan
from components.deployment import declare_deployment
from components.identity import Identity
from components.jaeger_ui import BRIDGE_FILE, METRICS, UI, UI_PORTS, Caller, jaeger_query, tempo_query
from components.oauth_proxy import PROXY, OauthProxy, cookie_name
from components.pods import Pod, Port, with_sidecars
from components.shared import Shared
from components.tempo_pod import GRPC, HTTP, tempo_pod
from components.ways_in import declare_way_in
from settings.ingress import Ingress
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
    behind_gateway: bool
    oauth_proxy: OauthProxy | None
    jaeger_ingress: Ingress | None  # the way in to the Jaeger UI from outside the cluster


class QueryFrontend(pulumi.ComponentResource):
    """Deployment and Service `tempo-<stack>-query-frontend`, and a headless one by which queriers find each replica.

    Outputs: `query` (URL of Tempo's API), `jaeger_query` (URL of the Jaeger UI itself, for the gateway), `jaeger_ui`
    (URL by which people reach it: through the oauth-proxy, and from outside, where there is such a way), both None
    where it does not run, `secrets` (names).
    """

    query: str
    jaeger_query: str | None
    jaeger_ui: pulumi.Output[str] | None
    secrets: tuple[str, ...]

    def __init__(self, name: str, args: QueryFrontendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("tempostack:components:QueryFrontend", name, None, opts)
        me, proxy, transport = args.shared.identity.of("query-frontend"), args.oauth_proxy, args.shared.transport
        child = args.shared.options(self)
        pod = tempo_pod(args.shared, args.plan, args.images.tempo, args.pods, PORTS)
        reads: tuple[pulumi.Resource, ...] = ()
        if args.has_jaeger_ui:
            pod = _with_jaeger_ui(pod, args)
        if proxy is not None:
            reads = proxy.declare(name, me, args.jaeger_ingress, child)
            pod = with_sidecars(pod, proxy.container(args.plan, args.images.oauth_proxy, me, transport))
            checksums = {**pod.checksums, **proxy.checksums(me)}
            pod = dataclasses.replace(pod, checksums=checksums, service_account=me.name)

        declare_deployment(
            name,
            args.plan,
            pod,
            (*PORTS, *_jaeger_ports(args)),
            transport=transport,
            workload_options=args.shared.tempo_options(self, *reads),
            options=child,
        )
        _discovery(name, me, child)

        self.query = f"{transport.scheme}://{me.host}:{HTTP.number}"
        self.jaeger_query = f"{transport.scheme}://{me.host}:{UI.number}" if args.has_jaeger_ui else None
        self.jaeger_ui = self._declare_way_in(name, me, args, child) if args.has_jaeger_ui else None
        self.secrets = (cookie_name(me),) if proxy is not None else ()
        self.register_outputs({"query": self.query, "jaeger_ui": self.jaeger_ui})

    def _declare_way_in(
        self, name: str, me: Identity, args: QueryFrontendArgs, child: pulumi.ResourceOptions
    ) -> pulumi.Output[str]:
        door = PROXY if _is_behind_proxy(args) else UI
        inside = f"{args.shared.transport.scheme}://{me.host}:{door.number}"
        if args.jaeger_ingress is None:
            return pulumi.Output.from_input(inside)
        return declare_way_in(name, me, door, args.jaeger_ingress, inside, child)


def _is_behind_proxy(args: QueryFrontendArgs) -> bool:
    return args.oauth_proxy is not None and args.oauth_proxy.is_door


def _jaeger_ports(args: QueryFrontendArgs) -> tuple[Port, ...]:
    """Either the proxy's or the UI's own are in the Service, so that there is one way to the UI."""
    if not args.has_jaeger_ui:
        return ()
    return (METRICS, PROXY) if _is_behind_proxy(args) else UI_PORTS


def _with_jaeger_ui(pod: Pod, args: QueryFrontendArgs) -> Pod:
    me, transport = pod.identity, args.shared.transport
    caller: Caller = "gateway" if args.behind_gateway else "proxy" if _is_behind_proxy(args) else "people"
    ui = jaeger_query(args.plan, args.images, me, transport, tenants=args.has_tenants, caller=caller)
    bridge = tempo_query(args.plan, args.images, args.shared.config, transport.mounts(me))
    checksums = {**pod.checksums, **args.shared.config.checksums(BRIDGE_FILE)}
    return dataclasses.replace(with_sidecars(pod, ui, bridge), checksums=checksums)


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
