"""Every Tempo file the program renders is loaded by the real binary: no unknown key, no warning."""

import re
import subprocess
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.rendered import COMPONENTS
from sandbox.toolchain import binary
from settings import load_file
from tests.integration import (
    test_certificates,
    test_enforced_budget,
    test_network,
    test_pod_security,
    test_tenant_namespaces,
    test_ways_in,
)
from tests.support import configs
from tests.support.configs import Config, files_of

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


def with_spec(stack: str, path: tuple[str, ...], value: object) -> Config:
    """The config of a stack with one place of its `spec` changed."""
    whole = configs.config(stack)
    at = whole["spec"]
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = deepcopy(value)
    return whole


# They deploy the dev stack and the seed's, with other numbers, tenants or secrets.
OF_KNOWN_STACKS = (
    *("test_diff.py", "test_existing_clients.py", "test_handover.py", "test_lifecycle.py", "test_own_store.py"),
    *("test_refusals.py", "test_rendered_secrets.py", "test_rotation.py", "test_secrets_stay_secret.py"),
    "test_seed_update.py",
)
# Every other stack that the integration tests render or deploy, by the file of the test and a name of its own.
OF_INTEGRATION_TESTS: dict[str, dict[str, Config]] = {
    "test_certificates.py": {
        mode: with_spec("prod", ("tls",), value) for mode, value in test_certificates.MODES.items()
    },
    "test_enforced_budget.py": {"enforced": {"spec": test_enforced_budget.spec_with(test_enforced_budget.TOTAL)}},
    "test_kube_score.py": {},  # the project's stacks and the seed's
    "test_network.py": test_network.WRITTEN,
    "test_pod_security.py": {
        f"{stack} with {more}": test_pod_security.with_more(stack, test_pod_security.MORE[more])
        for stack, more in test_pod_security.CASES
        if more in test_pod_security.MORE
    },
    "test_seed_cases.py": {name: configs.config(name) for name in configs.STACKS},
    "test_tenant_namespaces.py": {"tenants": {"spec": test_tenant_namespaces.SPEC}},
    "test_ways_in.py": {
        kind: with_spec("prod", ("template", "gateway", "ingress"), value) for kind, value in test_ways_in.KINDS.items()
    },
}
RENDERED = {
    f"{test}: {name}": config for test, stacks in OF_INTEGRATION_TESTS.items() for name, config in stacks.items()
}
RENDERS = re.compile(r"\bstacks\.|\brender|\bconfig\(")
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


@pytest.mark.parametrize("name", RENDERED)
def test_tempo_accepts_the_files_of_a_stack_in_the_cluster(name: str, tmp_path: Path) -> None:
    assert complaints(written(RENDERED[name], tmp_path)) == {}


def test_no_integration_test_renders_a_stack_that_is_not_here() -> None:
    tests = (ROOT / "tests" / "integration").glob("test_*.py")
    assert {test.name for test in tests if RENDERS.search(test.read_text())} == {
        *OF_INTEGRATION_TESTS,
        *OF_KNOWN_STACKS,
    }


@pytest.mark.parametrize("name", SPECS)
def test_tempo_accepts_the_files_of_a_spec(name: str, tmp_path: Path) -> None:
    config = {"minio": {"enabled": False}, "spec": {"storage": STORAGE} | SPECS[name]}
    assert complaints(written(config, tmp_path)) == {}


def test_a_key_that_tempo_does_not_know_would_be_noticed(tmp_path: Path) -> None:
    files = written(configs.config("dev"), tmp_path)
    files["querier.yaml"] += "no_such_key: true\n"
    assert set(complaints(files)) == {"querier"}


def test_a_setting_that_tempo_warns_of_would_be_noticed(tmp_path: Path) -> None:
    files = written(configs.config("dev"), tmp_path)
    files["compactor.yaml"] = files["compactor.yaml"].replace("block_retention: 48h", "block_retention: 1m")
    assert set(complaints(files)) == {"compactor"}


def written(config: Config, folder: Path) -> dict[str, str]:
    """Tempo's files of a stack with this config, which is read from a file as a user's is."""
    file = folder / "Pulumi.test.yaml"
    whole = {"name": "tmrs", "namespace": "tempo"} | config
    file.write_text(yaml.safe_dump({"config": {f"tempostack:{key}": value for key, value in whole.items()}}))
    return files_of(load_file(file))


def complaints(files: dict[str, str]) -> dict[str, str]:
    """Component -> what the binary said, for each component whose file it does not take without a word of warning."""
    said = {component: complaint(component, files[f"{component}.yaml"]) for component in COMPONENTS}
    return {component: words for component, words in said.items() if words}


@cache  # most stacks share most of their files
def complaint(component: str, text: str) -> str:
    """What the binary said to a file that it does not take without a word of warning; nothing of one that it takes."""
    arguments = [f"-target={component}", "-config.file=/dev/stdin", "-config.expand-env=true", "-config.verify=true"]
    command = [str(binary("tempo")), *arguments]
    done = subprocess.run(command, input=text, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)
    said = done.stdout + done.stderr
    return said if done.returncode != 0 or "level=warn" in said else ""
