"""`python -m ops diff` against a stack that the real engine deployed: its word agrees with the engine's preview."""

import json
import subprocess
import sys
from copy import deepcopy
from typing import Any

import pytest

from sandbox.engine import Done, Engine
from tests.support import stacks

STACK = "differ"


def diff(engine: Engine, *options: str) -> Done:
    command = [sys.executable, "-m", "ops", "diff", str(engine.workspace.stack_file(STACK)), *options]
    environment = engine.environment()
    return subprocess.run(command, cwd=stacks.PROJECT, env=environment, capture_output=True, text=True, check=False)


def compared(engine: Engine, *options: str) -> dict[str, Any]:
    done = diff(engine, *options, "--format", "json")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def write(engine: Engine, spec: dict[str, Any]) -> None:
    stacks.write(engine, STACK, spec)
    assert engine.config_set("tempostack:minioRootPassword", stacks.PASSWORD, secret=True).returncode == 0


@pytest.fixture(scope="module")
def deployed(engine: Engine) -> Engine:
    """The dev stack, deployed; before that, `diff` says that nothing is."""
    write(engine, stacks.dev_spec())
    before = diff(engine, "--deployed")
    assert (before.returncode, before.stdout) == (2, "")
    [line] = before.stderr.splitlines()
    assert "nothing is deployed yet" in line
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    return engine


def test_a_stack_just_deployed_differs_in_nothing(deployed: Engine) -> None:
    write(deployed, stacks.dev_spec())
    same = compared(deployed, "--deployed")
    assert same["old"] == f"deployed {STACK}"
    assert same["workloads"] == []
    assert {each["change"] for each in same["containers"]} == {"unchanged"}


@pytest.mark.parametrize("change", ["total", "replicas", "no Jaeger UI"])
def test_what_it_says_of_workloads_is_what_the_engine_would_do(deployed: Engine, change: str) -> None:
    spec = deepcopy(stacks.dev_spec())
    match change:
        case "total":
            spec["resources"]["total"]["limits"]["cpu"] = "3"
        case "replicas":
            spec["template"]["compactor"] = {"replicas": 2}
        case "no Jaeger UI":
            del spec["template"]["queryFrontend"]
    write(deployed, spec)
    told = {each["component"]: each["action"] for each in compared(deployed, "--deployed")["workloads"]}
    updated = {
        name.removeprefix("tempo-tmrs-")
        for kind, _, name in (each.partition("/") for each in stacks.changes(deployed).get("update", set()))
        if kind in ("Deployment", "StatefulSet")
    }
    assert told.keys() == updated != set()
    assert set(told.values()) == {"restarts"}  # a shared total gives more pods less each


def test_the_outputs_in_a_file_say_the_same(deployed: Engine, tmp_path: Any) -> None:
    spec = deepcopy(stacks.dev_spec())
    spec["resources"]["total"]["limits"]["memory"] = "3Gi"
    write(deployed, spec)
    file = tmp_path / "outputs.json"
    file.write_text(deployed.run("stack", "output", "--json").stdout)
    asked, read = compared(deployed, "--deployed"), compared(deployed, "--outputs", str(file))
    assert asked | {"old": ""} == read | {"old": ""}
    assert asked["allocated"]["limits"]["memory"] == {"old": "2Gi", "new": "3Gi", "delta": "1Gi", "percent": 50.0}


def test_a_stack_that_is_not_there_is_one_line(deployed: Engine) -> None:
    done = diff(deployed, "--stack", "nobody-s")
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert "no stack named 'nobody-s' found" in line
