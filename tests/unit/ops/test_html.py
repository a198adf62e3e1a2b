"""`python -m ops plan --format html`: one file that needs nothing else, and says every number in words too."""

import io
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from allocation import Figure, Plan
from allocation.plan import RESOURCES, SIDES, Resource, StoragePlan, VolumePlan, quantity
from ops.plan import html
from ops.plan.bars import bars
from tests.support.commands import SEED_GLOBAL, ops
from tests.support.plans import over_allocated

VOID = {"meta", "br"}
HOSTILE = "<script>alert('x')</script> & \"quoted\" {{ 7 * 7 }}"


@dataclass
class Page(HTMLParser):
    """A parsed page: its tags with their attributes, and the text outside of `style`."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    style: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> ends nothing"
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["style"]:
            self.style += data
        elif data.strip():
            self.texts.append(" ".join(data.split()))

    def close(self) -> None:
        super().close()
        assert self._open == []


def page(plan: Plan) -> Page:
    with redirect_stdout(io.StringIO()) as text:
        html.write(plan)
    parsed = Page()
    parsed.feed(text.getvalue())
    parsed.close()
    return parsed


def everything() -> Plan:
    """Autoscaled distributors, ephemeral storage, a rollout's surge, volumes, cpu over the total."""
    plan = over_allocated()
    distributor, frontend = plan.workloads
    limits: dict[Resource, Figure] = {
        **distributor.containers[0].limits,
        "ephemeral-storage": Figure(2**30, "override"),
    }
    container = replace(distributor.containers[0], limits=limits)
    scaled = replace(distributor, autoscaled=(3, 7), surge=1, containers=(container,))
    volume = VolumePlan("ingester", "data", "spec.storageSize", 3 * 2**30, 5, "override")
    return replace(plan, workloads=(scaled, frontend), storage=StoragePlan((volume,), 77 * 2**30))


def test_it_is_well_formed_and_refers_to_nothing_outside() -> None:
    parsed = page(everything())
    assert [tag for tag, _ in parsed.tags if tag in ("script", "link", "img", "iframe", "object", "base")] == []
    attributes = {key for _, attributes in parsed.tags for key in attributes}
    assert not {key for key in attributes if key in ("src", "href", "srcset", "action") or key.startswith("on")}
    for word in ("url(", "@import", "http", "expression"):
        assert word not in parsed.style
    for _, given in parsed.tags:
        assert all("url(" not in value for value in given.values())


@pytest.mark.parametrize("plan", [over_allocated(), everything()], ids=["plain", "everything"])
def test_every_number_of_the_plan_stands_in_it(plan: Plan) -> None:
    texts = page(plan).texts
    for workload in plan.every_workload:
        for container in workload.containers:
            assert f"{workload.component}/{container.name}" in texts
            for resource in RESOURCES:
                for side in SIDES:
                    amount = container.figure(side, resource).amount
                    assert amount is None or quantity(resource, amount) in texts
    for resource in plan.resources:
        for side in SIDES:
            for amount in (
                plan.allocated(side, resource),
                plan.allocated_at("min", side, resource),
                plan.allocated_at("max", side, resource),
                plan.surge(side, resource),
                plan.totals.get(side, {}).get(resource, 0),
            ):
                assert not amount or quantity(resource, amount) in texts, (resource, side)
    for finding in plan.findings:
        assert {finding.path, finding.message, finding.remedy} <= set(texts)
        assert f"{finding.severity} {finding.code}" in texts


def test_replicas_volumes_and_the_bucket_stand_in_it() -> None:
    texts = page(everything()).texts
    assert "3-7" in texts
    assert {"3Gi", "15Gi", "expected in the bucket: 77Gi"} <= set(texts)
    assert "rollout surge" in texts


def test_what_stands_in_a_config_is_text_and_never_markup() -> None:
    plan = everything()
    [finding] = plan.findings
    hostile = replace(finding, path=HOSTILE, message=HOSTILE, remedy=HOSTILE)
    volume = replace(plan.storage.volumes[0], name=HOSTILE)
    workload = replace(plan.workloads[0], component=HOSTILE)
    parsed = page(
        replace(
            plan,
            name=HOSTILE,
            findings=(hostile,),
            storage=StoragePlan((volume,)),
            workloads=(workload, *plan.workloads[1:]),
        )
    )
    assert "script" not in {tag for tag, _ in parsed.tags}
    assert parsed.texts.count(HOSTILE) == 8  # the heading, three of the finding, a row for each resource, the volume
    labels = [given["aria-label"] for _, given in parsed.tags if given.get("role") == "img"]
    assert any(HOSTILE in label for label in labels)


def test_every_bar_is_told_in_words_and_fits_its_track() -> None:
    plan = everything()
    for resource in plan.resources:
        drawn = bars(plan, resource)
        assert [bar.label for bar in drawn] == [
            "limits",
            "limits at max replicas",
            "requests",
            "requests at max replicas",
        ]
        for bar in drawn:
            assert sum(float(each.width.rstrip("%")) for each in bar.segments) <= 100.01
            assert all(f"{each.component} {each.amount}" in bar.told for each in bar.segments)
    labels = [given["aria-label"] for _, given in page(plan).tags if given.get("role") == "img"]
    assert labels == [f"{resource} {bar.told}" for resource in plan.resources for bar in bars(plan, resource)]


def test_a_bar_shows_where_the_total_stands_and_what_reaches_beyond_it() -> None:
    [limits, requests] = bars(over_allocated(), "cpu")
    assert (limits.text, limits.total, limits.excess) == ("2500m of 2, 125.0%", "80.000%", "20.000%")
    assert (requests.text, requests.total, requests.excess) == ("570m", None, None)
    [limits, _] = bars(over_allocated(), "memory")
    assert (limits.total, limits.excess) == ("100.000%", None)


def test_a_plan_that_nothing_decides_has_no_bar() -> None:
    plan = Plan("x", {}, (), (), ())
    assert bars(plan, "cpu") == []
    assert any("Nothing decides it" in text for text in page(plan).texts)


def test_it_goes_to_a_file_where_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "plan.html"
    done = ops("plan", SEED_GLOBAL, "--format", "html", "-o", file)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert file.read_text(encoding="utf-8") == ops("plan", SEED_GLOBAL, "--format", "html").out
    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    done = ops("plan", SEED_GLOBAL, "-o", tmp_path / "no" / "folder")
    assert (done.code, done.out, len(done.complaints)) == (2, "", 1)
    assert "cannot be written: no such file or directory" in done.err
