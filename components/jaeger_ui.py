"""The Jaeger UI's containers in the query frontend's pod: jaeger-query and its bridge tempo-query."""

from collections.abc import Iterator
from typing import Literal

from allocation import WorkloadPlan
from components.config_map import ConfigFiles
from components.identity import Identity
from components.pods import Container, Port
from components.probes import http_ready
from components.tempo_tls import RELOAD_INTERVAL
from components.transport import AUTHORITY, CERTIFICATE, KEY, Transport
from components.volumes import Mount, scratch
from settings.stack import Images

TENANT_HEADER = "x-scope-orgid"
BRIDGE_FILE = "tempo-query.yaml"
BRIDGE_PORT = 7777  # inside the pod only
UI = Port("jaeger-ui", 16686)
METRICS = Port("jaeger-metrics", 16687)
GRPC = Port("jaeger-grpc", 16685)
UI_PORTS = (GRPC, UI, METRICS)


Caller = Literal["gateway", "proxy", "people"]


def jaeger_query(
    plan: WorkloadPlan, images: Images, me: Identity, transport: Transport, *, tenants: bool, caller: Caller
) -> Container:
    """The UI. It asks its bridge, with the tenant that came with the request.

    Where its caller is the pod's own proxy, it listens inside the pod only, or there would be a way around its login.
    """
    inside = (
        f"--query.http-server.host-port=localhost:{UI.number}",
        f"--query.grpc-server.host-port=localhost:{GRPC.number}",
    )
    by_tenant = ("--multi-tenancy.enabled=true", f"--multi-tenancy.header={TENANT_HEADER}")
    return Container(
        plan=plan.container("jaeger-query"),
        image=images.jaeger_query,
        args=(
            "--query.base-path=/",
            "--span-storage.type=grpc",
            f"--grpc-storage.server=localhost:{BRIDGE_PORT}",
            *(by_tenant if tenants else ()),
            *(inside if caller == "proxy" else ()),
            *(_tls(transport, caller) if transport.encrypted else ()),
        ),
        ports=(METRICS,) if caller == "proxy" else UI_PORTS,
        mounts=(scratch("jaeger-tmp", "/tmp"), *transport.mounts(me)),  # noqa: S108 a volume of the container
        readiness=http_ready(METRICS.name, "/", scheme=transport.scheme),
    )


def _tls(transport: Transport, caller: Caller) -> Iterator[str]:
    """TLS wherever it is reached from outside the pod. People have no certificate to show, the gateway has one."""
    for server in ("admin.http",) if caller == "proxy" else ("admin.http", "query.http", "query.grpc"):
        yield f"--{server}.tls.enabled=true"
        yield f"--{server}.tls.cert={CERTIFICATE}"
        yield f"--{server}.tls.key={KEY}"
        yield f"--{server}.tls.reload-interval={RELOAD_INTERVAL}"
    if transport.mutual and caller != "proxy":
        yield f"--query.grpc.tls.client-ca={AUTHORITY}"
    if transport.mutual and caller == "gateway":
        yield f"--query.http.tls.client-ca={AUTHORITY}"


def tempo_query(plan: WorkloadPlan, images: Images, config: ConfigFiles, certificates: tuple[Mount, ...]) -> Container:
    """The bridge: Jaeger's storage protocol in, Tempo's API out, inside the pod only, where no kubelet can ask it."""
    mount = config.mount("conf-tempo-query", BRIDGE_FILE)
    return Container(
        plan=plan.container("tempo-query"),
        image=images.tempo_query,
        args=(f"-config={mount.path}/{BRIDGE_FILE}",),
        mounts=(mount, *certificates),
    )
