"""What `python -m ops plan` shows: every number in every format, plain where it must be, within its memory."""

import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from allocation import Figure, Plan
from allocation.go import environment_of, gomemlimit_bytes
from allocation.plan import RESOURCES, SIDES, Resource, quantity
from ops.plan import document, html, markdown, table
from tests.support.commands import PROJECT, SEED_GLOBAL, SEED_PER_COMPONENT, environment, ops
from tests.support.plans import over_allocated

GOLDEN = Path(__file__).parents[1] / "golden"
SUFFIXES = {"table": "txt", "markdown": "md", "json": "json"}
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // (1024 if sys.platform == "darwin" else 1))
"""
MEMORY_KIBIBYTES = 60_000_000 // 1024
COLOUR = re.compile(r"\x1b\[[0-9;]*(3[0-9]|4[0-9]|9[0-9])m")
STYLE = re.compile(r"\x1b\[[0-9;]*m")

# The documented form. A tuple lists what may stand there.
AMOUNTS = {"cpu": (str, None), "memory": (str, None), "ephemeral-storage": (str, None)}
SIDES_OF_AMOUNTS = {"limits": AMOUNTS, "requests": AMOUNTS}
WORDS = {"cpu": (str,), "memory": (str,), "ephemeral-storage": (str,)}
CONTAINER = {
    "component": (str,),
    "container": (str,),
    "workload": (str,),
    "kind": ("Deployment", "StatefulSet", "Job"),
    "replicas": (int,),
    "autoscaled": (None,),
    "limits": AMOUNTS,
    "requests": AMOUNTS,
    "source": {"replicas": (str,), "limits": WORDS, "requests": WORDS},
    "qos": ("Guaranteed", "Burstable", "BestEffort"),
    "gomemlimit": (str, None),
    "gomaxprocs": (int, None),
}
DOCUMENT = {
    "name": (str,),
    "totals": SIDES_OF_AMOUNTS,
    "containers": [CONTAINER],
    "outside": [CONTAINER],
    "allocated": SIDES_OF_AMOUNTS,
    "allocatedAt": {"min": SIDES_OF_AMOUNTS, "max": SIDES_OF_AMOUNTS},
    "surge": SIDES_OF_AMOUNTS,
    "headroom": SIDES_OF_AMOUNTS,
    "storage": {
        "volumes": [
            {
                "component": (str,),
                "volume": (str,),
                "count": (int,),
                "size": (str,),
                "needed": (str, None),
                "source": (str,),
            }
        ],
        "bucket": (str, None),
    },
    "cost": (None,),
    "placement": (None,),
    "tenantNamespaces": [],
    "tuning": [
        {
            "component": (str,),
            "key": (str,),
            "value": (int, str),
            "reason": (str,),
            "source": ("plan", "limits", "size", "extraConfig", "tempo"),
            "planned": (int, str, None),
        }
    ],
    "environment": [
        {
            "component": (str,),
            "container": (str,),
            "name": ("GOMEMLIMIT", "GOMAXPROCS"),
            "value": (int,),
            "reason": (str,),
        }
    ],
    "findings": [
        {"severity": ("error", "warning"), "code": (str,), "path": (str,), "message": (str,), "remedy": (str,)},
    ],
}


def assert_has_form(value: Any, form: Any, where: str = "$") -> None:
    """Exactly the keys of the form, and what it allows at each."""
    if isinstance(form, dict):
        assert isinstance(value, dict), where
        assert list(value) == list(form), where
        for key, inner in form.items():
            assert_has_form(value[key], inner, f"{where}.{key}")
    elif isinstance(form, list):
        assert isinstance(value, list), where
        for index, item in enumerate(value):
            assert_has_form(item, form[0], f"{where}[{index}]")
    else:
        assert any(value is f or value == f or (isinstance(f, type) and type(value) is f) for f in form), where


@pytest.mark.parametrize("form", SUFFIXES)
@pytest.mark.parametrize("case", [SEED_GLOBAL, SEED_PER_COMPONENT], ids=lambda case: case.stem)
def test_the_seed_s_plans_stay_as_they_were_reviewed(case: Path, form: str) -> None:
    """After a wanted change: UPDATE_GOLDEN=1 pytest tests/unit/ops/test_plan.py, and review the difference."""
    golden = GOLDEN / f"{case.stem}.{SUFFIXES[form]}"
    done = ops("plan", case, "--with-minio", "--format", form)
    if "UPDATE_GOLDEN" in os.environ:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(done.out, encoding="utf-8")
    assert (done.code, done.err) == (0, "")
    assert done.out == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", [SEED_GLOBAL, SEED_PER_COMPONENT], ids=lambda case: case.stem)
def test_json_has_the_documented_form(case: Path) -> None:
    assert_has_form(json.loads(ops("plan", case, "--with-minio", "--format", "json").out), DOCUMENT)


def test_json_says_null_where_nothing_decides_a_number() -> None:
    shown = document.document(over_allocated())
    assert_has_form(shown, DOCUMENT)
    jaeger = next(entry for entry in shown["containers"] if entry["container"] == "jaeger-query")
    assert (jaeger["requests"]["memory"], jaeger["source"]["requests"]["memory"]) == (None, "none")
    nothing = {"cpu": None, "memory": None, "ephemeral-storage": None}
    assert shown["totals"]["requests"] == shown["headroom"]["requests"] == nothing
    assert shown["headroom"]["limits"] == nothing | {"cpu": "-500m", "memory": "1200Mi"}


def test_the_documented_example_is_what_the_command_prints() -> None:
    text = (PROJECT / "docs" / "plan.md").read_text(encoding="utf-8")
    example = json.loads(text.split("```json\n", 1)[1].split("```", 1)[0])
    shown = json.loads(ops("plan", SEED_PER_COMPONENT, "--with-minio", "--format", "json").out)
    for key, value in example.items():
        part = shown[key][: len(value)] if isinstance(value, list) else shown[key]
        assert value == part, key


@pytest.mark.parametrize("form", [table, markdown], ids=["table", "markdown"])
def test_every_number_stands_in_its_container_s_rows(form: Any, capsys: pytest.CaptureFixture[str]) -> None:
    plan = over_allocated()
    form.write(plan)
    rows = capsys.readouterr().out.splitlines()
    below = 0
    for workload in plan.every_workload:
        for container in workload.containers:
            below = next(i for i in range(below, len(rows)) if container.name in re.split(r"[\s/]+", rows[i])) + 1
            row, all_replicas = rows[below - 1], rows[below] if workload.replicas > 1 and form is table else ""
            for side in SIDES:
                for resource in RESOURCES:
                    amount = container.figure(side, resource).amount
                    assert amount is None or quantity(resource, amount) in row.split()
                    assert (
                        amount is None
                        or quantity(resource, amount * workload.replicas) in (all_replicas or row).split()
                    )
            assert f"{(gomemlimit_bytes(container) or 0) / 2**20:.1f}Mi" in row
    text = "\n".join(rows).replace("*", "")
    for number in ("2500m", "848Mi", "570m", "234Mi", "-500m", "1200Mi", "125.0%", "41.4%", "78.2%"):
        assert number in text
    for part in ("over-allocated", "spec.resources.total.limits.cpu", "raise the total to 2500m"):
        assert part in text


def test_markdown_is_one_table_with_as_many_cells_in_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    markdown.write(over_allocated())
    resources = capsys.readouterr().out.partition("<details>")[0]
    rows = [line for line in resources.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {len(markdown.columns(over_allocated())) + 1}
    assert set(rows[1]) == set("|-: ")


def test_every_format_says_what_go_is_told_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    plan = over_allocated()
    told = list(environment_of(plan))
    assert len(told) == 2 * 4  # containers
    table.write(plan, unfolded=True)
    listed = " ".join(capsys.readouterr().out.split())
    markdown.write(plan)
    rows = capsys.readouterr().out.replace("\\", "").splitlines()
    html.write(plan)
    page = unescape(re.sub(r"(<[^>]*>)+", "|", capsys.readouterr().out))
    in_json = document.document(plan)["environment"]
    assert len(in_json) == len(told)
    for (workload, container, each), entry in zip(told, in_json, strict=True):
        name = f"{workload.component}/{container.name}"
        assert f"{name} {each.name}: {each.value} {each.reason}" in listed
        assert f"| {name} | {each.name} | {each.value} | {each.reason} |" in rows
        assert f"|{name}|{each.name}|{each.value}|{each.reason}|" in page
        assert entry == {
            "component": workload.component,
            "container": container.name,
            "name": each.name,
            "value": each.value,
            "reason": each.reason,
        }


def test_what_go_is_told_has_no_section_where_no_limit_decides_it(capsys: pytest.CaptureFixture[str]) -> None:
    table.write(Plan("tmrs", {"limits": {}, "requests": {}}, (), (), ()))
    assert "What Go is told" not in capsys.readouterr().out


def test_findings_cannot_break_out_of_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    plan = over_allocated()
    [finding] = plan.findings
    nasty = replace(finding, message="<b>|`x`\n# not a heading", remedy="do *that*")
    markdown.write(Plan(plan.name, plan.totals, plan.workloads, plan.outside, (nasty,)))
    [line] = [line for line in capsys.readouterr().out.splitlines() if "over-allocated" in line]
    assert r"\<b\>\|\`x\` # not a heading; do \*that\*" in line


def test_a_plan_without_error_exits_with_0_and_one_with_an_error_with_1(tmp_path: Path) -> None:
    strict = SEED_PER_COMPONENT.read_text(encoding="utf-8").replace(
        "resources:\n    total:", "resources:\n    onViolation: error\n    total:"
    )
    file = tmp_path / "strict.yaml"
    file.write_text(strict, encoding="utf-8")
    assert ops("plan", SEED_PER_COMPONENT).code == 0
    done = ops("plan", file, "--format", "json")
    assert done.code == 1
    assert ("error", "over-allocated") in {(f["severity"], f["code"]) for f in json.loads(done.out)["findings"]}


def test_piped_output_is_plain_whatever_the_terminal_was() -> None:
    done = ops("plan", SEED_PER_COMPONENT, env={"TERM": "xterm-256color", "COLUMNS": "40"})
    assert "\x1b" not in done.out
    assert "…" not in done.out
    assert all(line == line.rstrip() for line in done.out.splitlines())


def on_terminal(columns: int, **env: str) -> str:
    """What the seed's second plan looks like on a terminal that wide."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "ops", "plan", str(SEED_PER_COMPONENT)],
        cwd=PROJECT,
        env=environment({"TERM": "xterm-256color", "COLUMNS": str(columns)} | env),
        stdout=theirs,
    )
    os.close(theirs)
    chunks = []
    try:
        while chunk := os.read(ours, 65536):
            chunks.append(chunk)
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 0
    return b"".join(chunks).decode().replace("\r\n", "\n")


