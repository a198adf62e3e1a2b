"""The dev stack's life in the real Pulumi engine on a real API server: up, no change, change, drift, destroy."""

import base64
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from sandbox.engine import Engine
from tests.conftest import Kubectl
from tests.support import stacks

STACK = "life"


@pytest.fixture(scope="module")
def dev(engine: Engine) -> Engine:
    """The dev stack's spec, deployed."""
    stacks.write(engine, STACK, stacks.dev_spec())
    assert engine.config_set("tempostack:minioRootPassword", stacks.PASSWORD, secret=True).returncode == 0
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    return engine


@pytest.fixture
def spec(dev: Engine) -> Iterator[dict[str, Any]]:
    """A spec to change; the stack file is as it was deployed again afterwards."""
    dev.select(STACK)
    yield deepcopy(stacks.dev_spec())
    stacks.write(dev, STACK, stacks.dev_spec())


def numbers(plan: dict[str, Any]) -> dict[str, Any]:
    """Workload → all that the plan gives its containers."""
    found: dict[str, Any] = {}
    for container in plan["containers"]:
        given = (container["container"], container["replicas"], container["limits"], container["requests"])
        found.setdefault(f"{container['kind']}/{container['workload']}", []).append(given)
    return found


def tuning(plan: dict[str, Any]) -> list[Any]:
    """Tempo's own limits; why they are what they are may change without them, and stands in no file."""
    return [(each["component"], each["key"], each["value"]) for each in plan["tuning"]]


def test_a_preview_without_a_change_is_empty(dev: Engine) -> None:
    dev.select(STACK)
    done = dev.preview("--expect-no-changes", "--refresh")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("resource", "total"), [("cpu", "2100m"), ("cpu", 3), ("memory", "2049Mi"), ("memory", "4Gi")])
def test_a_changed_total_touches_just_the_workloads_whose_numbers_change_and_tempo_s_own_limits(
    dev: Engine, spec: dict[str, Any], resource: str, total: str | int
) -> None:
    before = stacks.plan(dev, STACK)
    done = dev.config_set(f"tempostack:spec.resources.total.limits.{resource}", str(total))
    assert done.returncode == 0, done.stderr
    after = stacks.plan(dev, STACK)
    had, gets = numbers(before), numbers(after)
    assert had != gets
    workloads = {workload for workload in had if had[workload] != gets[workload]}
    files = {"ConfigMap/tempo-tmrs"} if tuning(before) != tuning(after) else set()
    assert stacks.changes(dev) == {"update": workloads | files}


def test_a_preview_shows_what_each_container_had_and_what_it_would_get(dev: Engine, spec: dict[str, Any]) -> None:
    before = stacks.lines(stacks.plan(dev, STACK))
    assert dev.outputs()["allocation"] == before
    assert dev.config_set("tempostack:spec.resources.total.limits.memory", "4Gi").returncode == 0
    after = stacks.lines(stacks.plan(dev, STACK))
    shown = dev.preview("--diff").stdout.partition("outputs:")[2]
    diff = dict(re.findall(r"~ (\S+) *: (.+)", shown.replace('"', "")))
    changed = {key: f"{before[key]} => {after[key]}" for key in before if before[key] != after[key]}
    assert {key: value for key, value in diff.items() if key in before} == changed
    assert "distributor/tempo" in changed
    assert "minio/minio" not in changed


def test_a_changed_retention_touches_just_the_config_and_the_compactor_that_reads_it(
    dev: Engine, spec: dict[str, Any]
) -> None:
    stacks.write(dev, STACK, spec | {"retention": {"global": {"traces": "24h"}}})
    assert stacks.changes(dev) == {"update": {"ConfigMap/tempo-tmrs", "Deployment/tempo-tmrs-compactor"}}


def test_a_new_password_rolls_just_the_pods_that_read_it(dev: Engine, spec: dict[str, Any]) -> None:
    assert dev.config_set("tempostack:minioRootPassword", "another-password", secret=True).returncode == 0
    changes = stacks.changes(dev)
    assert dev.config_set("tempostack:minioRootPassword", stacks.PASSWORD, secret=True).returncode == 0
    touched = set().union(*changes.values())
    assert {"Secret/minio", "Deployment/tempo-tmrs-minio", "StatefulSet/tempo-tmrs-ingester"} <= touched
    assert "Deployment/tempo-tmrs-distributor" not in touched
    assert not any(name.startswith(("ConfigMap/", "Service/", "PersistentVolumeClaim/")) for name in touched)


def test_another_minio_image_replaces_the_job_that_runs_it_since_no_job_changes_in_place(
    dev: Engine, spec: dict[str, Any]
) -> None:
    assert dev.config_set("tempostack:minio.image", "quay.io/minio/minio:another").returncode == 0
    assert stacks.changes(dev) == {
        "update": {"Deployment/tempo-tmrs-minio"},
        "replace": {"Job/tempo-tmrs-minio-bucket"},
    }
    assert dev.run("config", "rm", "--path", "tempostack:minio.image").returncode == 0


def test_the_outputs_have_the_endpoints_the_allocation_and_no_secret_value(dev: Engine) -> None:
    dev.select(STACK)
    outputs = dev.outputs()
    assert set(outputs) >= {"endpoints", "allocation", "totals", "headroom", "secrets"}
    assert set(outputs["endpoints"]) >= {"otlpGrpc", "otlpHttp", "query", "jaegerUi"}
    assert stacks.PASSWORD not in json.dumps(dev.outputs(show_secrets=True))


def test_no_secret_stands_in_the_state_in_plain_text(dev: Engine) -> None:
    dev.select(STACK)
    done = dev.run("stack", "export")
    encoded = base64.b64encode(stacks.PASSWORD.encode()).decode()
    assert stacks.PASSWORD not in done.stdout
    assert encoded not in done.stdout
    assert encoded in dev.run("stack", "export", "--show-secrets").stdout  # the search above can find it


def test_refresh_sees_drift_and_up_mends_it(engine: Engine, kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = "drift"
    stacks.write(engine, stack, stacks.dev_spec())
    engine.config_set("tempostack:minioRootPassword", stacks.PASSWORD, secret=True)
    assert engine.up().returncode == 0
    wanted = {c["container"]: c for c in stacks.plan(engine, stack)["containers"] if c["component"] == "querier"}

    stray = '{"spec":{"template":{"spec":{"containers":[{"name":"tempo","resources":{"limits":{"cpu":"7"}}}]}}}}'
    kubectl("patch", "deployment", "tempo-tmrs-querier", "-n", stack, "-p", stray)
    kubectl("delete", "service", "tempo-tmrs-querier", "-n", stack)

    refreshed = engine.refresh()
    assert refreshed.returncode == 0, refreshed.stdout
    stacks.take_fields_back(engine, monkeypatch)
    changes = stacks.changes(engine)
    assert changes == {"update": {"Deployment/tempo-tmrs-querier"}, "create": {"Service/tempo-tmrs-querier"}}

    assert engine.up().returncode == 0
    live = json.loads(kubectl("get", "deployment", "tempo-tmrs-querier", "-n", stack, "-o", "json"))
    limits = live["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert limits == wanted["tempo"]["limits"]
    kubectl("get", "service", "tempo-tmrs-querier", "-n", stack)

    destroyed = engine.destroy()
    assert destroyed.returncode == 0, destroyed.stdout
    assert kubectl("get", "namespace", stack, "--ignore-not-found") == ""
    assert kubectl("get", "deployments,statefulsets,pods,services,secrets,pvc", "-n", stack, "-o", "name") == ""
    assert "kubernetes:" not in engine.run("stack", "export").stdout
