"""The gateway: the one door for tenants, who log in there and then write and read only their own traces."""

import dataclasses
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap, Secret

from allocation import WorkloadPlan
from components.config_map import checksum
from components.deployment import declare_deployment
from components.gateway_files import (
    OPA_PACKAGE,
    OPA_PORT,
    openshift_tenants_yaml,
    rbac_yaml,
    static_tenants_yaml,
)
from components.identity import Identity
from components.openshift import access_reviewer, oauth_client
from components.pods import Container, Pod, Port, with_sidecars
from components.probes import http_alive, http_ready
from components.secrets import Secrets, base64_of, fingerprint_of
from components.shared import Shared
from components.transport import AUTHORITY, CERTIFICATE, KEY, Transport
from components.volumes import api_access, config_files, secret_files
from components.ways_in import declare_way_in
from settings.ingress import Ingress
from settings.pods import PodSettings
from settings.stack import Images
from settings.tenants import Tenants

PUBLIC, INTERNAL, GRPC = Port("public", 8080), Port("internal", 8081), Port("grpc-public", 8090)
PORTS = (PUBLIC, INTERNAL, GRPC)
OPA_INTERNAL = Port("opa-internal", 8083)
OPA_GROUP = "tempo.grafana.com"  # the API group in which cluster roles grant access to a tenant's traces
TENANTS_FILE, RBAC_FILE = "tenants.yaml", "rbac.yaml"
TENANTS_FOLDER, RBAC_FOLDER = "/etc/tempo-gateway/tenants", "/etc/tempo-gateway/rbac"


@dataclass(frozen=True)
class GatewayArgs:
    shared: Shared
    plan: WorkloadPlan
    pods: PodSettings
    images: Images
    tenants: Tenants
    secrets: Secrets  # the cookie key in openshift mode, the OIDC clients in static mode
    otlp_grpc: str  # of the distributor, host:port
    otlp_http: str  # of the distributor, URL
    query: str  # Tempo's API, URL
    jaeger_query: str | None  # the Jaeger UI itself, URL; None where it does not run
    ingress: Ingress | None  # the way in from outside the cluster
    timeout: str | None  # of the requests that it passes on; None for its own, 2m


class Gateway(pulumi.ComponentResource):
    """Deployment, Service, rbac.yaml (ConfigMap) and tenants.yaml (Secret) `tempo-<stack>-gateway`, and a way in.

    In openshift mode also its ServiceAccount with the right to review tokens and access, and OPA in its pod.
    The way in is for HTTP, which spans can be written by too; its gRPC is for the cluster.
    Outputs: `url` (HTTP, in the cluster), `public_url` (by the way in, else the same), `grpc` (host:port for OTLP, in
    the cluster), `secrets` (names).
    """

    url: str
    public_url: pulumi.Output[str]
    grpc: str
    secrets: tuple[str, ...]

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("tempostack:components:Gateway", name, None, opts)
        me, transport = args.shared.identity.of("gateway"), args.shared.transport
        child = args.shared.options(self)
        self.url = f"{transport.scheme}://{me.host}:{PUBLIC.number}"
        self.public_url = pulumi.Output.from_input(self.url)
        if args.ingress is not None:
            self.public_url = declare_way_in(name, me, PUBLIC, args.ingress, self.url, child)
        self.grpc = f"{me.host}:{GRPC.number}"
        self.secrets = (me.name,)

        rbac = rbac_yaml(args.tenants)
        tenants = _tenants_yaml(args, me, self.public_url)
        reads: list[pulumi.Resource] = [
            ConfigMap(name, metadata=me.metadata(), data={RBAC_FILE: rbac}, opts=child),
            Secret(name, metadata=me.metadata(), data={TENANTS_FILE: base64_of(tenants)}, opts=child),
        ]
        pod = Pod(
            identity=me,
            containers=(_gateway(args, me),),
            service_account=args.shared.service_account,
            user=args.shared.user,
            settings=args.pods,
            checksums={RBAC_FILE: checksum(rbac), TENANTS_FILE: fingerprint_of(tenants, me)},
        )
        if args.tenants.mode == "openshift":  # who is it, and may they: questions to the API server
            pod = dataclasses.replace(with_sidecars(pod, _opa(args)), service_account=me.name)
            reads += [oauth_client(name, me, args.ingress, child), access_reviewer(name, me, child)]

        declare_deployment(
            name,
            args.plan,
            pod,
            PORTS,
            transport=transport,
            workload_options=args.shared.workload_options(self, *reads),
            options=child,
        )
        self.register_outputs({"url": self.url, "public_url": self.public_url, "grpc": self.grpc})


