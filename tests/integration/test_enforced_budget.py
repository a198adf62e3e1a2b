"""`resources.enforce` on a real API server: the stack lives and rolls under its quota, and nothing comes beside it."""

import json
import threading
import time
from copy import deepcopy
from typing import Any

import pytest

from allocation import Plan, allocate
from allocation.quota import quota_of
from sandbox.engine import Engine
from settings import Quantity, load_file
from tests.conftest import EngineFactory, Kubectl
from tests.support import stacks
from tests.support.admission import harmless

STACK = "enforced-budget"
COUNTED_WITHIN_SECONDS = 30
IMAGES = ("tempo", "tempoQuery", "jaegerQuery")
TOTAL = {"limits": {"cpu": "4", "memory": "6Gi"}, "requests": {"cpu": "1500m", "memory": "3Gi"}}


def spec_with(total: dict[str, Any], *, enforce: bool = True) -> dict[str, Any]:
    """Several replicas of most components, all classes, and a rollout that brings a pod early."""
    return {
        "storage": {"secret": {"name": "minio", "type": "s3"}},
        "resources": {"total": total, "enforce": enforce},
        "template": {
            "distributor": {"replicas": 3, "qos": "Guaranteed"},
            "ingester": {"replicas": 2},
            "querier": {"replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}},
            "compactor": {"qos": "BestEffort"},
            "queryFrontend": {"component": {"replicas": 2}, "jaegerQuery": {"enabled": True}},
        },
    }


def deploy(engine: Engine, spec: dict[str, Any], tag: str = "one") -> Plan:
    """The spec deployed with images of that tag; its plan."""
    spec["images"] = {image: f"example.com/{image.lower()}:{tag}" for image in IMAGES}
    stacks.write_with_secrets(engine, STACK, spec)
    assert engine.config_set("tempostack:minio.image", f"example.com/minio:{tag}").returncode == 0
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    return allocate(load_file(engine.workspace.stack_file(STACK)))


@pytest.fixture(scope="module")
def engine(engine_factory: EngineFactory) -> Engine:
    return engine_factory()


@pytest.fixture(scope="module")
def plan(engine: Engine) -> Plan:
    """The plan of the deployed stack; what changes it comes last in this file."""
    return deploy(engine, spec_with(TOTAL))


def quota(kubectl: Kubectl) -> dict[str, dict[str, str]]:
    status: dict[str, dict[str, str]] = json.loads(
        kubectl("get", "resourcequota", "tempo-tmrs", "-n", STACK, "-o", "json")
    )["status"]
    return status


def planned(plan: Plan) -> dict[str, Quantity]:
    """What the plan's pods come to, with MinIO's; the Job's pod is done."""
    (minio,) = (workload for workload in plan.outside if workload.kind == "Deployment")
    amounts = {
        (side, resource): plan.allocated(side, resource) + minio.of_one_pod(side, resource)
        for side, resource in quota_of(plan).hard
    }
    return {
        f"{side}.{resource}": Quantity.of_millicores(n) if resource == "cpu" else Quantity.of_bytes(n)
        for (side, resource), n in amounts.items()
    }


def assert_used(kubectl: Kubectl, plan: Plan) -> None:
    """The usage that the cluster counts is the plan's; it counts a little after the fact."""
    deadline = time.monotonic() + COUNTED_WITHIN_SECONDS
    while (used := {key: Quantity.parse(text) for key, text in quota(kubectl)["used"].items()}) != planned(plan):
        assert time.monotonic() < deadline, (used, planned(plan))
        threading.Event().wait(0.1)


def containers(kubectl: Kubectl) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """(component, container) → what runs of it."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for pod in stacks.objects(kubectl, STACK, "pods"):
        for container in pod["spec"]["containers"] if "deletionTimestamp" not in pod["metadata"] else ():
            component = pod["metadata"]["labels"]["app.kubernetes.io/component"]
            found.setdefault((component, container["name"]), []).append(container)
    return found


def test_the_usage_that_the_cluster_counts_is_the_plans_to_the_unit(plan: Plan, kubectl: Kubectl) -> None:
    assert_used(kubectl, plan)
    assert quota(kubectl)["hard"] == quota_of(plan).quota


def test_no_pod_of_the_stack_is_changed_by_it(plan: Plan, kubectl: Kubectl) -> None:
    live = {
        key: {json.dumps(each["resources"], sort_keys=True) for each in running}
        for key, running in containers(kubectl).items()
    }
    wanted = {
        (workload.component, container.name): {
            json.dumps({side: container.quantities(side) for side in ("limits", "requests")}, sort_keys=True)
        }
        for workload in plan.every_workload
        for container in workload.containers
    }
    assert live == wanted


STRAYS = {
    "one beyond the budget": ({"cpu": "700m", "memory": "64Mi"}, "exceeded quota: tempo-tmrs"),
    "one larger than any container of the stack": ({"cpu": "3", "memory": "64Mi"}, "maximum cpu usage per Container"),
    "one without any number": ({}, "exceeded quota: tempo-tmrs"),
}


@pytest.mark.parametrize("stray", STRAYS)
def test_a_pod_beside_the_stack_is_refused(plan: Plan, kubectl: Kubectl, stray: str) -> None:
    limits, why = STRAYS[stray]
    assert why in refused(kubectl, {"limits": limits} if limits else {})


def refused(kubectl: Kubectl, resources: dict[str, Any]) -> str:
    """What the API server says to a pod with these resources."""
    with pytest.raises(AssertionError) as failure:
        kubectl("create", "-n", STACK, "-f", "-", stdin=json.dumps(harmless("stray", resources)))
    return str(failure.value)


def test_every_workload_rolls_under_it(plan: Plan, engine: Engine, kubectl: Kubectl) -> None:
    deploy(engine, spec_with(TOTAL), tag="two")
    live = containers(kubectl)
    assert {each["image"].rpartition(":")[2] for running in live.values() for each in running} == {"two"}
    for workload in plan.workloads:
        for container in workload.containers:
            assert len(live[workload.component, container.name]) == workload.replicas
    assert_used(kubectl, plan)


def test_a_larger_total_is_there_before_the_pods_that_need_it(plan: Plan, engine: Engine, kubectl: Kubectl) -> None:
    larger = {side: {"cpu": "5", "memory": "8Gi"} for side in ("limits", "requests")}
    grown = deploy(engine, spec_with(larger))
    assert grown.allocated("limits", "cpu") > plan.allocated("limits", "cpu") + 500
    assert_used(kubectl, grown)


def test_a_smaller_total_goes_in_two_steps(plan: Plan, engine: Engine, kubectl: Kubectl) -> None:
    smaller = deepcopy(TOTAL)
    smaller["limits"] = {"cpu": "2", "memory": "4Gi"}
    deploy(engine, spec_with(smaller, enforce=False))
    assert kubectl("get", "resourcequota,limitrange", "-n", STACK, "-o", "name") == ""
    shrunk = deploy(engine, spec_with(smaller))
    assert_used(kubectl, shrunk)


def test_more_replicas_that_get_less_each_go_in_three_steps(plan: Plan, engine: Engine, kubectl: Kubectl) -> None:
    """While a quota is there that the old pods fill, the new ones are refused and no old one leaves."""
    before = deploy(engine, spec_with(TOTAL))  # a quota with room for it, whatever the test before this one left
    deploy(engine, spec_with(TOTAL, enforce=False))
    assert kubectl("get", "resourcequota", "-n", STACK, "-o", "name") == ""
    more = spec_with(TOTAL, enforce=False)
    more["template"]["distributor"]["replicas"] = 6
    deploy(engine, deepcopy(more))
    more["resources"]["enforce"] = True
    after = deploy(engine, more)
    assert cpu_of_one_distributor(after) * 2 <= cpu_of_one_distributor(before) + 2
    assert_used(kubectl, after)


def cpu_of_one_distributor(plan: Plan) -> int:
    distributor = plan.workload("distributor")
    assert distributor is not None
    return distributor.of_one_pod("limits", "cpu")
