"""The sandbox's control plane behaves like a cluster: it schedules, binds, completes, and refuses."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from kubernetes import client, utils

from sandbox import cluster as sandbox_cluster
from sandbox.api import connect
from sandbox.cluster import Cluster

DEADLINE_SECONDS = 30
POD = {"restartPolicy": "Always", "containers": [{"name": "main", "image": "example/none:1"}]}


@pytest.fixture
def api(cluster: Cluster) -> client.ApiClient:
    return connect(cluster.kubeconfig)


@pytest.fixture
def namespace(api: client.ApiClient, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of the test's own, ready for pods."""
    name = request.node.name.replace("_", "-")[:60].rstrip("-")
    core = client.CoreV1Api(api)
    create(api, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    eventually(lambda: core.list_namespaced_service_account(name).items)
    yield name
    core.delete_namespace(name)


def create(api: client.ApiClient, manifest: dict[str, Any], namespace: str | None = None) -> None:
    keywords = {"namespace": namespace} if namespace else {}
    utils.create_from_dict(api, manifest, **keywords)  # type: ignore[no-untyped-call]


def eventually(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"not so within {DEADLINE_SECONDS} s"
        time.sleep(0.05)


def workload(kind: str, **spec: Any) -> dict[str, Any]:
    labels = {"app": "it"}
    template = {"metadata": {"labels": labels}, "spec": POD}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "it"},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


def test_a_deployment_becomes_ready_on_several_nodes(api: client.ApiClient, namespace: str) -> None:
    create(api, workload("Deployment", replicas=3), namespace)

    def three_ready() -> bool:
        status = client.AppsV1Api(api).read_namespaced_deployment("it", namespace).status
        return status is not None and status.ready_replicas == 3

    eventually(three_ready)
    pods = client.CoreV1Api(api).list_namespaced_pod(namespace).items
    assert len({pod.spec.node_name for pod in pods if pod.spec}) > 1


def test_a_stateful_sets_claims_are_bound_and_its_pods_ready(api: client.ApiClient, namespace: str) -> None:
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    create(api, workload("StatefulSet", replicas=2, serviceName="it", volumeClaimTemplates=[claim]), namespace)

    def two_ready() -> bool:
        status = client.AppsV1Api(api).read_namespaced_stateful_set("it", namespace).status
        return status is not None and status.ready_replicas == 2

    eventually(two_ready)
    claims = client.CoreV1Api(api).list_namespaced_persistent_volume_claim(namespace).items
    assert [c.status.phase for c in claims if c.status] == ["Bound", "Bound"]


def test_a_job_completes(api: client.ApiClient, namespace: str) -> None:
    spec = {"template": {"spec": {**POD, "restartPolicy": "Never"}}}
    create(api, {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "it"}, "spec": spec}, namespace)

    def succeeded() -> bool:
        status = client.BatchV1Api(api).read_namespaced_job("it", namespace).status
        return status is not None and status.succeeded == 1

    eventually(succeeded)


def test_a_pod_that_asks_for_more_than_any_node_has_is_not_scheduled(api: client.ApiClient, namespace: str) -> None:
    container = {**POD["containers"][0], "resources": {"requests": {"cpu": "1000"}}}  # type: ignore[dict-item]
    create(
        api,
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "it"}, "spec": {"containers": [container]}},
        namespace,
    )

    def unschedulable() -> bool:
        status = client.CoreV1Api(api).read_namespaced_pod("it", namespace).status
        conditions = (status and status.conditions) or []
        return any(c.reason == "Unschedulable" for c in conditions)

    eventually(unschedulable)


def test_pod_security_restricted_refuses_a_root_pod(api: client.ApiClient, namespace: str) -> None:
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    client.CoreV1Api(api).patch_namespace(namespace, labels)
    with pytest.raises(utils.FailToCreateError, match='violates PodSecurity \\\\"restricted'):
        create(api, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "it"}, "spec": POD}, namespace)


def test_starting_it_again_changes_nothing(cluster: Cluster) -> None:
    before = cluster.processes
    assert sandbox_cluster.up(cluster.name) == cluster
    assert cluster.processes == before


def test_nobody_else_can_read_its_credentials(cluster: Cluster) -> None:
    assert cluster.folder.stat().st_mode & 0o077 == 0
    for file in (cluster.kubeconfig, *(cluster.folder / "pki").iterdir(), cluster.folder / "tokens.csv"):
        assert file.stat().st_mode & 0o077 == 0, file


START_AND_HANG = """
import os, signal, sys
from sandbox.cluster import up
from sandbox.processes import Process
print(up(sys.argv[1], owner=Process.of("owner", os.getpid())).name, flush=True)
signal.pause()
"""


def test_what_a_killed_run_left_is_ended_by_the_next_start(cluster: Cluster) -> None:
    """The second sandbox runs beside the first, its owner is killed without a word, and any later start clears it."""
    name = f"{cluster.name}-killed"
    owner = subprocess.Popen([sys.executable, "-c", START_AND_HANG, name], stdout=subprocess.PIPE, text=True)
    try:
        assert owner.stdout
        assert owner.stdout.readline().strip() == name
        left = sandbox_cluster.find(name)
        assert left
        assert left.server != cluster.server
        orphans = [process.pid for process in left.processes]
        owner.kill()
        owner.wait()
        assert all(psutil.pid_exists(pid) for pid in orphans)

        sandbox_cluster.up(cluster.name)
        assert not left.folder.exists()
        assert not any(psutil.pid_exists(pid) for pid in orphans)
    finally:
        owner.kill()
        sandbox_cluster.down(name)


def test_one_whose_part_has_died_is_started_anew(cluster: Cluster) -> None:
    name = f"{cluster.name}-broken"
    try:
        first = sandbox_cluster.up(name).processes
        victim = next(p for p in first if p.name == "kube-apiserver")
        os.kill(victim.pid, 9)
        eventually(lambda: not victim.running())
        assert sandbox_cluster.find(name) is None
        second = sandbox_cluster.up(name)
        assert sandbox_cluster.find(name) == second
        assert not any(process.running() for process in first)
    finally:
        sandbox_cluster.down(name)


def test_status_tells_what_runs(cluster: Cluster) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "status", "--json"], capture_output=True, text=True, check=True
    )
    mine = next(s for s in json.loads(done.stdout) if s["name"] == cluster.name)
    assert mine["running"]
    assert mine["kubeconfig"] == str(cluster.kubeconfig)
    assert {p["name"] for p in mine["processes"]} == {
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kwok",
    }
    assert all(p["memory_bytes"] > 0 for p in mine["processes"])