def test_a_terminal_gets_colour_unless_it_says_no() -> None:
    assert COLOUR.search(on_terminal(120))
    assert not COLOUR.search(on_terminal(120, NO_COLOR="1"))


@pytest.mark.parametrize("columns", [120, 100, 80, 60])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(columns: int) -> None:
    lines = STYLE.sub("", on_terminal(columns)).splitlines()
    rows = lines[2 : next(i for i, line in enumerate(lines) if line.startswith(("warning", "left out")))]
    assert max(map(len, rows)) <= columns
    assert not any("…" in row for row in rows)
    allocated = next(row for row in rows if row.startswith("allocated")).split()
    assert {"2506m", "756m", "2331Mi", "714Mi"} <= set(allocated)
    assert (columns >= 100) == (not any(line.startswith("left out on") for line in lines))


@pytest.mark.parametrize("columns", [40, 20])
def test_on_the_narrowest_terminal_names_fold_and_no_number_is_cut(columns: int) -> None:
    text = STYLE.sub("", on_terminal(columns))
    rows = text.partition("left out")[0].splitlines()[2:]
    assert "…" not in text
    assert max(map(len, rows)) <= max(columns, 40)
    for total in (("2506m", "756m", "2331Mi", "714Mi"), ("-506m", "-", "-283Mi", "-")):
        assert any(row.split()[-4:] == list(total) for row in rows)
    names = "".join(row[: rows[1].index("×")].strip() for row in rows)
    assert "distributor/tempo" in names
    assert "tempo-gateway-opa" in names


