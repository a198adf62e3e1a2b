"""A store of the user's own: its Secret is read and never taken over, and its port is open to Tempo."""

import base64
import json

import pytest

from sandbox.engine import Engine
from tests.conftest import Kubectl
from tests.support import stacks
from tests.support.stacks import write_beside

KEYS = {"endpoint": "http://theirs:9000", "bucket": "theirs", "access_key_id": "them", "access_key_secret": "their-key"}


def bucket(name: str, keys: dict[str, str] = KEYS) -> str:
    """The manifest of a user's storage Secret."""
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": keys})


def data(kubectl: Kubectl, namespace: str, name: str) -> dict[str, str]:
    found = json.loads(kubectl("get", "secret", name, "-n", namespace, "-o", "json"))["data"]
    return {key: base64.b64decode(value).decode() for key, value in found.items()}


@pytest.mark.parametrize("how", ["create", "apply", "server-side"])
def test_a_secret_of_the_users_is_never_taken_over(engine: Engine, kubectl: Kubectl, how: str) -> None:
    stack = f"theirs-{how}"
    kubectl("create", "namespace", stack)
    apply = {"create": ["create"], "apply": ["apply"], "server-side": ["apply", "--server-side"]}[how]
    kubectl(*apply, "-n", stack, "-f", "-", stdin=bucket("minio"))
    write_beside(engine, stack, stacks.dev_spec(), createNamespace="false")
    done = engine.up()
    assert done.returncode != 0
    [line] = stacks.told(done, "spec.storage.secret.name")
    assert line.startswith(f"Secret minio in namespace {stack}: ")
    assert "minio.enabled: false" in line
    assert data(kubectl, stack, "minio") == KEYS
    assert kubectl("get", "deployments,statefulsets,jobs", "-n", stack, "-o", "name") == ""


def test_the_port_of_a_users_store_is_read_from_its_secret_in_every_run(engine: Engine, kubectl: Kubectl) -> None:
    stack = "port"
    kubectl("create", "namespace", stack)
    kubectl("apply", "-n", stack, "-f", "-", stdin=bucket("theirs", KEYS | {"endpoint": "http://theirs:9100"}))
    spec = stacks.dev_spec() | {"storage": {"secret": {"name": "theirs"}}}
    write_beside(engine, stack, spec, createNamespace="false")
    assert engine.config_set("tempostack:minio.enabled", "false").returncode == 0
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    assert store_ports(kubectl, stack) == {9100}
    encoded = base64.b64encode(KEYS["access_key_secret"].encode()).decode()
    assert encoded not in engine.run("stack", "export").stdout
    assert encoded in engine.run("stack", "export", "--show-secrets").stdout  # the search above can find it
    assert engine.preview("--expect-no-changes").returncode == 0

    kubectl("apply", "-n", stack, "-f", "-", stdin=bucket("theirs"))
    readers = {f"NetworkPolicy/tempo-tmrs-{each}" for each in ("ingester", "querier", "query-frontend", "compactor")}
    assert stacks.changes(engine)["update"] == readers
    assert engine.destroy().returncode == 0
    assert data(kubectl, stack, "theirs") == KEYS


def store_ports(kubectl: Kubectl, namespace: str) -> set[int]:
    """The ports that pods of the live stack may reach at any address."""
    policies = json.loads(kubectl("get", "networkpolicies", "-n", namespace, "-o", "json"))["items"]
    rules = [rule for policy in policies for rule in policy["spec"].get("egress", []) if "to" not in rule]
    assert len(rules) == 4
    return {port["port"] for rule in rules for port in rule["ports"]}


def test_a_secret_that_is_not_there_stops_the_run_before_anything_is_made(engine: Engine, kubectl: Kubectl) -> None:
    stack = "absent"
    kubectl("create", "namespace", stack)
    write_beside(
        engine, stack, stacks.dev_spec() | {"storage": {"secret": {"name": "theirs"}}}, createNamespace="false"
    )
    assert engine.config_set("tempostack:minio.enabled", "false").returncode == 0
    done = engine.up()
    assert done.returncode != 0
    assert stacks.told(done, f"{stack}/theirs")
    assert kubectl("get", "deployments,statefulsets,configmaps,networkpolicies", "-n", stack, "-o", "name") == (
        "configmap/kube-root-ca.crt\n"
    )
