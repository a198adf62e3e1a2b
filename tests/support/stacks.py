"""Stack files for the tests on real parts: the seed's specs as Pulumi stacks, deployed side by side in one cluster."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from sandbox.engine import Done, Engine

PROJECT = Path(__file__).resolve().parents[2]
CASES = PROJECT / "tests" / "cases"
PASSWORD = "a-test-s-password"
COOKIE_KEY = "a-test-s-cookie-key"
TAKE_BACK = "PULUMI_K8S_ENABLE_PATCH_FORCE=true"


def case(name: str) -> dict[str, Any]:
    """The `spec` of one of the seed's files."""
    document: dict[str, Any] = yaml.safe_load((CASES / f"{name}.yaml").read_text())
    spec: dict[str, Any] = document["spec"]
    return spec


def dev_spec() -> dict[str, Any]:
    """The `spec` of the project's own Pulumi.dev.yaml."""
    spec: dict[str, Any] = yaml.safe_load((PROJECT / "Pulumi.dev.yaml").read_text())["config"]["tempostack:spec"]
    return spec


def static_spec(*tenants: str, clients: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """The dev stack's spec with these tenants behind a gateway; `clients`: tenant -> Secret with its OIDC client."""
    role = {"name": "all", "resources": ["traces"], "tenants": list(tenants), "permissions": ["read", "write"]}
    binding = {"name": "team", "roles": ["all"], "subjects": [{"kind": "group", "name": "team"}]}
    authentication = []
    for name in tenants:
        callback = f"https://tempo.example.com/oidc/{name}/callback"
        oidc: dict[str, Any] = {"issuerURL": "https://id.example.com", "redirectURL": callback}
        oidc |= {"secret": {"name": clients[name]}} if name in clients else {}
        authentication.append({"tenantName": name, "tenantId": name, "oidc": oidc})
    authorization = {"roles": [role], "roleBindings": [binding]}
    return dev_spec() | {
        "tenants": {"mode": "static", "authentication": authentication, "authorization": authorization},
        "template": {"gateway": {"enabled": True}},
    }


def write(engine: Engine, stack: str, spec: dict[str, Any]) -> None:
    """Give `stack` this spec in a namespace of its own, keeping what else stands in its file, and select it."""
    file = engine.workspace.stack_file(stack)
    document = yaml.safe_load(file.read_text()) if file.exists() else {"config": {}}
    document["config"] |= {
        "tempostack:name": "tmrs",
        "tempostack:namespace": stack,
        "tempostack:minio": {"enabled": True},
        "tempostack:spec": spec,
    }
    file.write_text(yaml.safe_dump(document))
    engine.select(stack)


def write_beside(engine: Engine, stack: str, spec: dict[str, Any], **config: str) -> None:
    """The same with MinIO's password, and other keys beside the spec."""
    write(engine, stack, spec)
    for key, value in (("minioRootPassword", PASSWORD), *config.items()):
        done = engine.config_set(f"tempostack:{key}", value, secret=value == PASSWORD)
        assert done.returncode == 0, done.stderr


def write_with_secrets(engine: Engine, stack: str, spec: dict[str, Any]) -> None:
    """The same, with the secrets that the seed's multi-tenant stacks need."""
    write(engine, stack, spec)
    for key, value in (("minioRootPassword", PASSWORD), ("gatewayCookieKey", COOKIE_KEY)):
        done = engine.config_set(f"tempostack:{key}", value, secret=True)
        assert done.returncode == 0, done.stderr


def take_fields_back(engine: Engine, monkeypatch: Any) -> None:
    """Follows the line in which a provider before 4.29 ends after another program changed fields of the stack."""
    done = engine.preview()
    if done.returncode != 0:
        [line] = told(done, TAKE_BACK)
        assert " in namespace " in line
        monkeypatch.setenv(*TAKE_BACK.split("="))


def told(done: Done, words: str) -> list[str]:
    """The errors with these words in what a pulumi command printed, each once: it shows them twice."""
    lines = (line.strip().rpartition("error: ")[2] for line in (done.stdout + done.stderr).splitlines())
    return list(dict.fromkeys(line for line in lines if words in line))


def plan(engine: Engine, stack: str) -> dict[str, Any]:
    """What `python -m ops plan` says of a stack's file."""
    command = [sys.executable, "-m", "ops", "plan", str(engine.workspace.stack_file(stack)), "--format", "json"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def render(file: Path, *options: str) -> str:
    """What `python -m ops render` prints of a stack's file: YAML documents, encrypted secrets masked.

    The seed's TempoStacks come with MinIO, as its step 1 has it.
    """
    with_minio = ["--with-minio"] if file.parent == CASES else []
    command = [sys.executable, "-m", "ops", "render", str(file), *with_minio, *options]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rendered(file: Path) -> list[dict[str, Any]]:
    """The objects in it."""
    return [each for each in yaml.safe_load_all(render(file)) if each]


def rendered_prod(folder: Path, place: tuple[str, ...], value: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects of Pulumi.prod.yaml with this value at a place of its `spec`."""
    document = yaml.safe_load((PROJECT / "Pulumi.prod.yaml").read_text())
    block = document["config"]["tempostack:spec"]
    for key in place[:-1]:
        block = block[key]
    block[place[-1]] = value
    file = folder / "Pulumi.prod.yaml"
    file.write_text(yaml.safe_dump(document))
    return rendered(file)


def lines(plan: dict[str, Any]) -> dict[str, str]:
    """What the program exports for such a plan: `component/container` → one line, told by hand."""
    return {
        f"{c['component']}/{c['container']}": "{} × cpu {}/{}, memory {}/{}{}".format(
            c["replicas"],
            *(c[side][resource] or "-" for resource in ("cpu", "memory") for side in ("limits", "requests")),
            end,
        )
        for part, end in (("containers", ""), ("outside", ", outside the total"))
        for c in plan[part]
    }


def changes(engine: Engine) -> dict[str, set[str]]:
    """What a preview would do: operation → `Kind/name` of every Kubernetes object, without those that stay."""
    found: dict[str, set[str]] = {}
    for step in engine.preview_steps():
        state = step.get("newState") or step["oldState"]
        if step["op"] == "same" or not state["type"].startswith("kubernetes:"):
            continue
        kind = state["type"].rpartition(":")[2]
        name = state.get("inputs", {}).get("metadata", {}).get("name", state["urn"].rpartition("::")[2])
        found.setdefault(step["op"], set()).add(f"{kind}/{name}")
    return found


def objects(cluster_kubectl: Any, namespace: str, kinds: str) -> list[dict[str, Any]]:
    """The live objects of these kinds in a namespace."""
    items: list[dict[str, Any]] = json.loads(cluster_kubectl("get", kinds, "-n", namespace, "-o", "json"))["items"]
    return items
