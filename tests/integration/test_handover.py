"""A running component goes to an autoscaler and comes back: no pod is lost on the way, and no `up` takes one away."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sandbox.cluster import Cluster
from sandbox.engine import Engine
from sandbox.toolchain import kubectl as kubectl_binary
from tests.conftest import Kubectl
from tests.support import stacks

DISTRIBUTOR = "tempo-tmrs-distributor"
DEADLINE_SECONDS = 90


def spec_with(**distributor: Any) -> dict[str, Any]:
    """The dev stack with that distributor."""
    spec = stacks.dev_spec()
    spec.setdefault("template", {})["distributor"] = distributor
    return spec


def deployed(engine: Engine, stack: str, **distributor: Any) -> None:
    stacks.write_with_secrets(engine, stack, spec_with(**distributor))
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr


def live(kubectl: Kubectl, stack: str, kind: str = "deployment") -> Any:
    return json.loads(kubectl("get", kind, DISTRIBUTOR, "-n", stack, "-o", "json"))


def cpu_limit(kubectl: Kubectl, stack: str) -> str:
    container = live(kubectl, stack)["spec"]["template"]["spec"]["containers"][0]
    return str(container["resources"]["limits"]["cpu"])


@contextmanager
def watched(cluster: Cluster, kubectl: Kubectl, stack: str) -> Iterator[list[int]]:
    """Every number of replicas that the Deployment asks for in between, in order; complete when the block is left."""
    what = '{.metadata.resourceVersion} {.spec.replicas}{"\\n"}'
    command = [
        str(kubectl_binary()),
        "get",
        "deployment",
        DISTRIBUTOR,
        "-n",
        stack,
        "--watch",
        "-o",
        f"jsonpath={what}",
    ]
    environment = os.environ | {"KUBECONFIG": str(cluster.kubeconfig)}
    asked: list[int] = []
    seen, arrived = set[str](), threading.Condition()

    def read(process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            version, replicas = line.split()
            with arrived:
                seen.add(version)
                asked.append(int(replicas))
                arrived.notify_all()

    def wait_for_now() -> None:
        version = live(kubectl, stack)["metadata"]["resourceVersion"]
        with arrived:
            assert arrived.wait_for(lambda: version in seen, DEADLINE_SECONDS)

    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        reader = threading.Thread(target=read, args=(process,))
        reader.start()
        try:
            wait_for_now()
            yield asked
            wait_for_now()
        finally:
            process.terminate()
            reader.join()


def test_a_running_component_is_handed_to_an_autoscaler_and_taken_back(
    engine: Engine, cluster: Cluster, kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = "handover"
    deployed(engine, stack, replicas=3)
    with watched(cluster, kubectl, stack) as asked:
        deployed(engine, stack, autoscaling={"minReplicas": 2, "maxReplicas": 10})
    assert set(asked) == {3}
    assert live(kubectl, stack, "hpa")["spec"]["minReplicas"] == 2

    kubectl("scale", "deployment", DISTRIBUTOR, "-n", stack, "--replicas=5")  # as an autoscaler does it
    assert engine.preview("--expect-no-changes", "--refresh").returncode == 0
    with watched(cluster, kubectl, stack) as asked:
        deployed(
            engine,
            stack,
            autoscaling={"minReplicas": 2, "maxReplicas": 10},
            resources={"limits": {"cpu": "123m"}},
        )
    assert set(asked) == {5}
    assert cpu_limit(kubectl, stack) == "123m"

    stacks.write_with_secrets(engine, stack, spec_with(replicas=2))
    stacks.take_fields_back(engine, monkeypatch)
    deployed(engine, stack, replicas=2)
    assert live(kubectl, stack)["spec"]["replicas"] == 2
    assert kubectl("get", "hpa", "-n", stack, "-o", "name") == ""


def test_a_component_that_begins_with_an_autoscaler_keeps_the_pods_that_it_asks_for(
    engine: Engine, kubectl: Kubectl
) -> None:
    stack = "autoscaled"
    deployed(engine, stack, autoscaling={"minReplicas": 2, "maxReplicas": 3})
    wait_until(lambda: live(kubectl, stack)["spec"]["replicas"] == 2)  # one pod is below its minimum
    deployed(engine, stack, autoscaling={"minReplicas": 2, "maxReplicas": 3}, resources={"limits": {"cpu": "123m"}})
    assert (live(kubectl, stack)["spec"]["replicas"], cpu_limit(kubectl, stack)) == (2, "123m")


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.2)


def test_without_its_protection_the_number_of_pods_would_fall_to_one(kubectl: Kubectl) -> None:
    """What server-side apply does with a field that its only manager no longer names."""
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "bare", "namespace": "default"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "bare"}},
            "template": {
                "metadata": {"labels": {"app": "bare"}},
                "spec": {"containers": [{"name": "main", "image": "example/none:1"}]},
            },
        },
    }
    apply = ("apply", "--server-side", "--field-manager=pulumi", "-f", "-")
    kubectl(*apply, stdin=json.dumps(manifest))
    del manifest["spec"]["replicas"]  # type: ignore[attr-defined]
    kubectl(*apply, stdin=json.dumps(manifest))
    assert json.loads(kubectl("get", "deployment", "bare", "-o", "json"))["spec"]["replicas"] == 1
    kubectl("delete", "deployment", "bare")
