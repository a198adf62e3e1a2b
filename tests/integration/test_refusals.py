"""What Kubernetes refuses, or would lose: one line says what to do, and everything that runs stays as it is."""

import base64
import json
from typing import Any

import pytest

from sandbox.engine import Engine
from tests.conftest import Kubectl
from tests.support import stacks

INGESTER = "tempo-tmrs-ingester"
KEYS = {"endpoint": "http://theirs:9000", "bucket": "theirs", "access_key_id": "them", "access_key_secret": "their-key"}


def write(engine: Engine, stack: str, spec: dict[str, Any], **config: str) -> None:
    stacks.write(engine, stack, spec)
    for key, value in (("minioRootPassword", stacks.PASSWORD), *config.items()):
        assert engine.config_set(f"tempostack:{key}", value, secret=value == stacks.PASSWORD).returncode == 0


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
    write(engine, stack, stacks.dev_spec(), createNamespace="false")
    done = engine.up()
    assert done.returncode != 0
    [line] = stacks.told(done, "spec.storage.secret.name")
    assert line.startswith(f"Secret minio in namespace {stack}: ")
    assert "minio.enabled: false" in line
    assert data(kubectl, stack, "minio") == KEYS
    assert kubectl("get", "deployments,statefulsets,jobs", "-n", stack, "-o", "name") == ""
    assert data(kubectl, stack, "minio") == KEYS


def test_the_port_of_a_users_store_is_read_from_its_secret_in_every_run(engine: Engine, kubectl: Kubectl) -> None:
    stack = "port"
    kubectl("create", "namespace", stack)
    kubectl("apply", "-n", stack, "-f", "-", stdin=bucket("theirs", KEYS | {"endpoint": "http://theirs:9100"}))
    spec = stacks.dev_spec() | {"storage": {"secret": {"name": "theirs"}}}
    write(engine, stack, spec, createNamespace="false")
    assert engine.config_set("tempostack:minio.enabled", "false").returncode == 0
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    assert store_ports(kubectl, stack) == {9100}
    assert KEYS["access_key_secret"] not in engine.run("stack", "export").stdout
    assert engine.preview("--expect-no-changes").returncode == 0

    kubectl("apply", "-n", stack, "-f", "-", stdin=bucket("theirs"))
    readers = {f"NetworkPolicy/tempo-tmrs-{each}" for each in ("ingester", "querier", "query-frontend", "compactor")}
    assert stacks.changes(engine)["update"] == readers
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
    write(engine, stack, stacks.dev_spec() | {"storage": {"secret": {"name": "theirs"}}}, createNamespace="false")
    assert engine.config_set("tempostack:minio.enabled", "false").returncode == 0
    done = engine.up()
    assert done.returncode != 0
    assert stacks.told(done, f"{stack}/theirs")
    assert kubectl("get", "deployments,statefulsets,configmaps,networkpolicies", "-n", stack, "-o", "name") == (
        "configmap/kube-root-ca.crt\n"
    )


def test_another_volume_size_stops_the_run_and_three_commands_make_volumes_larger(
    engine: Engine, kubectl: Kubectl
) -> None:
    stack = "volumes"
    write(engine, stack, stacks.dev_spec())
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    before = uids(kubectl, stack)

    stacks.write(engine, stack, stacks.dev_spec() | {"storageSize": "2Gi"})
    for done in (engine.preview(), engine.up()):
        assert done.returncode != 0
        [line] = stacks.told(done, "spec.storageSize: ")
        assert "1Gi" in line
        assert "2Gi" in line
        assert "Traceback" not in done.stdout + done.stderr
    assert uids(kubectl, stack) == before

    kubectl("delete", "statefulset", INGESTER, "-n", stack, "--cascade=orphan")
    done = engine.up("--refresh")
    assert done.returncode == 0, done.stdout + done.stderr
    after = uids(kubectl, stack)
    assert after.pop("statefulset") != before.pop("statefulset")
    live = json.loads(kubectl("get", "statefulset", INGESTER, "-n", stack, "-o", "json"))["spec"]
    assert live["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "2Gi"
    assert after["persistentvolumeclaim"] == before["persistentvolumeclaim"]


def uids(kubectl: Kubectl, namespace: str) -> dict[str, str]:
    """What would be another if it were made again: the StatefulSet, and the volume of the ingester."""
    names = {"statefulset": INGESTER, "persistentvolumeclaim": f"data-{INGESTER}-0"}
    return {
        kind: kubectl("get", kind, name, "-n", namespace, "-o", "jsonpath={.metadata.uid}")
        for kind, name in names.items()
    }


def test_a_scaled_component_is_taken_back_or_a_line_says_how(
    engine: Engine, kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = "scaled"
    write(engine, stack, stacks.dev_spec())
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    kubectl("scale", "deployment", "tempo-tmrs-querier", "-n", stack, "--replicas=2")
    spec = stacks.dev_spec()
    spec["template"]["querier"] = {"resources": {"limits": {"cpu": "123m"}}}
    stacks.write(engine, stack, spec)
    stacks.take_fields_back(engine, monkeypatch)
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    live = json.loads(kubectl("get", "deployment", "tempo-tmrs-querier", "-n", stack, "-o", "json"))["spec"]
    assert live["replicas"] == 1
    assert live["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] == "123m"
