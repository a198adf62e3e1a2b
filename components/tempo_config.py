"""The configuration files of the stack's Tempo components: each file holds what its component reads, and no more.

Only keys that both Tempo 2.9.0 and 2.10.8 know are written (docs: configuration/index.md of both), and Tempo's own
defaults are left to Tempo. Values in `${…}` come from the environment: the keys of the object store's Secret.
"""

from collections.abc import Callable
from typing import Any

import yaml

from allocation import Plan
from allocation.defaults import replication_factor, retention
from allocation.extra import literal, put, with_said
from allocation.jaeger import services_query_duration
from allocation.overrides import defaults_of, overrides_text
from allocation.tuning.setting import EVERYONE
from components import tempo_tls
from settings import Settings

HTTP_PORT, GRPC_PORT, GOSSIP_PORT = 3200, 9095, 7946
CONFIG_FOLDER = "/conf"
DATA_FOLDER = "/var/tempo"  # the only folder of a Tempo container that can be written to

Section = dict[str, Any]


def config_files(settings: Settings, plan: Plan) -> dict[str, str]:
    """File name -> text of every file in the stack's ConfigMap; the same settings always give the same text."""
    files = {f"{component}.yaml": _common(settings, component) | part(settings) for component, part in _PARTS.items()}
    for setting in plan.tuning:
        if setting.component != EVERYONE and setting.source != "tempo":
            name = f"{setting.component}.yaml"
            files[name] = put(files[name], tuple(setting.key.split(".")), setting.value)
    files = {name: with_said(content, settings, name.removesuffix(".yaml")) for name, content in files.items()}
    if settings.spec.template.has_jaeger_ui:
        files["tempo-query.yaml"] = _tempo_query(settings)
    texts = {name: _dump(content) for name, content in files.items()}
    overrides = overrides_text(settings, plan.tuning)  # re-read by Tempo every 10 s: it restarts no pod
    return texts | {"overrides.yaml": overrides}


def _common(settings: Settings, component: str) -> Section:
    """What every component reads."""
    return {
        "multitenancy_enabled": settings.spec.tenants is not None,
        "server": {"http_listen_port": HTTP_PORT, "grpc_listen_port": GRPC_PORT, **tempo_tls.server(settings)},
        **tempo_tls.internal_server(settings),
        "overrides": {
            # This key makes it the scoped format; the flat one is deprecated.
            "defaults": defaults_of(settings, component),
            "per_tenant_override_config": f"{CONFIG_FOLDER}/overrides.yaml",
        },
        "usage_report": {"reporting_enabled": False},
    }


def _distributor(settings: Settings) -> Section:
    receivers = {"distributor": {"receivers": _receivers(settings)}}
    return receivers | _ingester_ring(settings) | _ingester_client(settings) | _gossip(settings)


def _ingester(settings: Settings) -> Section:
    ring = _ingester_ring(settings)
    # A restarted ingester takes its old place in the ring, and finds the traces it was given in its own volume.
    ring["ingester"]["lifecycler"]["tokens_file_path"] = f"{DATA_FOLDER}/tokens.json"
    return ring | _storage(settings) | _gossip(settings)


def _querier(settings: Settings) -> Section:
    address = f"tempo-{settings.name}-query-frontend-discovery:{GRPC_PORT}"
    worker = {"frontend_address": address, **tempo_tls.grpc_client(settings, "query-frontend")}
    return {
        "querier": {"frontend_worker": worker},
        **_ingester_client(settings),
        **_ingester_ring(settings),
        **_storage(settings),
        **_gossip(settings),
    }


def _query_frontend(settings: Settings) -> Section:
    return _storage(settings)  # queriers come to it: it is a member of no ring


def _compactor(settings: Settings) -> Section:
    compactor = {
        "ring": {"kvstore": {"store": "memberlist"}},  # without it every replica would compact every block
        "compaction": {"block_retention": retention(settings)},
    }
    return {"compactor": compactor, **_storage(settings), **_gossip(settings)}


