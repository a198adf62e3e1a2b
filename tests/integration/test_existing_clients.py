"""A tenant's OIDC client in a Secret of the cluster: the engine reads it in every run, and makes nothing without it."""

import base64
import json
from typing import Any

import pytest
import yaml

from sandbox.engine import Done, Engine
from tests.conftest import Kubectl
from tests.support import stacks

GATEWAY = "tempo-tmrs-gateway"


def client(secret: str, name: str = "tempo") -> str:
    """The manifest of the client's Secret."""
    metadata = {"name": "dev-oidc"}
    data = {"clientID": name, "clientSecret": secret}
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data})


def write(engine: Engine, stack: str) -> None:
    stacks.write(engine, stack, stacks.static_spec("dev", clients={"dev": "dev-oidc"}))
    for key, value in (("minioRootPassword", stacks.PASSWORD), ("createNamespace", "false")):
        assert engine.config_set(f"tempostack:{key}", value, secret=value == stacks.PASSWORD).returncode == 0


@pytest.fixture(scope="module")
def deployed(engine: Engine, kubectl: Kubectl) -> Engine:
    """The stack, deployed into a namespace where its Secret is."""
    kubectl("create", "namespace", "clients")
    kubectl("apply", "-n", "clients", "-f", "-", stdin=client("the first"))
    write(engine, "clients")
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    return engine


def in_tenants_yaml(kubectl: Kubectl) -> Any:
    data = json.loads(kubectl("get", "secret", GATEWAY, "-n", "clients", "-o", "json"))["data"]
    return yaml.safe_load(base64.b64decode(data["tenants.yaml"]))["tenants"][0]["oidc"]


def test_the_gateway_gets_the_client_of_the_secret(deployed: Engine, kubectl: Kubectl) -> None:
    oidc = in_tenants_yaml(kubectl)
    assert (oidc["clientID"], oidc["clientSecret"]) == ("tempo", "the first")
    assert deployed.preview("--expect-no-changes").returncode == 0
    assert deployed.preview("--expect-no-changes", "--refresh").returncode == 0


def test_a_client_that_changed_is_seen_by_the_next_up_and_rolls_the_gateway_alone(
    deployed: Engine, kubectl: Kubectl
) -> None:
    kubectl("apply", "-n", "clients", "-f", "-", stdin=client("the second"))
    changes = stacks.changes(deployed)
    changes.pop("read", None)
    assert changes == {"update": {f"Secret/{GATEWAY}", f"Deployment/{GATEWAY}"}}
    done = deployed.up()
    assert done.returncode == 0, done.stdout + done.stderr
    assert in_tenants_yaml(kubectl)["clientSecret"] == "the second"


def errors(done: Done) -> list[str]:
    """What the engine says at the end is wrong."""
    said = (done.stdout + done.stderr).partition("Diagnostics:")[2].partition("Outputs:")[0]
    assert "Traceback" not in said
    return [line.strip() for line in said.splitlines() if "error" in line]


@pytest.mark.parametrize("command", ["preview", "up"])
def test_without_the_secret_it_is_one_line_and_nothing_is_made(engine: Engine, kubectl: Kubectl, command: str) -> None:
    stack = f"clientless-{command}"
    kubectl("create", "namespace", stack)
    write(engine, stack)
    done = engine.preview() if command == "preview" else engine.up()
    assert done.returncode != 0
    lines = errors(done)
    assert len(lines) == 2  # the second says that the command failed
    assert [line for line in lines if line.endswith(f"resource '{stack}/dev-oidc' does not exist")]
    assert kubectl("get", "all,configmaps,secrets,pvc", "-n", stack, "-l", "app.kubernetes.io/instance=tmrs") == ""


def test_a_secret_without_a_client_is_one_line_and_nothing_is_made(engine: Engine, kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "unfit")
    kubectl("apply", "-n", "unfit", "-f", "-", stdin=client(""))
    write(engine, "unfit")
    done = engine.up()
    assert done.returncode != 0
    assert errors(done) == ["error: Secret dev-oidc: clientSecret is missing or empty; write it"]
    assert kubectl("get", "all,configmaps,secrets,pvc", "-n", "unfit", "-l", "app.kubernetes.io/instance=tmrs") == ""


def test_destroy_leaves_the_users_secret(deployed: Engine, kubectl: Kubectl) -> None:
    deployed.select("clients")
    assert deployed.destroy().returncode == 0
    assert kubectl("get", "secret", "dev-oidc", "-n", "clients", "-o", "name") == "secret/dev-oidc\n"
