"""Verdicts on nodes and pods against the real scheduler: what fits runs, and what is impossible stays pending."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from kubernetes import client

from sandbox.api import connect
from sandbox.cluster import Cluster
from tests.conftest import SEED, Kubectl
from tests.support.pools import Case, Object, cases, described

FITTING, IMPOSSIBLE = 20, 18
DEADLINE_SECONDS = 120
AT_ONCE = 8  # requests to the API server

Scheduled = dict[str, tuple[str | None, str]]  # pod: its node, and why it has none


@pytest.fixture(scope="module")
def drawn(request: pytest.FixtureRequest) -> list[Case]:
    return cases(Random(int(request.config.getoption(SEED))), FITTING, IMPOSSIBLE)


@pytest.fixture(scope="module")
def scheduled(cluster: Cluster, kubectl: Kubectl, drawn: list[Case]) -> Iterator[dict[str, Scheduled]]:
    """By case where each of its pods runs, once the scheduler has looked at them all."""
    core = client.CoreV1Api(connect(cluster.kubeconfig))
    names = [case.name for case in drawn]
    nodes = [node for case in drawn for node in case.nodes()]
    node_names = [node["metadata"]["name"] for node in nodes]
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def each(call: Callable[[Any], Any], items: list[Any]) -> None:
            list(pool.map(call, items))

        each(core.create_node, nodes)
        each(core.create_namespace, [{"metadata": {"name": name}} for name in names])
        eventually(lambda: are_ready(kubectl, set(node_names)))
        eventually(lambda: have_accounts(kubectl, set(names)))
        pods = [pod for case in drawn for pod in case.pods()]
        each(lambda pod: core.create_namespaced_pod(pod["metadata"]["namespace"], pod), pods)
        yield settled(kubectl, drawn)
        each(core.delete_namespace, names)
        each(core.delete_node, node_names)


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"not so within {DEADLINE_SECONDS} s"
        time.sleep(0.1)


def items(kubectl: Kubectl, *arguments: str) -> list[Object]:
    found: list[Object] = json.loads(kubectl("get", *arguments, "--output=json"))["items"]
    return found


def are_ready(kubectl: Kubectl, names: set[str]) -> bool:
    """Whether kwok has taken the nodes over, and the controller its taint off."""
    ready = {
        node["metadata"]["name"]
        for node in items(kubectl, "nodes")
        if any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions", ()))
        and not any(taint["key"].startswith("node.kubernetes.io/") for taint in node["spec"].get("taints", ()))
    }
    return names <= ready


def have_accounts(kubectl: Kubectl, namespaces: set[str]) -> bool:
    accounts = items(kubectl, "serviceaccounts", "--all-namespaces")
    return namespaces <= {account["metadata"]["namespace"] for account in accounts}


def settled(kubectl: Kubectl, drawn: list[Case]) -> dict[str, Scheduled]:
    """Where the pods run when each case is done: all of them do, or the scheduler has said why some cannot.

    A pod may wait for another one, so that a case that fits is done only when all of its pods run.
    """
    fitting = {case.name for case in drawn if case.verdict.kind == "fits"}
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        found: dict[str, Scheduled] = {case.name: {} for case in drawn}
        for pod in items(kubectl, "pods", "--all-namespaces"):
            metadata, conditions = pod["metadata"], pod["status"].get("conditions", [])
            if metadata["namespace"] in found:
                said = [c.get("message", "") for c in conditions if c["type"] == "PodScheduled"]
                found[metadata["namespace"]][metadata["name"]] = (pod["spec"].get("nodeName"), "".join(said))
        done = all(
            node or (said and name not in fitting) for name, pods in found.items() for node, said in pods.values()
        )
        if done or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def pending(pods: Scheduled) -> dict[str, str]:
    return {pod: said for pod, (node, said) in pods.items() if node is None}


@pytest.mark.parametrize("index", range(FITTING))
def test_every_pod_runs_where_all_fit(
    index: int, drawn: list[Case], scheduled: dict[str, Scheduled], pytestconfig: pytest.Config
) -> None:
    case = [case for case in drawn if case.verdict.kind == "fits"][index]
    assert pending(scheduled[case.name]) == {}, f"--hypothesis-seed={pytestconfig.getoption(SEED)}\n{described(case)}"


@pytest.mark.parametrize("index", range(IMPOSSIBLE))
def test_a_pod_stays_pending_where_not_all_can_run(
    index: int, drawn: list[Case], scheduled: dict[str, Scheduled], pytestconfig: pytest.Config
) -> None:
    case = [case for case in drawn if case.verdict.kind == "impossible"][index]
    assert any(pending(scheduled[case.name]).values()), (
        f"--hypothesis-seed={pytestconfig.getoption(SEED)}\n{described(case)}"
    )
