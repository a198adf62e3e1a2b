"""What reports say of the nodes: a section of the plan in every format, and the page in docs/."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from allocation import Plan
from allocation.placement import Obstacle, Placement, Verdict
from ops.plan import document, markdown, table
from tests.support.commands import PROJECT, ops
from tests.support.plans import over_allocated

FITS = Verdict("fits")
FULL = Verdict(
    "impossible", (Obstacle(("ingester", "querier"), "spec.template.ingester", "request too much", "add nodes"),)
)
PAGE = (PROJECT / "docs" / "nodes.md").read_text()


def with_placement(at_min: Verdict, at_max: Verdict, autoscaled: tuple[int, int] | None = None) -> Plan:
    plan = over_allocated()
    first = replace(plan.workloads[0], autoscaled=autoscaled)
    return replace(plan, workloads=(first, *plan.workloads[1:]), placement=Placement(at_min, at_max))


def printed(form: Any, plan: Plan, capsys: pytest.CaptureFixture[str]) -> list[str]:
    form.write(plan)
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(("form", "row"), [(table, "all fits -"), (markdown, "| all | fits | - |")])
def test_a_stack_without_autoscalers_has_one_verdict(form: Any, row: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert row in printed(form, with_placement(FITS, FITS), capsys)


@pytest.mark.parametrize(
    ("form", "rows"),
    [
        (table, ["the fewest fits -", "the most impossible ingester, querier"]),
        (markdown, ["| the fewest | fits | - |", "| the most | impossible | ingester, querier |"]),
    ],
)
def test_a_stack_with_autoscalers_has_two(form: Any, rows: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(form, with_placement(FITS, FULL, autoscaled=(2, 10)), capsys)
    assert [line for line in lines if line in rows] == rows


@pytest.mark.parametrize("form", [table, markdown])
def test_nothing_is_said_without_node_pools(form: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert not [line for line in printed(form, over_allocated(), capsys) if "verdict" in line]


def test_json_has_both_verdicts_with_what_stands_in_the_way() -> None:
    obstacle = {
        "pods": ("ingester", "querier"),
        "path": "spec.template.ingester",
        "message": "request too much",
        "remedy": "add nodes",
    }
    assert document.document(with_placement(FITS, FULL, (2, 10)))["placement"] == {
        "min": {"verdict": "fits", "obstacles": []},
        "max": {"verdict": "impossible", "obstacles": [obstacle]},
    }
    assert document.document(over_allocated())["placement"] is None


def test_the_documented_plan_is_what_the_command_prints(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(config:.*?)```", PAGE, re.DOTALL)
    (output,) = re.findall(r"```text\n(nodes\n.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "Pulumi.nodes.yaml"
    file.write_text(example)
    done = ops("plan", file)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(f"\n{output}")
    placement = json.loads(ops("plan", file, "--format", "json").out)["placement"]
    assert (placement["min"]["verdict"], placement["max"]["verdict"]) == ("fits", "impossible")
