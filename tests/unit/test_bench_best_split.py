"""What the search for a better split than ours tries, keeps, and does not try again."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench import best_split, climb, records
from bench.best_split import let_in, used_shares
from bench.best_split_report import COMPONENTS
from bench.climb import BETTER, Evaluate, Result
from bench.mixes import Mix, mix_on
from bench.planes import Limits, Stack
from bench.search import Verdict
from bench.splits import OURS, Split, Total, limited
from bench.trials import Measured
from bench.watching import Seen, Use
from sandbox.errors import SandboxError
from sandbox.load import SMALL, Shape, wire_bytes

MIB = 2**20
TOTAL = Total(500, 1024 * MIB)
LIMITS: Limits = dict.fromkeys(COMPONENTS, (100, 200 * MIB))
ARGUMENTS = Namespace(total=TOTAL, mixes=["ingest", "query", "balanced"], block_seconds=60, minutes=60)


RENDERED: dict[str, Stack] = {}  # every spec once, whatever test asks for it: a stack takes a second to render
RENDER = Stack.of


def rendered(spec: Mapping[str, Any]) -> Stack:
    key = json.dumps(spec, sort_keys=True)
    if key not in RENDERED:
        RENDERED[key] = RENDER(spec)
    return RENDERED[key]


class Planes:
    """Stands for data planes whose trials end as they are told, and keeps what each was."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.fails = ""  # a mix, or "start"
        self.holds = 1e9
        self.busy = 1.0
        self.missing: list[str] = []
        self.starts, self.warm_ups = 0, 0
        self.trials: list[tuple[str, float, Sequence[bytes]]] = []
        self.file = folder / "best.jsonl"
        monkeypatch.setattr(best_split, "FILE", self.file)
        monkeypatch.setattr(best_split, "Plane", self.plane)
        monkeypatch.setattr(Stack, "running", self.running)
        monkeypatch.setattr(Stack, "of", rendered)

    @contextmanager
    def running(self) -> Iterator[None]:
        if self.fails == "start":
            raise SandboxError("ingester-0: not ready")
        self.starts += 1
        yield

    def plane(self, _: None, mix: Mix, __: Shape, ___: object, ids: Sequence[bytes]) -> "Plane":
        names = [name for name in ARGUMENTS.mixes if mix_on(name, TOTAL.cpu_millicores) == mix]
        return Plane(self, mix, names[0] if names else "", ids)

    @property
    def kept(self) -> list[tuple[int, str | None, bool, bool]]:
        return [(r["rate"], r["failed"], r["valid"], r["skipped"]) for r in records.read(self.file)]


@dataclass
class Plane:
    """One of them, under one mix."""

    planes: Planes
    mix: Mix
    name: str
    ids: Sequence[bytes]
    trials: list[Measured] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def warm_up(self, _: float, __: float) -> None:
        self.planes.warm_ups += 1
        self.ids = [b"first"]

    def __call__(self, rate: float, seconds: float) -> Verdict:
        self.missing = self.planes.missing
        fails = self.name == self.planes.fails or rate > self.planes.holds
        use = Use(10 * self.mix.queries_per_second, 100, 0, 1, 2, 0, int(fails))
        seen = Seen({f"{name}-0": use for name in COMPONENTS}, {}, [], self.planes.busy, None)
        self.planes.trials.append((self.name, rate, self.ids))
        self.trials.append(Measured(rate, seconds, None, None, seen, 1.0))
        return Verdict(not fails)


@pytest.fixture
def planes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Planes:
    return Planes(monkeypatch, tmp_path)


def test_a_split_is_put_under_one_load_after_the_other_the_heaviest_first_until_one_fails(planes: Planes) -> None:
    evaluate = best_split.evaluator(ARGUMENTS)
    result = evaluate(LIMITS, 100)
    assert result.held
    assert result.used["querier"] == (0.15, 0.5), "the most, which is under the first load"
    assert (planes.starts, planes.warm_ups) == (1, 1)
    assert planes.trials == [(mix, 100, [b"first"]) for mix in ("query", "balanced", "ingest")], "of one block"
    planes.fails = "balanced"
    assert not evaluate(LIMITS, 200).held
    assert [mix for mix, *_ in planes.trials[3:]] == ["query", "balanced"]
    assert planes.kept[-1][:2] == (200, "balanced: distributor-0 restarted; ingester-0 restarted")


def test_what_is_known_is_not_tried_again_and_what_failed_on_a_full_machine_is(planes: Planes) -> None:
    planes.fails = "query"
    assert not best_split.evaluator(ARGUMENTS)(LIMITS, 100).held
    planes.fails = ""
    again = best_split.evaluator(ARGUMENTS)
    assert not again(LIMITS, 100).held
    assert len(planes.trials) == 1
    assert again(LIMITS, 90).held
    assert again(LIMITS, 90).used == dict.fromkeys(COMPONENTS, (0.15, 0.5))
    assert len(planes.trials) == 4
    planes.fails, planes.busy = "query", 64.0
    assert not again(LIMITS, 110).held
    planes.fails = ""
    assert again(LIMITS, 110).held


