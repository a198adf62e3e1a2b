"""What `python -m ops diff` shows: every number that differs, and what it does to running pods."""

import io
import json
import os
import re
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from allocation import Figure, allocate
from allocation.plan import Resource
from components.outputs import allocation_table, headroom, totals
from ops.cli import main
from ops.diff import document, markdown, rows, table
from ops.diff.compare import Change, Comparison
from ops.diff.rollout import by_manifests, by_numbers
from ops.diff.snapshot import Snapshot
from settings import load_file
from tests.support.commands import SEED_GLOBAL, SEED_PER_COMPONENT, Done, ops
from tests.support.configs import PASSWORD, SECRETS, config
from tests.support.plans import over_allocated

GOLDEN = Path(__file__).parents[1] / "golden"
SUFFIXES = {"table": "txt", "markdown": "md", "json": "json"}


def stack_file(folder: Path, stack: str, name: str = "new", **changes: Any) -> Path:
    """A stack file with that stack's config, each key of `changes` (`__` for a dot) set."""
    whole = {key: value for key, value in config(stack).items() if stack == "dev" or key not in SECRETS}
    for path, value in changes.items():
        *keys, last = path.split("__")
        at = whole
        for key in keys:
            at = at.setdefault(key, {})
        if value is None:
            at.pop(last, None)
        else:
            at[last] = value
    file = folder / f"Pulumi.{name}.yaml"
    file.write_text(yaml.safe_dump({"config": {f"tempostack:{key}": value for key, value in whole.items()}}))
    return file


def outputs_file(folder: Path, file: Path) -> Path:
    """What `pulumi stack output --json` would say of the deployed stack of `file`."""
    plan = allocate(load_file(str(file)))
    path = folder / "outputs.json"
    path.write_text(
        json.dumps({"allocation": allocation_table(plan), "totals": totals(plan), "headroom": headroom(plan)})
    )
    return path


