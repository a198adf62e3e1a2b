"""kube-score on the rendered objects: nothing critical, but for the exceptions that docs/pods.md gives a reason for."""

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from sandbox.catalog import KUBERNETES_VERSION
from sandbox.toolchain import binary
from tests.support.stacks import CASES, PROJECT, render

PAGE = PROJECT / "docs" / "pods.md"
STACKS = {
    "dev": PROJECT / "Pulumi.dev.yaml",
    "prod": PROJECT / "Pulumi.prod.yaml",
    "seed-global": CASES / "seed-global.yaml",
    "seed-per-component": CASES / "seed-per-component.yaml",
}
ON_OPENSHIFT = set(STACKS) - {"dev"}
CRITICAL = 1
COUNTS = {"dev": 7, "prod": 16, "seed-global": 16, "seed-per-component": 16}  # as the page gives them


@cache
def exceptions() -> dict[str, set[str]]:
    """Check -> the stacks where it is let be, as the page's table has it."""
    table = PAGE.read_text(encoding="utf-8").split("| check | in |", 1)[1].split("\n\n", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    where = {"every stack": set(STACKS), "stacks on OpenShift": ON_OPENSHIFT}
    assert all(len(reason) > 50 for _, _, reason in rows)
    return {check.strip("`"): where[place] for check, place, _ in rows}


@cache
def criticals(stack: str) -> tuple[tuple[str, str], ...]:
    """(check, object) of whatever kube-score calls critical in what is rendered of the stack."""
    return tuple(_criticals(render(STACKS[stack])))


def _criticals(objects: str) -> Iterator[tuple[str, str]]:
    version = ".".join(KUBERNETES_VERSION.split(".")[:2])
    command = [str(binary("kube-score")), "score", f"--kubernetes-version={version}", "--output-format=json", "-"]
    done = subprocess.run(command, input=objects, capture_output=True, text=True, check=False)
    scored: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(scored) >= 12, done.stderr
    for each in scored:
        for check in each["checks"]:
            if not check["skipped"] and check["grade"] == CRITICAL:
                yield check["check"]["id"], each["object_name"]


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_critical_but_the_exceptions(stack: str) -> None:
    allowed = {check for check, stacks in exceptions().items() if stack in stacks}
    assert [found for found in criticals(stack) if found[0] not in allowed] == []
    assert len(criticals(stack)) == COUNTS[stack]


@pytest.mark.parametrize("check", exceptions())
def test_an_exception_is_still_needed_wherever_it_is_made(check: str) -> None:
    assert {stack for stack in STACKS if check in dict(criticals(stack))} == exceptions()[check]


def test_a_defect_would_be_found() -> None:
    """Each is what the judge has to see, so that its silence about the stacks says something."""
    objects = list(yaml.safe_load_all(render(STACKS["dev"])))
    querier = next(o for o in objects if o["kind"] == "Deployment" and o["metadata"]["name"].endswith("querier"))
    container = querier["spec"]["template"]["spec"]["containers"][0]
    container["image"] = "docker.io/grafana/tempo:latest"
    container["securityContext"]["readOnlyRootFilesystem"] = False
    for side in ("limits", "requests"):
        del container["resources"][side]["ephemeral-storage"]
    del container["readinessProbe"]
    rest = [o for o in objects if o["kind"] != "NetworkPolicy"]
    found = {check for check, name in _criticals(yaml.safe_dump_all(rest)) if "querier" in name}
    assert found >= {
        "container-image-tag",
        "container-security-context-readonlyrootfilesystem",
        "container-ephemeral-storage-request-and-limit",
        "pod-probes",
        "pod-networkpolicy",
    }
