"""Every Tempo file the program renders is loaded by the real binary: no unknown key, no warning."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.rendered import COMPONENTS
from sandbox.toolchain import binary
from settings import load_file
from tests.configs import files_of

ROOT = Path(__file__).parents[2]
STORAGE = {"secret": {"name": "minio", "type": "s3"}}
TENANT = {"tenantName": "dev", "tenantId": "1610b0c3-c509-4592-a256-a1871353dbfa"}
EXTRA = {
    "server": {"log_level": "warn", "grpc_server_max_recv_msg_size": 33554432},
    "distributor": {"max_attribute_bytes": 4096, "log_discarded_spans": {"enabled": False}},
    "ingester": {"trace_idle_period": "7s", "lifecycler": {"ring": {"heartbeat_timeout": "2m"}}},
    "querier": {"max_concurrent_queries": 7, "search": {"query_timeout": "90s"}},
    "query_frontend": {"max_outstanding_per_tenant": 500, "search": {"concurrent_jobs": 50}},
    "compactor": {"compaction": {"compaction_window": "30m"}},
    "cache": {"caches": [{"memcached": {"host": "memcached", "service": "client"}, "roles": ["bloom"]}]},
    "storage": {
        "trace": {
            "s3": {"region": "eu-central-1", "tags": {"a.b": "it's: $c"}},
            "block": {"parquet_dedicated_columns": [{"name": "http.url", "scope": "span", "type": "string"}]},
        }
    },
    "overrides": {
        "defaults": {"read": {"max_metrics_duration": "1d"}, "cost_attribution": {"dimensions": {"a.b": ""}}}
    },
}
ENVIRONMENT = {
    "S3_ENDPOINT": "http://minio:9000",
    "S3_BUCKET": "tempo",
    "S3_ACCESS_KEY": "tempo",
    "S3_SECRET_KEY": "it's: #not {simple}",
}

FILES = ["Pulumi.dev.yaml", "Pulumi.prod.yaml", "tests/cases/seed-global.yaml", "tests/cases/seed-per-component.yaml"]
SPECS: dict[str, dict[str, Any]] = {
    "static tenants": {"tenants": {"mode": "static", "authentication": [TENANT]}},
    "three copies": {"replicationFactor": 3, "template": {"ingester": {"replicas": 3}}},
    "TLS to the store": {"storage": STORAGE | {"tls": {"enabled": True}}},
    "cert-manager's certificates": {"tls": {"mode": "certManager"}},
    "certificates that are there": {"tls": {"mode": "secrets", "secretName": "certificates"}},
    "certificates of applications, and of a store": {
        "storage": STORAGE | {"tls": {"enabled": True, "caName": "s3-ca", "certName": "s3-client"}},
        "template": {"distributor": {"tls": {"certName": "public", "caName": "applications"}}},
    },
    "mutual TLS behind a gateway": {
        "tls": {"mode": "certManager"},
        "tenants": {"mode": "openshift", "authentication": [TENANT]},
        "template": {"gateway": {"enabled": True}},
    },
    "another retention": {"retention": {"global": {"traces": "1h30m"}}},
    "a size with limits on ingest": {"size": "1x.pico"},
    "a size with limits on live traces": {"size": "1x.medium"},
    "a workload": {"workload": {"ingest": {"megabytesPerSecond": 40}, "retention": "72h"}},
    "searches, and a timeout": {
        "search": {"defaultResultLimit": 50, "maxResultLimit": 500, "maxDuration": "0s"},
        "timeout": "3m",
    },
    "keys of Tempo's own": {"extraConfig": {"tempo": EXTRA}, "tenants": {"mode": "static", "authentication": [TENANT]}},
    "the Jaeger UI": {"template": {"queryFrontend": {"jaegerQuery": {"enabled": True}}}},
}


@pytest.mark.parametrize("name", FILES)
def test_tempo_accepts_the_files_of_a_stack(name: str, tmp_path: Path) -> None:
    assert complaints(files_of(load_file(ROOT / name)), tmp_path) == {}


@pytest.mark.parametrize("name", SPECS)
def test_tempo_accepts_the_files_of_a_spec(name: str, tmp_path: Path) -> None:
    config = {
        "name": "tmrs",
        "namespace": "tempo",
        "minio": {"enabled": False},
        "spec": {"storage": STORAGE} | SPECS[name],
    }
    file = tmp_path / "Pulumi.test.yaml"
    file.write_text(yaml.safe_dump({"config": {f"tempostack:{key}": value for key, value in config.items()}}))
    assert complaints(files_of(load_file(file)), tmp_path) == {}


def test_a_key_that_tempo_does_not_know_would_be_noticed(tmp_path: Path) -> None:
    files = files_of(load_file(ROOT / FILES[-1]))
    files["querier.yaml"] += "no_such_key: true\n"
    assert set(complaints(files, tmp_path)) == {"querier"}


def test_a_setting_that_tempo_warns_of_would_be_noticed(tmp_path: Path) -> None:
    files = files_of(load_file(ROOT / FILES[-1]))
    files["compactor.yaml"] = files["compactor.yaml"].replace("block_retention: 48h", "block_retention: 1m")
    assert set(complaints(files, tmp_path)) == {"compactor"}


def complaints(files: dict[str, str], folder: Path) -> dict[str, str]:
    """Component -> what the binary said, for each component whose file it does not take without a word of warning."""
    found = {}
    for component in COMPONENTS:
        file = folder / f"{component}.yaml"
        file.write_text(files[file.name])
        arguments = [f"-target={component}", f"-config.file={file}", "-config.expand-env=true", "-config.verify=true"]
        command = [str(binary("tempo")), *arguments]
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)
        said = done.stdout + done.stderr
        if done.returncode != 0 or "level=warn" in said:
            found[component] = said
    return found