def compared(*arguments: str | Path) -> dict[str, Any]:
    """`diff --format json`, in this process, where Pulumi is loaded already."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = main(["diff", *map(str, arguments), "--format", "json"])
    assert code in (0, 1), err.getvalue()
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def fates(comparison: dict[str, Any]) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {each["component"]: (each["action"], tuple(each["reasons"])) for each in comparison["workloads"]}


@pytest.mark.parametrize("form", SUFFIXES)
def test_the_seed_s_difference_stays_as_it_was_reviewed(form: str) -> None:
    """After a wanted change: UPDATE_GOLDEN=1 pytest tests/unit/ops/test_diff.py, and review the difference."""
    golden = GOLDEN / f"seed-diff.{SUFFIXES[form]}"
    files = (SEED_GLOBAL.relative_to(Path.cwd()), SEED_PER_COMPONENT.relative_to(Path.cwd()))
    done = ops("diff", *files, "--with-minio", "--format", form)
    if "UPDATE_GOLDEN" in os.environ:
        golden.write_text(done.out, encoding="utf-8")
    assert (done.code, done.err) == (0, "")
    assert done.out == golden.read_text(encoding="utf-8")


def test_a_file_and_itself_differ_in_nothing(tmp_path: Path) -> None:
    file = stack_file(tmp_path, "prod")
    same = compared(file, file)
    assert same["workloads"] == []
    assert {each["change"] for each in same["containers"]} == {"unchanged"}
    shown = ops("diff", file, file).out
    assert "restarts   nothing" in shown
    assert "unchanged  every container" in shown


CHANGES: dict[str, tuple[str, dict[str, Any], dict[str, tuple[str, tuple[str, ...]]]]] = {
    "a config file": (
        "dev",
        {"spec__retention": {"global": {"traces": "24h"}}},
        {"compactor": ("restarts", ("compactor.yaml",))},
    ),
    "replicas alone": ("prod", {"spec__template__querier__replicas": 1}, {"querier": ("scales", ())}),
    "a place": (
        "prod",
        {"spec__template__querier__nodeSelector": {"disk": "fast"}},
        {"querier": ("restarts", ("nodeSelector",))},
    ),
    "numbers of one container": (
        "prod",
        {"spec__template__gateway__opa__resources__limits__memory": "65Mi"},
        {"gateway": ("restarts", ("resources",))},
    ),
    "volumes": ("prod", {"spec__storageSize": "11Gi"}, {"ingester": ("replaced", ("volumeClaimTemplates",))}),
    "an image that a Job runs too": (
        "prod",
        {"minio__image": "quay.io/minio/minio:other"},
        {"minio": ("restarts", ("image",)), "minio-bucket": ("replaced", ("template",))},
    ),
    "a component less": (
        "prod",
        {"minio": {"enabled": False}},
        {"minio": ("deleted", ()), "minio-bucket": ("deleted", ())},
    ),
}


@pytest.mark.parametrize(("stack", "changes", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_what_restarts_is_read_off_the_objects(
    stack: str, changes: dict[str, Any], expected: dict[str, Any], tmp_path: Path
) -> None:
    old, new = stack_file(tmp_path, stack, "old"), stack_file(tmp_path, stack, **changes)
    there = compared(old, new)
    assert there["exact"]
    told = {component: fate for component, fate in fates(there).items() if component in expected}
    assert told == expected
    if "minio" not in changes:  # another store has another Secret, which all the pods read
        assert fates(there) == expected


def test_a_changed_replica_count_is_shown_with_its_pods(tmp_path: Path) -> None:
    old = stack_file(tmp_path, "prod", "old")
    new = stack_file(tmp_path, "prod", spec__template__querier__replicas=1)
    shown = ops("diff", old, new).out
    assert "scales     querier 2 → 1" in shown
    assert "restarts   nothing" in shown
    assert [each["replicas"] for each in compared(old, new)["workloads"]] == [{"old": "2", "new": "1"}]


def test_another_namespace_replaces_every_workload(tmp_path: Path) -> None:
    old, new = stack_file(tmp_path, "dev", "old"), stack_file(tmp_path, "dev", namespace="elsewhere")
    assert set(fates(compared(old, new)).values()) == {("replaced", ("namespace",))}


def test_no_secret_is_shown_or_compared(tmp_path: Path) -> None:
    old = stack_file(tmp_path, "dev", "old", minioRootPassword=PASSWORD)
    new = stack_file(tmp_path, "dev", minioRootPassword="quite another one")
    done = ops("diff", old, new)
    assert "restarts   nothing" in done.out
    assert not [text for text in (PASSWORD, "quite another one") if text in done.out + done.err]


PAIRS = {
    "a larger total": ("dev", {"spec__resources__total__limits__memory": "3Gi"}),
    "replicas": ("prod", {"spec__template__querier__replicas": 3}),
    "no Jaeger UI": ("dev", {"spec__template__queryFrontend": None}),
    "a total of requests": ("dev", {"spec__resources__total__requests": {"cpu": "1", "memory": "1Gi"}}),
    "ephemeral storage": ("dev", {"spec__resources__total__limits__ephemeral-storage": "20Gi"}),
}


@pytest.mark.parametrize(("stack", "changes"), PAIRS.values(), ids=PAIRS.keys())
def test_the_outputs_of_a_deployed_stack_say_as_much_of_its_numbers_as_its_file(
    stack: str, changes: dict[str, Any], tmp_path: Path
) -> None:
    old, new = stack_file(tmp_path, stack, "old"), stack_file(tmp_path, stack, **changes)
    of_files, of_outputs = compared(old, new), compared(new, "--outputs", outputs_file(tmp_path, old))
    by_key = [
        {(each["component"], each["container"]): each for each in comparison["containers"]}
        for comparison in (of_files, of_outputs)
    ]
    assert by_key[0] == by_key[1]
    for key in ("allocated", "allocatedAtMax", "totals", "headroom"):
        assert of_files[key] == of_outputs[key], key
    assert fates(of_outputs).keys() == fates(of_files).keys()
    assert not of_outputs["exact"]
    assert "numbers alone" in of_outputs["notes"][0]


def test_what_numbers_cannot_tell_is_not_told_from_them_and_said(tmp_path: Path) -> None:
    old = stack_file(tmp_path, "dev", "old")
    new = stack_file(tmp_path, "dev", spec__retention={"global": {"traces": "24h"}})
    shown = ops("diff", new, "--outputs", outputs_file(tmp_path, old)).out
    assert "restarts   nothing" in shown
    assert "told from the numbers alone" in shown
    assert "pulumi preview" in shown


def test_a_plan_with_an_error_is_compared_by_its_numbers_and_only_the_new_one_s_counts(tmp_path: Path) -> None:
    broken = stack_file(tmp_path, "seed-per-component", "broken", spec__resources__onViolation="error")
    fine = stack_file(tmp_path, "seed-per-component")
    to_broken, to_fine = ops("diff", fine, broken, "--format", "json"), ops("diff", broken, fine, "--format", "json")
    assert (to_broken.code, to_fine.code) == (1, 0)
    for done in (to_broken, to_fine):
        comparison = json.loads(done.out)
        assert not comparison["exact"]
        assert str(broken) in comparison["notes"][0]


def test_money_is_compared_where_both_files_have_prices(tmp_path: Path) -> None:
    prices = {"currency": "EUR", "cpuHour": 1, "blockGibMonth": "0.5"}
    old = stack_file(tmp_path, "dev", "old", pricing=prices, spec__resources__requestRatio=1)
    new = stack_file(tmp_path, "dev", pricing=prices, spec__resources__requestRatio=1, spec__storageSize="11Gi")
    cost = compared(old, new)["cost"]
    assert cost["currency"] == "EUR"
    changed = {each["component"]: each["min"] for each in cost["components"] if each["min"]["delta"] != "0.00"}
    assert changed.keys() == {"ingester"}
    assert changed["ingester"]["delta"] == cost["total"]["min"]["delta"] == "5.00"
    shown = ops("diff", old, new).out
    assert "EUR per month" in shown
    assert re.search(r"\n  all +\d+\.50 +\d+\.50 +\+5\.00 ", shown), shown
    without = stack_file(tmp_path, "dev", "without")
    assert compared(without, new)["cost"] is None


BAD_OUTPUTS = {
    "nothing deployed": ("{}", "nothing is deployed yet"),
    "not JSON": ("{", "is not JSON"),
    "a list": ("[]", "is not a JSON object"),
    "an older form": ('{"allocation": {"tempo-tmrs-ingester/tempo": {"replicas": 1}}}', "another version"),
    "a secret": ('{"allocation": "[secret]"}', "another version"),
    "no line": ('{"allocation": {"ingester/tempo": "1 × cpu 1"}}', "cpu 1"),
    "totals in another form": ('{"allocation": {}, "totals": 5}', "another version"),
    "no quantity": ('{"allocation": {}, "totals": {"limits": {"cpu": "much"}}}', "another version"),
}


@pytest.mark.parametrize(("text", "said"), BAD_OUTPUTS.values(), ids=BAD_OUTPUTS.keys())
def test_outputs_that_say_nothing_are_one_line(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    file.write_text(text)
    assert_one_line(ops("diff", SEED_GLOBAL, "--outputs", file), said)


def assert_one_line(done: Done, said: str) -> None:
    assert (done.code, done.out, len(done.complaints)) == (2, "", 1), done
    assert said in done.err


def test_outputs_that_cannot_be_read_are_one_line(tmp_path: Path) -> None:
    assert_one_line(ops("diff", SEED_GLOBAL, "--outputs", tmp_path / "none"), "no such file")
    (tmp_path / "image").write_bytes(b"\xff\xfe")
    assert_one_line(ops("diff", SEED_GLOBAL, "--outputs", tmp_path / "image"), "is not text")


def fake_pulumi(folder: Path, script: str) -> dict[str, str]:
    """An environment whose `pulumi` is this script."""
    file = folder / "bin" / "pulumi"
    file.parent.mkdir()
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return {"PATH": f"{file.parent}:/usr/bin:/bin"}


def test_the_deployed_stack_is_the_one_named_else_the_file_s_in_the_file_s_project(tmp_path: Path) -> None:
    file = stack_file(tmp_path, "dev", "here")
    (tmp_path / "Pulumi.yaml").touch()
    env = fake_pulumi(tmp_path, f'echo "$@" >> {tmp_path}/calls; cat {outputs_file(tmp_path, file)}')
    assert ops("diff", file, "--deployed", env=env).out.startswith(f"deployed here → {file}\n")
    assert ops("diff", file, "--stack", "there", env=env).out.startswith("deployed there → ")
    first, second = (tmp_path / "calls").read_text().splitlines()
    assert first == f"stack output --json --non-interactive --color=never --cwd {tmp_path} --stack here"
    assert second.endswith("--stack there")


def test_what_pulumi_complains_of_is_one_line(tmp_path: Path) -> None:
    env = fake_pulumi(tmp_path, "echo \"error: no stack named 'x' found\" >&2; exit 255")
    assert_one_line(ops("diff", SEED_GLOBAL, "--stack", "x", env=env), "no stack named 'x' found")
    assert_one_line(ops("diff", SEED_GLOBAL, "--deployed", env={"PATH": str(tmp_path)}), "`pulumi` is not on PATH")


def test_the_mistakes_of_both_files_are_said_each_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("storageSze: 1Gi\n")
    done = ops("diff", tmp_path / "none.yaml", tmp_path / "bad.yaml")
    assert (done.code, done.out) == (2, "")
    assert done.complaints[0].startswith(f"{tmp_path}/none.yaml: there is no such file")
    assert all(line.startswith(f"{tmp_path}/bad.yaml: spec.") for line in done.complaints[1:])


@pytest.mark.parametrize(
    "arguments",
    [(), (SEED_GLOBAL, "--outputs", "x"), ("--deployed", "--outputs", "x"), ("--outputs", "x", "--stack", "y")],
)
def test_there_is_exactly_one_to_compare_with(arguments: tuple[str | Path, ...]) -> None:
    assert_one_line(ops("diff", SEED_GLOBAL, *arguments), "give two files, or one file and either")


def autoscaled() -> Comparison:
    """Distributors that scale themselves from now on; a container less; more of ephemeral storage."""
    plan = over_allocated()
    distributor, frontend = plan.workloads
    container = distributor.containers[0]
    limits: dict[Resource, Figure] = {**container.limits, "ephemeral-storage": Figure(2**30, "override")}
    container = replace(container, limits=limits)
    scaled = replace(distributor, replicas=2, autoscaled=(2, 10), containers=(container,))
    smaller = replace(frontend, containers=frontend.containers[:1])
    old = Snapshot.of_plan("old", plan)
    new = Snapshot.of_plan("new", replace(plan, workloads=(scaled, smaller)))
    return Comparison(old, new, by_numbers(old, new), False, (), plan.findings)


def test_replicas_under_an_autoscaler_show_both_bounds_and_the_sums_at_the_most(
    capsys: pytest.CaptureFixture[str],
) -> None:
    comparison = autoscaled()
    assert rows.containers(comparison)[0].rows[0] == rows.Row("replicas", "3", "2-10", "-1", "-33.3%")
    shown = document.document(comparison)
    assert shown["containers"][0]["autoscaled"] == {"old": None, "new": {"min": 2, "max": 10}}
    at_most = shown["allocatedAtMax"]["limits"]
    assert (at_most["cpu"]["old"], at_most["cpu"]["new"]) == ("2500m", "5371m")
    assert at_most["ephemeral-storage"]["new"] == "10Gi"
    for form in (table, markdown):
        form.write(comparison)
        out = capsys.readouterr().out
        assert "at max replicas" in out
        assert "2-10" in out
        assert "ephemeral-storage limit" in out


def test_a_container_less_restarts_its_pod_and_is_shown_as_gone() -> None:
    comparison = autoscaled()
    told = {fate.component: (fate.action, fate.reasons) for fate in comparison.fates}
    assert told["query-frontend"] == ("restarts", ("containers",))
    gone = next(block for block in rows.containers(comparison) if block.title == "query-frontend/jaeger-query")
    assert gone.note == "gone"
    assert {row.new for row in gone.rows} == {"-"}


def workload(**spec: Any) -> dict[str, Any]:
    pod = {"metadata": {}, "spec": {"containers": [{"name": "tempo", "image": "a"}]}}
    labels = {"app.kubernetes.io/component": "querier"}
    return {
        "kind": "Deployment",
        "metadata": {"name": "x", "namespace": "y", "labels": labels},
        "spec": {"replicas": 1, "selector": {}, "template": pod} | spec,
    }


def test_what_touches_no_pod_is_a_change_in_place() -> None:
    [fate] = by_manifests([workload()], [workload(strategy={"type": "Recreate"})], {})
    assert (fate.action, fate.reasons) == ("changed", ("strategy",))


def test_a_count_handed_over_to_an_autoscaler_is_no_restart() -> None:
    managed = workload()
    del managed["spec"]["replicas"]
    [fate] = by_manifests([workload()], [managed], {"querier": ("1", "1-5")})
    assert (fate.action, fate.scale) == ("scales", ("1", "1-5"))
    assert by_manifests([managed], [managed], {"querier": ("1-5", "1-5")}) == []


@pytest.mark.parametrize(
    ("old", "new", "delta", "percent"),
    [(4, 5, 1, 25), (4, 4, 0, 0), (0, 5, 5, None), (None, 5, None, None), (5, None, None, None), (-4, -5, -1, -25)],
)
def test_a_difference_is_new_less_old_in_percent_of_old(
    old: int | None, new: int | None, delta: int | None, percent: int | None
) -> None:
    change = Change(old, new)
    assert (change.delta, change.percent, change.differs) == (delta, percent, old != new)
