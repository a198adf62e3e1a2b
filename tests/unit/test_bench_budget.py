"""What the benchmark of splits runs, what it still has to run, and what it says of what it found."""

from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from allocation import allocate
from bench.budget import Wanted, first_rate, missing
from bench.budget_report import cells, lines, markdown
from bench.figure import BEGIN, END, svg, with_table
from bench.planes import Stack
from bench.search import Effort
from bench.splits import CONTAINERS, OPERATORS_SETTINGS, Split, Total, limited
from sandbox.load import SMALL
from tests.unit.strategies import settings_of

TOTAL = Total.parse("500m/1Gi")
LOAD: dict[str, Any] = {"shape": [10, 200], "block_seconds": 30, "confirm_seconds": 60}
WANTED = Wanted((TOTAL,), (Split.parse("operator"), Split.parse("ours")), ("ingest", "query"), SMALL, 30, Effort(), 2)
STACKS = {(TOTAL, split): Stack(({"kind": "ConfigMap", "data": {"split": str(split)}},)) for split in WANTED.splits}


def record(split: str, rate: float, number: int = 1, mix: str = "ingest", fingerprint: str = "a") -> dict[str, Any]:
    """One search's line, as far as anybody reads it."""
    return {
        "round": number,
        "total": "500m/1Gi",
        "split": split,
        "mix": mix,
        **LOAD,
        "rate": rate,
        "binding": "refused 300 OK; ingester-0 cpu 97%",
        "valid": True,
        "fingerprint": fingerprint,
        "confirmed_by": None,
        "hardware": "2 × X",
        "tempo": "v2.9.0",
        "commit": "abc",
    }


RECORDS = [
    record(split, rate + 10 * number, number, mix)
    for mix in ("ingest", "query")
    for split, rate in (("ours", 3000.0), ("operator", 2000.0))
    for number in (1, 2, 3)
]


def test_a_run_goes_round_by_round_and_every_other_round_backwards() -> None:
    visits = list(missing(WANTED, STACKS, []))
    assert [(v.round, str(v.split)) for v in visits] == [(1, "operator"), (1, "ours"), (2, "ours"), (2, "operator")]
    assert {v.mixes for v in visits} == {("query", "ingest"), ("ingest", "query")}


def test_a_run_goes_on_with_what_no_record_has_and_repeats_what_would_run_otherwise_now() -> None:
    ours, operator = STACKS[TOTAL, WANTED.splits[1]].fingerprint, STACKS[TOTAL, WANTED.splits[0]].fingerprint
    done = [
        *(record("operator", 1, 1, mix, operator) for mix in WANTED.mixes),
        record("ours", 1, 1, "ingest", ours),
        record("ours", 1, 1, "query", "of another stack"),
        {**record("ours", 1, 2, "query", ours), "confirm_seconds": 10},
        {**record("ours", 1, 2, "ingest", ours), "valid": False},
    ]
    visits = [(v.round, str(v.split), set(v.mixes)) for v in missing(WANTED, STACKS, done)]
    assert visits == [(1, "ours", {"query"}), (2, "ours", {"ingest", "query"}), (2, "operator", {"ingest", "query"})]


def test_every_split_s_search_begins_at_the_same_rate() -> None:
    assert first_rate(TOTAL, "ingest", [], LOAD) == 2500
    assert first_rate(TOTAL, "ingest", RECORDS, LOAD) == pytest.approx(0.8 * 2520)
    assert first_rate(TOTAL, "ingest", RECORDS, {**LOAD, "shape": [1, 1]}) == 2500


def test_the_operator_s_split_is_its_own_rule_s_and_not_the_whole_total() -> None:
    template = Split.parse("operator").spec(TOTAL)["template"]
    assert template["ingester"]["resources"]["limits"] == {"cpu": "190m", "memory": "512Mi"}
    assert template["queryFrontend"]["resources"]["limits"]["cpu"] == "22m"  # of 22.5
    assert Stack.of_split(Split.parse("operator"), TOTAL).limits["compactor"] == (80, 193273536)


@pytest.mark.parametrize("split", ["even", "ours", "production", "operator-shares"])
def test_the_shares_of_the_others_hand_out_the_whole_total(split: str) -> None:
    plan = allocate(settings_of(Split.parse(split).spec(TOTAL)))
    limits = {workload.component: workload.container("tempo").limits for workload in plan.workloads}
    assert sum(each["cpu"].amount or 0 for each in limits.values()) == 500
    assert sum(each["memory"].amount or 0 for each in limits.values()) == 2**30
    if split == "even":
        assert {each["cpu"].amount for each in limits.values()} == {100}