def scaled(budget: str) -> Plan:
    """Distributors that scale from 2 to 7 and roll one pod at a time on top; ephemeral storage of theirs alone."""
    plan = over_allocated()
    distributor, frontend = plan.workloads
    container = distributor.containers[0]
    limits: dict[Resource, Figure] = {**container.limits, "ephemeral-storage": Figure(2**30, "override")}
    workload = replace(
        distributor,
        replicas=2 if budget == "min" else 7,
        autoscaled=(2, 7),
        surge=1,
        containers=(replace(container, limits=limits),),
    )
    return replace(plan, workloads=(workload, frontend))


@pytest.mark.parametrize(("budget", "counted", "other"), [("min", 2, ("max", 7)), ("max", 7, ("min", 2))])
def test_the_table_has_the_sums_of_both_bounds_of_an_autoscaler(
    budget: str, counted: int, other: tuple[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    plan = scaled(budget)
    table.write(plan)
    text = capsys.readouterr().out
    rows = {" ".join(line.split()[:3]): line.split() for line in text.splitlines() if line.strip()}
    assert rows["distributor/tempo 2-7 521m"]
    for count in (2, 7):
        assert f"{521 * count}m" in rows[f"all {count} replicas"]
    bound, count = other
    assert rows[f"at {bound} replicas"][3] == f"{521 * count + 937}m"
    assert next(line for line in text.splitlines() if line.startswith("allocated")).split()[1] == (
        f"{521 * counted + 937}m"
    )
    assert f"at {budget} replicas" not in text
    assert rows["rollout surge 521m"][2:4] == ["521m", "157m"]
    assert "EPHEMERAL" in text


def test_markdown_and_json_have_both_bounds_too(capsys: pytest.CaptureFixture[str]) -> None:
    plan = scaled("min")
    markdown.write(plan)
    text = capsys.readouterr().out
    assert "| 2-7 | 521m × 2 = 1042m<br>521m × 7 = 3647m |" in text
    assert "| Ephemeral-storage limit |" in text
    shown = document.document(plan)
    assert shown["containers"][0]["autoscaled"] == {"min": 2, "max": 7}
    assert shown["allocatedAt"]["min"] == shown["allocated"]
    assert shown["allocatedAt"]["max"]["limits"] == {"cpu": "4584m", "memory": "1752Mi", "ephemeral-storage": "7Gi"}
    assert shown["surge"]["limits"] == {"cpu": "521m", "memory": "226Mi", "ephemeral-storage": "1Gi"}


def test_where_nothing_scales_or_surges_there_is_no_line_about_it(capsys: pytest.CaptureFixture[str]) -> None:
    table.write(over_allocated())
    text = capsys.readouterr().out
    assert not [word for word in ("min replicas", "max replicas", "surge", "EPHEMERAL") if word in text]


def test_plan_never_loads_the_engine() -> None:
    done = ops("plan", SEED_GLOBAL, python=("-X", "importtime"))
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in done.complaints}
    assert {"settings", "allocation", "rich"} <= loaded
    assert not loaded & {"pulumi", "pulumi_kubernetes", "grpc", "components"}


def test_json_and_markdown_need_no_table() -> None:
    for form in ("json", "markdown"):
        done = ops("plan", SEED_GLOBAL, "--format", form, python=("-X", "importtime"))
        assert "| rich" not in done.err.replace("|   ", "| ")


def test_plan_stays_within_its_memory() -> None:
    command = [sys.executable, "-m", "ops", "plan", str(SEED_PER_COMPONENT)]
    small_parent = [sys.executable, "-I", "-c", MEASURE]  # a child's peak begins with what its parent held
    done = subprocess.run([*small_parent, *command], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert 0 < int(done.stdout) <= MEMORY_KIBIBYTES
