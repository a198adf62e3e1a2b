"""What Kubernetes refuses of a running stack: one line says what to do, and everything that runs stays as it is."""

import json

import pytest

from sandbox.engine import Engine
from tests.conftest import Kubectl
from tests.support import stacks
from tests.support.stacks import write_beside

INGESTER = "tempo-tmrs-ingester"


def test_another_volume_size_stops_the_run_and_three_commands_make_volumes_larger(
    engine: Engine, kubectl: Kubectl
) -> None:
    stack = "volumes"
    write_beside(engine, stack, stacks.dev_spec())
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
    write_beside(engine, stack, stacks.dev_spec())
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