def test_the_operator_s_fixed_settings_are_in_its_files_and_in_nobody_else_s() -> None:
    rendered = [{"kind": "ConfigMap", "data": {f"{component}.yaml": "{}" for component in OPERATORS_SETTINGS}}]

    def files(split: str) -> str:
        return "".join(Split.parse(split).adjusted(rendered)[0]["data"].values())

    assert "concurrent_jobs: 2000" in files("operator")
    assert all("concurrent_jobs: 2000" not in files(split) for split in ("even", "ours", "operator+plan"))
    assert {component.replace("-", "_") for component in OPERATORS_SETTINGS} == set(CONTAINERS)


def test_blocks_are_cut_as_often_in_every_split_and_nothing_else_is_changed() -> None:
    stack = Stack.of_split(Split.parse("operator"), TOTAL)
    often = stack.with_blocks_of(30)
    changed = [(old, new) for old, new in zip(stack.objects, often.objects, strict=True) if old != new]
    assert [old["kind"] for old, _ in changed] == ["ConfigMap"]
    (old, new), *_ = changed
    assert yaml.safe_load(old["data"]["ingester.yaml"])["ingester"]["max_block_duration"] == "10m"
    assert yaml.safe_load(new["data"]["ingester.yaml"])["ingester"]["max_block_duration"] == "30s"
    assert new["data"]["distributor.yaml"] == old["data"]["distributor.yaml"]
    assert stack.with_blocks_of(0) == stack


def test_settings_can_be_told_apart_from_the_split() -> None:
    assert str(Split.parse("ours+plan")) == "ours"
    assert str(Split.parse("operator+fixed")) == "operator"
    assert Split.parse("operator+plan").spec(TOTAL)["resources"].get("tuning") is None
    assert Split.parse("ours+fixed").spec(TOTAL)["resources"]["tuning"] == "none"


@pytest.mark.parametrize("text", ["our", "ours+none", "custom"])
def test_a_split_that_is_not_there_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"ours|plan or fixed"):
        Split.parse(text)


def test_limits_are_given_to_every_container_as_they_are() -> None:
    limits = {name: (100 + number, 2**26 + number) for number, name in enumerate(CONTAINERS)}
    found = Stack.of(limited(limits)).limits
    assert {name.replace("-", "_"): figures for name, figures in found.items()} == limits


def test_a_report_has_rates_ratios_and_what_was_at_its_limit() -> None:
    text = "\n".join(lines(RECORDS, LOAD))
    assert "3,020 (3,010..3,030)" in text
    assert "× 1.50 [1.48, 1.51] operator's" in text
    assert "then refused OK; ingester-0 cpu" in text
    assert "NOT VALID" not in text
    assert "NOT VALID" in "\n".join(lines([{**RECORDS[0], "valid": False}], LOAD))


def test_only_the_newest_stack_of_a_split_is_shown() -> None:
    table = cells([*RECORDS, record("ours", 5000, 1, fingerprint="changed")], LOAD)
    assert table["500m/1Gi", "ingest"]["ours"].rates.values == (5000,)
    assert table["500m/1Gi", "query"]["ours"].rates.median == 3020


def test_the_table_has_a_row_for_each_load_and_replaces_what_stood_between_the_markers() -> None:
    table = markdown(cells(RECORDS, LOAD))
    assert table.splitlines()[0] == "| total | load | ours | operator | ours / operator |"
    assert len(table.splitlines()) == 4
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = with_table(text, table)
    assert once == f"before\n{BEGIN}\n{table}\n{END}\nafter\n"
    assert with_table(once, table) == once
    assert with_table("no markers", table) == "no markers"


def test_the_figure_is_the_same_for_the_same_data_in_any_order_of_loads() -> None:
    figure = svg(cells(RECORDS, LOAD))
    assert figure == svg(cells([*RECORDS[6:], *RECORDS[:6]], LOAD))
    root = ElementTree.fromstring(figure)
    bars = [each for each in root.iter("{http://www.w3.org/2000/svg}rect") if each.get("width") not in ("960", "12")]
    assert len(bars) == 4
    assert figure != svg(cells([record("ours", 1), *RECORDS[1:]], LOAD))


def test_a_split_that_held_no_rate_has_a_bar_of_no_height() -> None:
    assert "height='0.0'" in svg(cells([record("ours", 10.0), record("operator", 0.0)], LOAD))
    assert svg(cells([record("operator", 0.0)], LOAD))
