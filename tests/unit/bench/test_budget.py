"""What the benchmark of splits runs, what it still has to run, and what it says of what it found."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from allocation import allocate
from bench import budget
from bench.budget import FIRST_OF_ITS_OWN, Visit, Wanted, beginning, missing
from bench.budget_report import cells, markdown, rates
from bench.figure import LOAD, fullest, svg, with_section
from bench.planes import Deadline, Stack
from bench.records import read
from bench.search import Effort, Found, Tried, Verdict, highest_rate
from bench.splits import BRIDGE, CONTAINERS, OPERATORS_SETTINGS, Split, Total, limited
from bench.trials import Plane
from sandbox.cgroups import Limits
from sandbox.errors import SandboxError
from sandbox.load import SMALL
from sandbox.rendered import read_stack
from tests.support.commands import PROJECT
from tests.support.strategies import settings_of

TOTAL = Total.parse("500m/1Gi")
SPLITS = (Split.parse("operator"), Split.parse("ours"))
WANTED = Wanted((TOTAL,), SPLITS, ("ingest", "query"), SMALL, 60, Effort(), range(1, 3))
ONE_ROUND = replace(WANTED, mixes=("query",), rounds=range(1, 2))
STACKS = {(TOTAL, split): Stack(({"kind": "ConfigMap", "data": {"split": str(split)}},)) for split in WANTED.splits}


def record(split: str, rate: float, number: int = 1, mix: str = "ingest", fingerprint: str = "a") -> dict[str, Any]:
    """One search's line, as far as anybody reads it."""
    return {
        "run": "r",
        "round": number,
        "total": "500m/1Gi",
        "split": split,
        "mix": mix,
        **LOAD,
        "rate": rate,
        "binding": "refused 300 OK; ingester-0 cpu 97%",
        "valid": True,
        "started": True,
        "tried": [],
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


def test_a_run_goes_load_by_load_over_all_splits_and_every_other_round_backwards() -> None:
    visits = [(v.round, v.mix, str(v.split)) for v in missing(WANTED, STACKS, [])]
    assert visits == [
        *((1, mix, split) for mix in ("ingest", "query") for split in ("operator", "ours")),
        *((2, mix, split) for mix in ("ingest", "query") for split in ("ours", "operator")),
    ]


def test_a_run_goes_on_with_what_no_record_has_and_repeats_what_would_run_otherwise_now() -> None:
    ours, operator = STACKS[TOTAL, WANTED.splits[1]].fingerprint, STACKS[TOTAL, WANTED.splits[0]].fingerprint
    done = [
        *(record("operator", 1, 1, mix, operator) for mix in WANTED.mixes),
        record("ours", 1, 1, "ingest", ours),
        record("ours", 1, 1, "query", "of another stack"),
        {**record("ours", 1, 2, "query", ours), "confirm_seconds": 10},
        {**record("ours", 1, 2, "ingest", ours), "valid": False},
    ]
    visits = [(v.round, v.mix, str(v.split)) for v in missing(WANTED, STACKS, done)]
    assert visits == [
        (1, "query", "ours"),
        *((2, mix, split) for mix in ("ingest", "query") for split in ("ours", "operator")),
    ]


def test_what_did_not_start_is_not_started_again_in_later_rounds() -> None:
    stack = STACKS[TOTAL, SPLITS[1]].fingerprint
    dead = [{**record("ours", 0, 1, mix, stack), "started": False} for mix in WANTED.mixes]
    assert [(v.round, str(v.split)) for v in missing(WANTED, STACKS, dead)] == [(n, "operator") for n in (1, 1, 2, 2)]


def test_a_first_round_begins_at_the_same_rate_for_every_split() -> None:
    for split in SPLITS:
        visit = Visit(1, TOTAL, split, STACKS[TOTAL, split], "ingest")
        assert beginning(visit, WANTED, []) == (2500, WANTED.effort)
        assert beginning(visit, WANTED, RECORDS) == (0.8 * 2520, WANTED.effort)
        others = [{**each, "shape": [1, 1]} for each in RECORDS]
        assert beginning(visit, WANTED, others) == (2500, WANTED.effort)


def test_a_later_round_begins_just_below_what_the_split_itself_held_and_takes_small_steps() -> None:
    visit = Visit(3, TOTAL, SPLITS[1], STACKS[TOTAL, SPLITS[1]], "ingest")
    own = [record("ours", rate, number, "ingest", visit.stack.fingerprint) for number, rate in ((1, 3000.0), (2, 3100))]
    start, effort = beginning(visit, WANTED, [*RECORDS, *own])
    low, high = FIRST_OF_ITS_OWN
    assert low * 3050 <= start <= high * 3050
    assert len({beginning(visit, WANTED, [*RECORDS, *own])[0] for _ in range(9)}) > 1
    assert effort.factor < WANTED.effort.factor


def test_a_later_round_of_what_held_nothing_goes_up_from_below() -> None:
    visit = Visit(2, TOTAL, SPLITS[0], STACKS[TOTAL, SPLITS[0]], "query")
    own = record("operator", 0, 1, "query", visit.stack.fingerprint)
    first, _ = beginning(visit, WANTED, RECORDS)
    start, effort = beginning(visit, WANTED, [*RECORDS, own])
    tried: list[float] = []

    def nothing_holds(rate: float, _: float) -> Verdict:
        tried.append(rate)
        return Verdict(False, "queries p95")

    # far below what others held, and not above any rate to which confirmations go down
    assert highest_rate(nothing_holds, start, effort).rate == 0
    assert tried == [start]
    assert highest_rate(lambda _, seconds: Verdict(seconds < 60), first, WANTED.effort).tried[-1].rate >= start
    # and where it holds, it gets to the rates that others held, and beyond
    assert highest_rate(lambda rate, _: Verdict(rate < 1.2 * first), start, effort).rate > first


@pytest.mark.parametrize("effort", [Effort(), Effort().near()])
def test_from_below_a_search_gets_past_where_it_began_whatever_its_own_steps(effort: Effort) -> None:
    start, upward = effort.from_below(10_000)
    assert start == effort.lowest_part * 10_000
    assert 10_000 < highest_rate(lambda rate, _: Verdict(rate < 11_000), start, upward).rate < 11_000


@pytest.mark.parametrize(("theirs", "said"), [(0.0, "∞ (the other held no rate)"), (9.0, "not measured in one run")])
def test_over_what_never_held_a_rate_no_run_need_be_the_same(theirs: float, said: str) -> None:
    others = [{**record("operator", theirs, number), "run": "another"} for number in (1, 2, 3)]
    row = cells([*RECORDS[:3], *others], LOAD)["500m/1Gi", "ingest"]
    assert str(row["ours"].over(row["operator"])) == said


class Data:
    """Stands for a data plane that runs, or does not, and for what measures it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, file: Path, fails: str) -> None:
        self.starts: list[float] = []
        self.warm_ups: list[float] = []
        self.planes, self.is_up, self.fails, self.file = 0, False, fails, file
        monkeypatch.setattr(budget, "FILE", file)
        monkeypatch.setattr(Stack, "of_split", lambda split, *_: STACKS[TOTAL, split])
        monkeypatch.setattr(Stack, "running", self.running)
        monkeypatch.setattr("bench.held.highest_rate", self.search)
        monkeypatch.setattr(Plane, "warm_up", lambda _, rate, __: self.warm_ups.append(rate))

    @contextmanager
    def running(self, *_: object) -> Iterator[None]:
        assert not self.is_up
        self.planes += 1
        if self.fails == "start" or (self.fails == "start again" and self.planes == 2):
            raise SandboxError("ingester-0: not ready")
        self.is_up = True
        yield
        self.is_up = False

    def search(self, _: Plane, start: float, effort: Effort) -> Found:
        self.starts.append(start)
        tried = (Tried(start, 60, Verdict(True)),)
        if self.fails in ("hold", "start again") and effort.comes_down:
            return Found(0.0, "queries p95", tried)
        if self.fails == "search" and len(self.starts) == 2:
            raise SandboxError("the load generator failed")
        return Found(1234.0, "nothing", tried)

    @property
    def kept(self) -> list[tuple[str, float, bool]]:
        return [(each["mix"], each["rate"], each["started"]) for each in read(self.file)]


def test_a_failure_of_what_measures_goes_up_and_leaves_what_was_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = Data(monkeypatch, tmp_path / "budget.jsonl", "search")
    with pytest.raises(SandboxError, match="generator"):
        budget.measure(WANTED, Deadline(60))
    assert data.kept == [("ingest", 1234.0, True)]


def test_a_stack_that_does_not_start_holds_nothing_and_is_started_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = Data(monkeypatch, tmp_path / "budget.jsonl", "start")
    budget.measure(WANTED, Deadline(60))
    # of two splits, in the first round only
    assert data.kept == [("ingest", 0.0, False)] * 2 + [("query", 0.0, False)] * 2


def test_what_holds_nothing_on_the_way_down_is_searched_from_below_on_another_data_plane(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = Data(monkeypatch, tmp_path / "budget.jsonl", "hold")
    budget.measure(ONE_ROUND, Deadline(60))
    assert data.kept == [("query", 1234.0, True)] * 2  # of two splits
    assert data.planes == 4
    assert data.starts[:2] == [2500, WANTED.effort.lowest_part * 2500]
    assert [each["rate"] for each in read(data.file)[0]["tried"]] == [2500, 62.5], "of both searches"
    assert data.warm_ups == [1250] * 4  # whatever rate a search begins with, the traces asked for by id are alike


def test_a_stack_that_starts_once_and_not_again_is_left_for_another_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = Data(monkeypatch, tmp_path / "budget.jsonl", "start again")
    budget.measure(ONE_ROUND, Deadline(60))
    assert data.kept == [("query", 1234.0, True)]  # of the other split
    assert [str(v.split) for v in missing(ONE_ROUND, STACKS, read(data.file))] == ["operator"]


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


def test_settings_can_be_told_apart_from_the_split() -> None:
    assert str(Split.parse("ours+plan")) == "ours"
    assert str(Split.parse("operator+fixed")) == "operator"
    assert Split.parse("operator+plan").spec(TOTAL)["resources"].get("tuning") is None
    assert Split.parse("ours+fixed").spec(TOTAL)["resources"]["tuning"] == "none"


@pytest.mark.parametrize("text", ["our", "ours+none", "custom"])
def test_a_split_that_is_not_there_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"ours|plan or fixed"):
        Split.parse(text)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--totals", "1"], "'1' is no total; write cpu and memory, such as 500m/1Gi"),
        (["--totals", "0/1Gi"], "'0/1Gi' is no total; write cpu and memory"),
        (["--minutes", "-1"], "'-1' is no number above 0"),
        (["--rounds", "0"], "'0' is no whole number from 1 on"),
        (["--span-bytes", "0"], "'0' is no whole number from 1 on"),
        (["--confirm-seconds", "15"], "--confirm-seconds 15 are too few for queries; write 20"),
        (["--splits", "our"], "no split 'our'; there are @FILE, ours, operator"),
        (["--splits", "@nowhere.json"], "there is no file 'nowhere.json'; python -m bench.calibrate --weights"),
        (["--splits", f"@{PROJECT / 'pyproject.toml'}"], "cannot be read as JSON"),
        (["--splits", f"@{PROJECT / 'bench/data/calibration.json'}"], "has no weights; write"),
    ],
)
def test_a_mistake_in_the_options_is_a_line(
    options: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["budget", *options])
    with pytest.raises(SystemExit) as ended:
        budget.main()
    assert ended.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("budget: error: ")
    assert says in last


def test_what_took_part_beside_the_total_is_told_of_the_rounds_that_held() -> None:
    def held(millicores: int) -> dict[str, Any]:
        return {
            "generator_millicores": millicores,
            "querying_millicores": 3,
            "uses": {"minio": {"cpu_millicores": 4.0}},
            "busy_processors": millicores / 100,
        }

    assert "Beside the total" not in markdown(RECORDS, LOAD)
    rounds = [*RECORDS[3:], *({**RECORDS[number], "confirmed_by": held(80 + 20 * number)} for number in range(3))]
    said = "while a rate held: the generator 80–120m, who asked 3m, MinIO 4m of cpu; in all at most 1.2 processors"
    assert said in markdown(rounds, LOAD)


def test_rounds_in_which_the_machine_was_full_are_marked_and_do_not_count() -> None:
    full = {**RECORDS[0], "rate": 9.0, "valid": False}
    cell = cells([full, *RECORDS[1:]], LOAD)["500m/1Gi", "ingest"]["ours"]
    assert cell.rates.values == (3020, 3030)
    assert str(cell) == "3,020, 3,030 [1 not valid: the machine was full]"
    assert "nothing valid [1 not valid" in markdown([full], LOAD)


def test_a_ratio_is_only_of_rounds_that_one_run_measured_of_both() -> None:
    made_up = [{**each, "run": "later"} if (each["split"], each["round"]) == ("ours", 2) else each for each in RECORDS]
    row = cells(made_up, LOAD)["500m/1Gi", "ingest"]
    assert row["ours"].over(row["operator"]).values == pytest.approx((3010 / 2010, 3030 / 2030))
    assert len(row["ours"].rates.values) == 3


def test_machines_and_versions_have_tables_of_their_own() -> None:
    other = [{**each, "hardware": "8 × Y"} for each in RECORDS]
    text = markdown([*other, *RECORDS], LOAD)
    assert text.count("| total | load | ours |") == 2
    assert text.index("Measured on 8 × Y") < text.index("Measured on 2 × X, Tempo v2.9.0")
    assert "`operator`: tempo-operator's numbers" in text


def test_the_fullest_machine_is_shown_the_last_of_several_and_weights_of_a_file_are_nobody_s_split() -> None:
    other = [{**each, "hardware": "8 × Y"} for each in RECORDS]
    weights = record("@bench/data/best.json", 9000.0)
    for records, shown in (
        ([*other, *RECORDS, weights], "2 × X"),
        ([*RECORDS, *other], "8 × Y"),
        ([*RECORDS, *other[:-3]], "2 × X"),
    ):
        found = fullest(records, LOAD)
        assert found is not None
        assert found[0][0] == shown
        assert "@" not in rates(found[1])
    assert fullest([weights], LOAD) is None


def test_weights_of_a_file_have_its_name_and_every_split_is_explained() -> None:
    splits = ("ours", "@bench/data/best.json", "@bench/data/best.json+fixed", "production+plan", "small")
    text = markdown([record(split, 1000.0) for split in splits], LOAD)
    assert text.splitlines()[0].startswith(
        "| total | load | ours | best | best+fixed | production+plan | small | ours / best |"
    )
    assert "`best`: weights of a file" in text
    assert "`best+fixed`: weights of a file" in text
    assert "a search found; Tempo's settings: fixed" in text
    assert "`production+plan`: the production profile with" in text
    assert "`small`: the profile small" in text


def test_only_the_newest_stack_of_a_split_is_shown() -> None:
    table = cells([*RECORDS, record("ours", 5000, 1, fingerprint="changed")], LOAD)
    assert table["500m/1Gi", "ingest"]["ours"].rates.values == (5000,)
    assert table["500m/1Gi", "query"]["ours"].rates.median == 3020


def test_the_table_has_a_row_for_each_load_and_replaces_what_stood_between_the_markers() -> None:
    table = rates(cells(RECORDS, LOAD))
    assert table.splitlines()[0] == "| total | load | ours | operator | ours / operator |"
    assert len([line for line in table.splitlines() if line.startswith("|")]) == 4
    begin, end = "<!-- budget: made by `make figure` -->", "<!-- /budget -->"
    once = with_section(f"before\n{begin}\nold\n{end}\nafter\n", "budget", table)
    assert once == f"before\n{begin}\n{table}\n{end}\nafter\n"
    assert with_section(once, "budget", table) == once
    assert with_section(once, "overload", table) is None


def test_the_figure_is_the_same_for_the_same_data_in_any_order_of_loads() -> None:
    figure = svg(cells(RECORDS, LOAD), "2 × X")
    assert figure == svg(cells([*RECORDS[6:], *RECORDS[:6]], LOAD), "2 × X")
    root = ElementTree.fromstring(figure)
    bars = [each for each in root.iter("{http://www.w3.org/2000/svg}rect") if each.get("width") not in ("960", "12")]
    assert len(bars) == 4
    assert figure != svg(cells([record("ours", 1), *RECORDS[1:]], LOAD), "2 × X")
    assert "height='0.0'" in svg(cells([record("ours", 10.0), record("operator", 0.0)], LOAD), ""), "holds no rate"
    assert svg(cells([record("operator", 0.0)], LOAD), "")


def test_the_operator_s_split_is_its_own_rule_s_and_blocks_change_nothing_else_of_it() -> None:
    split = Split.parse("operator")
    limits = split.spec(TOTAL)["template"]
    assert limits["ingester"]["resources"]["limits"] == {"cpu": "190m", "memory": "512Mi"}
    assert limits["queryFrontend"]["resources"]["limits"]["cpu"] == "22m"  # of 22.5
    stack = Stack.of_split(split, TOTAL)
    assert stack.limits["compactor"] == (80, 193273536)
    often = stack.with_blocks_of(30)
    [(old, new)] = [(old, new) for old, new in zip(stack.objects, often.objects, strict=True) if old != new]
    assert old["kind"] == "ConfigMap"
    assert yaml.safe_load(old["data"]["ingester.yaml"])["ingester"]["max_block_duration"] == "10m"
    assert yaml.safe_load(new["data"]["ingester.yaml"])["ingester"]["max_block_duration"] == "30s"
    assert new["data"]["distributor.yaml"] == old["data"]["distributor.yaml"]
    assert stack.with_blocks_of(0) == stack


def test_limits_are_given_to_every_container_as_they_are_and_to_the_bridge_where_there_are_some() -> None:
    limits = {name: (100 + number, 2**26 + number) for number, name in enumerate(CONTAINERS)}
    stack = Stack.of(limited({**limits, BRIDGE: (50, 2**25)}))
    assert {name.replace("-", "_"): figures for name, figures in stack.limits.items()} == limits
    bridges = [each.limits for each in read_stack(stack.objects).workloads if each.component == "tempo-query"]
    assert bridges == [Limits(50, 2**25)]
    assert "jaegerQuery" not in limited(limits)["template"]["queryFrontend"]


@pytest.mark.parametrize(
    ("said", "binding"),
    [
        (["87% acknowledged after the end; a-0 cpu 97%"], "acknowledged after the end; a-0 cpu"),
        (["refused 300 OK; a-0 cpu 97%"] * 2 + ["late 3%; a-0 cpu 97%"], "refused OK; a-0 cpu (2 of 3 rounds)"),
        # the same reason counts together, whatever was nearest besides
        (
            ["refused 300 OK; b-0 cpu 97%", "queries p95 2.0 s; b-0 cpu 99%", "queries p95 3 s; a cpu 98%"],
            "queries p95; b-0 cpu (2 of 3 rounds)",
        ),
    ],
)
def test_what_binds_is_told_as_most_rounds_say_and_how_many_do(said: list[str], binding: str) -> None:
    rounds = [{**record("ours", 9.0, number), "binding": each} for number, each in enumerate(said)]
    assert cells(rounds, LOAD)["500m/1Gi", "ingest"]["ours"].binding == binding
