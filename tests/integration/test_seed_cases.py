"""Both of the seed's specs and the project's own dev stack, rolled out on a real API server by the real engine."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.engine import Engine
from tests.conftest import EngineFactory, Kubectl
from tests.support import references, stacks
from tests.support.stacks import PROJECT, rendered

SPECS = {"seed-global": "seed-global", "seed-per-component": "seed-per-component", "dev": None}
WORKLOADS = "deployments,statefulsets,jobs"


@pytest.fixture(scope="module")
def engine(engine_factory: EngineFactory) -> Engine:
    return engine_factory()


@pytest.fixture(scope="module", params=SPECS)
def rolled_out(request: pytest.FixtureRequest, engine: Engine) -> tuple[str, dict[str, Any], Path]:
    """A deployed spec: its namespace, its plan, its stack file."""
    stack = f"case-{request.param}"
    case = SPECS[request.param]
    stacks.write_with_secrets(engine, stack, stacks.dev_spec() if case is None else stacks.case(case))
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    return stack, stacks.plan(engine, stack), engine.workspace.stack_file(stack)


RolledOut = tuple[str, dict[str, Any], Path]


def planned(plan: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """(workload, container) → its line of the plan, inside and outside the total."""
    return {(c["workload"], c["container"]): c for c in plan["containers"] + plan["outside"]}


def test_every_workload_is_ready_with_the_replicas_of_the_plan(rolled_out: RolledOut, kubectl: Kubectl) -> None:
    namespace, plan, _ = rolled_out
    live = {o["metadata"]["name"]: o for o in stacks.objects(kubectl, namespace, WORKLOADS)}
    assert set(live) == {workload for workload, _ in planned(plan)}
    for (workload, _), line in planned(plan).items():
        status = live[workload]["status"]
        ready = status.get("succeeded") if line["kind"] == "Job" else status.get("readyReplicas")
        assert ready == line["replicas"], (workload, status)


def test_every_container_has_just_the_resources_of_the_plan(rolled_out: RolledOut, kubectl: Kubectl) -> None:
    namespace, plan, _ = rolled_out
    live = {
        (o["metadata"]["name"], c["name"]): {side: c["resources"].get(side, {}) for side in ("limits", "requests")}
        for o in stacks.objects(kubectl, namespace, WORKLOADS)
        for c in o["spec"]["template"]["spec"]["containers"]
    }
    wanted = {
        key: {side: {k: v for k, v in line[side].items() if v is not None} for side in ("limits", "requests")}
        for key, line in planned(plan).items()
    }
    assert live == wanted


def test_kubernetes_gives_every_pod_the_qos_class_of_the_plan(rolled_out: RolledOut, kubectl: Kubectl) -> None:
    namespace, plan, _ = rolled_out
    live = {
        (pod["metadata"]["labels"]["app.kubernetes.io/component"], pod["status"]["qosClass"])
        for pod in stacks.objects(kubectl, namespace, "pods")
    }
    assert live == {(line["component"], line["qos"]) for line in planned(plan).values()}


def test_every_claim_is_bound(rolled_out: RolledOut, kubectl: Kubectl) -> None:
    namespace, _, _ = rolled_out
    claims = stacks.objects(kubectl, namespace, "pvc")
    assert {c["metadata"]["name"]: c["status"]["phase"] for c in claims} == {
        "data-tempo-tmrs-ingester-0": "Bound",
        "tempo-tmrs-minio": "Bound",
    }


def test_every_rendered_object_passes_the_servers_strict_field_validation(
    rolled_out: RolledOut, kubectl: Kubectl
) -> None:
    namespace, _, file = rolled_out
    objects = rendered(file)
    for secret in (o for o in objects if o["kind"] == "Secret"):
        secret["data"] = dict.fromkeys(secret["data"], "bWFza2Vk")  # a mask is no base64
    fresh = yaml.safe_dump_all(objects).replace(f"namespace: {namespace}", "namespace: default")
    said = kubectl(
        "apply", "--server-side", "--dry-run=server", "--validate=strict", "--force-conflicts", "-f", "-", stdin=fresh
    )
    assert len(said.splitlines()) == len(objects)


def test_everything_an_object_refers_to_is_there(rolled_out: RolledOut) -> None:
    assert references.missing(rendered(rolled_out[2])) == []


@pytest.mark.parametrize("gone", ["ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim", "Deployment"])
def test_a_missing_object_would_be_noticed(rolled_out: RolledOut, gone: str) -> None:
    objects = [o for o in rendered(rolled_out[2]) if o["kind"] != gone]
    assert references.missing(objects) != []


@pytest.mark.parametrize("gone", ["Route", "Service", "ServiceAccount", "ClusterRole"])
def test_a_way_in_or_a_right_that_leads_nowhere_would_be_noticed(gone: str) -> None:
    objects = rendered(PROJECT / "Pulumi.prod.yaml")
    fewer = references.missing([o for o in objects if o["kind"] != gone])
    assert [line for line in fewer if line.startswith(("Route/", "ServiceAccount/", "ClusterRoleBinding/"))]
    assert references.missing(objects) == []


def test_what_is_rendered_is_what_was_deployed(rolled_out: RolledOut, kubectl: Kubectl) -> None:
    namespace, _, file = rolled_out
    kinds = "deployments,statefulsets,jobs,services,configmaps,secrets,serviceaccounts,pvc,routes,networkpolicies"
    live = {
        (o["kind"], o["metadata"]["name"])
        for o in stacks.objects(kubectl, namespace, kinds)
        if o["metadata"]["name"] not in ("default", "kube-root-ca.crt")
        and not (o["kind"] == "PersistentVolumeClaim" and "ingester" in o["metadata"]["name"])  # the StatefulSet's own
    }
    in_none = ("Namespace", "ClusterRole", "ClusterRoleBinding")
    declared = {(o["kind"], o["metadata"]["name"]) for o in rendered(file) if o["kind"] not in in_none}
    assert live == declared


def test_a_rendered_stack_can_be_applied_by_kubectl_as_it_stands(kubectl: Kubectl, tmp_path: Path) -> None:
    config = yaml.safe_load((PROJECT / "Pulumi.dev.yaml").read_text())
    config["config"]["tempostack:namespace"] = "applied"
    file = tmp_path / "Pulumi.applied.yaml"
    file.write_text(yaml.safe_dump(config))
    kubectl("apply", "--server-side", "-f", "-", stdin=stacks.render(file, "--show-secrets"))
    for workload in ("deployment/tempo-tmrs-query-frontend", "statefulset/tempo-tmrs-ingester"):
        kubectl("rollout", "status", workload, "-n", "applied", "--timeout=60s")
    secret = json.loads(kubectl("get", "secret", "minio", "-n", "applied", "-o", "json"))
    assert set(secret["data"]) >= {"endpoint", "bucket", "access_key_id", "access_key_secret"}