_PARTS: dict[str, Callable[[Settings], Section]] = {
    "distributor": _distributor,
    "ingester": _ingester,
    "querier": _querier,
    "query-frontend": _query_frontend,
    "compactor": _compactor,
}


def _tempo_query(settings: Settings) -> Section:
    """The bridge between the Jaeger UI and the query frontend. It listens inside their pod only.

    It authenticates no caller, takes any tenant, and shows the query frontend the pod's own certificate. Without
    `services_query_duration` Tempo would list the services of ingesters only, and none once their blocks are flushed.
    """
    tls = tempo_tls.client_keys(settings, "query-frontend")
    ui = settings.spec.template.query_frontend.jaeger_query
    return {
        "address": "localhost:7777",
        "backend": f"localhost:{HTTP_PORT}",
        "tenant_header_key": "x-scope-orgid",
        "services_query_duration": services_query_duration(settings),
        "find_traces_concurrent_requests": ui.find_traces_concurrent_requests,
        **({"tls_enabled": True, **tls} if tls else {}),
    }


_OTLP = {"grpc": 4317, "http": 4318}
_JAEGER = {"grpc": 14250, "thrift_http": 14268}
_JAEGER_UDP = {"thrift_compact": 6831, "thrift_binary": 6832}  # nothing encrypts them
_ZIPKIN = 9411


def _receivers(settings: Settings) -> Section:
    """OTLP always; Jaeger and Zipkin only without a gateway, which would be gone round by them."""

    def protocols(ports: dict[str, int]) -> Section:
        return {name: listens(port) for name, port in ports.items()}

    def listens(port: int) -> Section:
        return {"endpoint": f"0.0.0.0:{port}", **tempo_tls.receiver(settings)}

    receivers: Section = {"otlp": {"protocols": protocols(_OTLP)}}
    if not settings.spec.template.gateway.enabled:
        jaeger = _JAEGER if settings.receivers_encrypted else _JAEGER | _JAEGER_UDP
        receivers |= {"jaeger": {"protocols": protocols(jaeger)}, "zipkin": listens(_ZIPKIN)}
    return receivers


def _ingester_ring(settings: Settings) -> Section:
    """Who writes to ingesters, and who asks them, must know how many of them hold each trace."""
    ring = {"kvstore": {"store": "memberlist"}, "replication_factor": replication_factor(settings)}
    return {"ingester": {"lifecycler": {"ring": ring}}}


def _ingester_client(settings: Settings) -> Section:
    client = tempo_tls.grpc_client(settings, "ingester")
    return {"ingester_client": client} if client else {}


def _gossip(settings: Settings) -> Section:
    """The rings' members; by the label they heed no pod of another stack that was given the address of a gone one."""
    return {
        "memberlist": {
            "join_members": [f"tempo-{settings.name}-gossip-ring:{GOSSIP_PORT}"],
            "cluster_label": f"tempo-{settings.name}.{settings.namespace}",
            **tempo_tls.gossip(settings),
        }
    }


def _storage(settings: Settings) -> Section:
    s3 = {
        "endpoint": _Verbatim("${S3_ENDPOINT#*://}"),  # the Secret holds a URL, Tempo wants host:port
        "insecure": not settings.store_encrypted,
        "bucket": _Verbatim("${S3_BUCKET}"),
        "access_key": _Verbatim("${S3_ACCESS_KEY}"),
        "secret_key": _Verbatim("${S3_SECRET_KEY}"),
        **tempo_tls.store(settings),
    }
    return {"storage": {"trace": {"backend": "s3", "s3": s3, "wal": {"path": f"{DATA_FOLDER}/wal"}}}}


class _Verbatim(str):
    """Text that the environment fills in before Tempo parses the file: as a block, no character of it is YAML's."""


class _Dumper(yaml.SafeDumper):
    """A SafeDumper that writes such text as a block, and all other so that the environment leaves it alone."""


_Dumper.add_representer(_Verbatim, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, "|"))
_Dumper.add_representer(str, lambda dumper, text: dumper.represent_str(literal(text)))


def _dump(content: Section) -> str:
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