def _tenants_yaml(args: GatewayArgs, me: Identity, url: pulumi.Output[str]) -> pulumi.Output[str]:
    """`url` is where logins come back to."""
    if args.tenants.mode == "openshift":
        key = args.secrets.gateway_cookie_key
        assert key is not None  # asked for before anything is declared
        return pulumi.Output.all(key, url).apply(
            lambda both: openshift_tenants_yaml(args.tenants, me, both[1], both[0])
        )
    clients = args.secrets.oidc_clients
    assert clients is not None
    return pulumi.Output.all(clients, url).apply(lambda both: static_tenants_yaml(args.tenants, both[1], both[0]))


def _gateway(args: GatewayArgs, me: Identity) -> Container:
    transport = args.shared.transport
    ui = () if args.jaeger_query is None else (f"--traces.read.endpoint={args.jaeger_query}",)
    return Container(
        plan=args.plan.container("tempo-gateway"),
        image=args.images.tempo_gateway,
        args=(
            f"--web.listen=0.0.0.0:{PUBLIC.number}",
            f"--web.internal.listen=0.0.0.0:{INTERNAL.number}",
            f"--web.healthchecks.url={transport.scheme}://localhost:{PUBLIC.number}",
            f"--grpc.listen=0.0.0.0:{GRPC.number}",
            "--traces.tenant-header=x-scope-orgid",
            f"--traces.write.otlpgrpc.endpoint={args.otlp_grpc}",
            f"--traces.write.otlphttp.endpoint={args.otlp_http}",
            f"--traces.tempo.endpoint={args.query}",
            *ui,
            f"--rbac.config={RBAC_FOLDER}/{RBAC_FILE}",
            f"--tenants.config={TENANTS_FOLDER}/{TENANTS_FILE}",
            *(() if args.timeout is None else (f"--traces.write-timeout={args.timeout}",)),  # of reads too
            *_tls(transport, me),
        ),
        ports=PORTS,
        mounts=(
            config_files("rbac", RBAC_FOLDER, me.name, (RBAC_FILE,)),
            secret_files("tenants", TENANTS_FOLDER, me.name, (TENANTS_FILE,)),
            *transport.mounts(me),
            *((api_access(),) if args.tenants.mode == "openshift" else ()),
        ),
        readiness=http_ready(INTERNAL.name, scheme=transport.scheme),
        liveness=http_alive(INTERNAL.name, scheme=transport.scheme),
    )


def _tls(transport: Transport, me: Identity) -> tuple[str, ...]:
    """It presents its certificate on every port, asks nobody for theirs, and trusts the stack's authority."""
    if not transport.encrypted:
        return ()
    presented = (
        f"--traces.tls.cert-file={CERTIFICATE}",
        f"--traces.tls.key-file={KEY}",
        "--traces.tls.watch-certs=true",
    )
    return (
        f"--tls.server.cert-file={CERTIFICATE}",
        f"--tls.server.key-file={KEY}",
        f"--tls.internal.server.cert-file={CERTIFICATE}",
        f"--tls.internal.server.key-file={KEY}",
        "--tls.client-auth-type=NoClientCert",  # people and collectors bring tokens
        f"--tls.healthchecks.server-ca-file={AUTHORITY}",
        f"--tls.healthchecks.server-name={me.host}",
        f"--traces.tls.ca-file={AUTHORITY}",
        *(presented if transport.mutual else ()),
    )


def _opa(args: GatewayArgs) -> Container:
    """Asks the cluster, with the caller's own token, whether they may read or write the tenant's traces."""
    return Container(
        plan=args.plan.container("tempo-gateway-opa"),
        image=args.images.tempo_gateway_opa,
        args=(
            f"--web.listen=localhost:{OPA_PORT}",  # only the gateway beside it has anything to ask
            f"--web.internal.listen=:{OPA_INTERNAL.number}",
            f"--web.healthchecks.url=http://localhost:{OPA_PORT}",
            f"--opa.package={OPA_PACKAGE}",
            # By the token alone: names and groups come from a cookie, signed with a key that stands in public source.
            "--opa.ssar",
            *(f"--openshift.mappings={tenant.tenant_name}={OPA_GROUP}" for tenant in args.tenants.authentication),
        ),
        ports=(OPA_INTERNAL,),
        mounts=(api_access(),),
        readiness=http_ready(OPA_INTERNAL.name),
        liveness=http_alive(OPA_INTERNAL.name),
    )
