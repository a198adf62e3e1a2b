"""The Jaeger UI's containers in the query frontend's pod: jaeger-query, its bridge tempo-query, and an oauth-proxy."""

import json

from allocation import WorkloadPlan
from components.config_map import ConfigFiles
from components.identity import Identity
from components.pods import Container, Port
from components.probes import grpc_ready, http_ready
from components.volumes import Mount, scratch, secret_files
from settings.stack import Images

TENANT_HEADER = "x-scope-orgid"
BRIDGE_FILE = "tempo-query.yaml"
BRIDGE_GRPC = Port("tempo-query", 7777)  # for the pod's own use, in no Service
UI = Port("jaeger-ui", 16686)
METRICS = Port("jaeger-metrics", 16687)
UI_PORTS = (Port("jaeger-grpc", 16685), UI, METRICS)
PROXY = Port("oauth-proxy", 4180)
COOKIE_FILE = "session_secret"
_COOKIE_FOLDER = "/etc/proxy/cookie"


def jaeger_query(plan: WorkloadPlan, images: Images, *, tenants: bool) -> Container:
    """The UI. It asks its bridge, with the tenant that came with the request."""
    by_tenant = ("--multi-tenancy.enabled=true", f"--multi-tenancy.header={TENANT_HEADER}")
    return Container(
        plan=plan.container("jaeger-query"),
        image=images.jaeger_query,
        args=(
            "--query.base-path=/",
            "--span-storage.type=grpc",
            f"--grpc-storage.server=localhost:{BRIDGE_GRPC.number}",
            *(by_tenant if tenants else ()),
        ),
        ports=UI_PORTS,
        mounts=(scratch("jaeger-tmp", "/tmp"),),  # noqa: S108 a volume of the container
        readiness=http_ready(METRICS.name, "/"),
    )


def tempo_query(plan: WorkloadPlan, images: Images, config: ConfigFiles, certificates: tuple[Mount, ...]) -> Container:
    """The bridge: Jaeger's storage protocol in, Tempo's API out."""
    mount = config.mount("conf-tempo-query", BRIDGE_FILE)
    return Container(
        plan=plan.container("tempo-query"),
        image=images.tempo_query,
        args=(f"-config={mount.path}/{BRIDGE_FILE}",),
        ports=(BRIDGE_GRPC,),
        mounts=(mount, *certificates),
        readiness=grpc_ready(BRIDGE_GRPC.number),
    )


def oauth_proxy(plan: WorkloadPlan, images: Images, me: Identity, cookie_secret: str) -> Container:
    """OpenShift's login in front of the UI, for those who may see the stack's pods.

    It speaks plain HTTP: the Route with TLS before it is not declared yet.
    """
    may_see = {"namespace": me.namespace, "resource": "pods", "verb": "get"}
    return Container(
        plan=plan.container("oauth-proxy"),
        image=images.oauth_proxy,
        args=(
            "--provider=openshift",
            f"--openshift-service-account={me.name}",
            f"--openshift-sar={json.dumps(may_see)}",
            f"--cookie-secret-file={_COOKIE_FOLDER}/{COOKIE_FILE}",
            "--https-address=",
            f"--http-address=:{PROXY.number}",
            f"--upstream=http://localhost:{UI.number}",
        ),
        ports=(PROXY,),
        mounts=(secret_files("cookie", _COOKIE_FOLDER, cookie_secret, (COOKIE_FILE,)),),
        readiness=http_ready(PROXY.name, "/oauth/healthz"),
    )