def test_what_does_not_start_or_does_not_come_back_holds_nothing(planes: Planes) -> None:
    evaluate = best_split.evaluator(ARGUMENTS)
    planes.fails = "start"
    assert not evaluate(LIMITS, 150).held
    planes.fails, planes.missing = "", ["querier-0"]
    assert not evaluate(LIMITS, 160).held
    assert planes.kept == [
        (150, "does not run: ingester-0: not ready", True, False),
        (160, "query: querier-0 did not come back", True, False),
    ]


def test_a_split_that_lets_in_less_than_a_rate_is_not_started(planes: Planes) -> None:
    stack = Stack.of(limited({name.replace("-", "_"): both for name, both in LIMITS.items()}))
    most = let_in(stack)
    assert most == pytest.approx(stack.intake.rate_bytes / wire_bytes(SMALL))
    assert best_split.evaluator(ARGUMENTS)(LIMITS, int(most)).held
    assert not best_split.evaluator(ARGUMENTS)(LIMITS, int(most) + 1).held
    assert planes.starts == 1
    assert planes.kept[-1][1:] == (f"lets in {most:,.0f} spans/s", True, True)


def test_nothing_is_started_that_the_time_is_too_short_for(planes: Planes) -> None:
    with pytest.raises(TimeoutError):
        best_split.evaluator(Namespace(**{**vars(ARGUMENTS), "minutes": 4}))(LIMITS, 100)
    assert not planes.starts


def test_a_search_writes_the_best_as_weights_and_goes_on_where_it_was_interrupted(
    planes: Planes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["best_split", "--total", "500m/1Gi"])
    monkeypatch.setattr(best_split, "need_limits", lambda: None)
    monkeypatch.setattr(best_split, "end_on_signals", lambda: None)
    monkeypatch.setattr(best_split, "DATA", tmp_path)
    monkeypatch.setattr(best_split, "PROJECT", tmp_path)
    monkeypatch.setattr(climb, "PARTS", (0.2,))
    ours = Stack.of_split(Split.parse(OURS), TOTAL)
    planes.holds = 0.7 * let_in(ours)

    whole = best_split.evaluator

    def interrupted(arguments: Namespace) -> Evaluate:
        until = whole(arguments)

        def evaluate(limits: Limits, rate: int) -> Result:
            if planes.starts == 11:
                raise KeyboardInterrupt
            return until(limits, rate)

        return evaluate

    monkeypatch.setattr(best_split, "evaluator", interrupted)
    assert best_split.main() == 0
    assert "interrupted; another run goes on" in capsys.readouterr().out
    first = planes.kept
    assert len(first) >= 11

    monkeypatch.setattr(best_split, "evaluator", whole)
    assert best_split.main() == 0
    assert "every move was tried" in capsys.readouterr().out
    assert planes.kept[: len(first)] == first
    assert len(planes.kept) > len(first)
    tried = [(json.dumps(each["limits"]), each["rate"]) for each in records.read(planes.file)]
    assert len(set(tried)) == len(tried), "nothing twice"
    held = max(rate for rate, failed, *_ in planes.kept if failed is None)
    assert planes.holds / BETTER - 1 < held <= planes.holds
    weights = json.loads((tmp_path / "best-500m-1Gi-query-balanced-ingest.json").read_text())
    assert weights == {name.replace("-", "_"): list(both) for name, both in ours.limits.items()}


def test_a_search_that_finds_no_rate_says_so_and_writes_nothing(
    planes: Planes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["best_split", "--mixes", "query"])
    monkeypatch.setattr(best_split, "need_limits", lambda: None)
    monkeypatch.setattr(best_split, "end_on_signals", lambda: None)
    monkeypatch.setattr(best_split, "DATA", tmp_path)
    planes.fails = "query"
    assert best_split.main() == 1
    assert capsys.readouterr().err == "ours was seen to hold no rate under query\n"
    assert not list(tmp_path.glob("*.json"))


def test_whoever_s_cpu_lets_no_more_in_is_at_its_end_though_it_is_not_busy() -> None:
    use = Use(50, 100, 0.2, 1, 2, 0, 0)
    seen = Seen({"minio": use, "ingester-0": use, "distributor-0": use}, {}, [], 1.0, None)
    used = used_shares(Measured(2700, 60, None, None, seen, 1.0), {"ingester": (100, 1), "distributor": (50, 1)})
    assert used["ingester"] == pytest.approx((0.969, 0.5), abs=0.001)
    assert used["distributor"] == pytest.approx((0.901, 0.5), abs=0.001)
