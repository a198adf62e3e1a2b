"""What the search for a better split than ours tries, keeps, and does not try again."""

import json
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench import best_split, climb, records
from bench.best_split import TIMES, Search, let_in, used_shares
from bench.best_split_report import COMPONENTS
from bench.climb import BETTER
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
        self.lucky: tuple[int, ...] = ()  # numbers of starts that hold whatever
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
    def kept(self) -> list[tuple[int, str | None, bool]]:
        return [(r["rate"], r["failed"], r["valid"]) for r in records.read(self.file) if "failed" in r]


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
        lucky = self.planes.starts in self.planes.lucky
        fails = self.name == self.planes.fails or (rate > self.planes.holds and not lucky)
        use = Use(10 * self.mix.queries_per_second, 100, 0, 1, 2, 0, int(fails))
        seen = Seen({f"{name}-0": use for name in COMPONENTS}, {}, [], self.planes.busy, None)
        self.planes.trials.append((self.name, rate, self.ids))
        self.trials.append(Measured(rate, seconds, None, None, seen, 1.0))
        return Verdict(not fails)


@pytest.fixture
def planes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Planes:
    return Planes(monkeypatch, tmp_path)


def test_a_split_is_put_under_one_load_after_the_other_the_heaviest_first_until_one_fails_and_twice(
    planes: Planes,
) -> None:
    evaluate = Search.of(ARGUMENTS).evaluate
    result = evaluate(LIMITS, 100)
    assert result.held
    assert result.used["querier"] == (0.15, 0.5), "the most, which is under the first load"
    assert (planes.starts, planes.warm_ups) == (2, 2)
    assert planes.trials == [(mix, 100, [b"first"]) for mix in ("query", "balanced", "ingest")] * 2, "of one block"
    planes.fails = "balanced"
    assert not evaluate(LIMITS, 200).held
    assert [mix for mix, *_ in planes.trials[6:]] == ["query", "balanced"]
    assert planes.kept[-1][:2] == (200, "balanced: distributor-0 restarted; ingester-0 restarted")


def test_what_is_known_is_not_tried_again(planes: Planes) -> None:
    planes.fails = "query"
    assert not Search.of(ARGUMENTS).evaluate(LIMITS, 100).held
    planes.fails = ""
    again = Search.of(ARGUMENTS).evaluate
    assert not again(LIMITS, 100).held
    assert len(planes.trials) == 1
    assert again(LIMITS, 90).held
    assert again(LIMITS, 90).used == dict.fromkeys(COMPONENTS, (0.15, 0.5))
    assert len(planes.trials) == 7


def test_a_rate_that_held_once_does_not_hold(planes: Planes) -> None:
    planes.holds, planes.lucky = 99, (1,)
    assert not Search.of(ARGUMENTS).evaluate(LIMITS, 100).held
    assert [failed is None for _, failed, _ in planes.kept] == [True, False]
    assert not Search.of(ARGUMENTS).evaluate(LIMITS, 100).held
    assert planes.starts == 2


def test_what_says_nothing_of_the_split_is_tried_again_and_by_another_run(planes: Planes) -> None:
    planes.fails, planes.busy = "query", 64.0
    assert not Search.of(ARGUMENTS).evaluate(LIMITS, 110).held
    planes.fails = "start"
    assert not Search.of(ARGUMENTS).evaluate(LIMITS, 110).held
    assert [valid for *_, valid in planes.kept] == [False] * 8
    assert planes.kept[-1][1] == "does not run: ingester-0: not ready"
    planes.fails, planes.busy = "", 1.0
    assert Search.of(ARGUMENTS).evaluate(LIMITS, 110).held


def test_what_does_not_come_back_holds_nothing(planes: Planes) -> None:
    planes.missing = ["querier-0"]
    assert not Search.of(ARGUMENTS).evaluate(LIMITS, 160).held
    assert planes.kept == [(160, "query: querier-0 did not come back", True)]


def test_a_split_that_lets_in_less_than_a_rate_is_not_started(planes: Planes) -> None:
    stack = Stack.of(limited({name.replace("-", "_"): both for name, both in LIMITS.items()}))
    most = let_in(stack)
    assert most == pytest.approx(stack.intake.rate_bytes / wire_bytes(SMALL))
    assert Search.of(ARGUMENTS).evaluate(LIMITS, round(most)).held
    assert not Search.of(ARGUMENTS).evaluate(LIMITS, round(most) + 1).held
    assert planes.starts == len(planes.kept) == 2


def test_nothing_is_started_that_the_time_is_too_short_for(planes: Planes) -> None:
    with pytest.raises(TimeoutError):
        Search.of(Namespace(**{**vars(ARGUMENTS), "minutes": 4})).evaluate(LIMITS, 100)
    assert not planes.starts


@pytest.fixture
def main(planes: Planes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    """The command, with options, on a total of which ours holds 0.7 of what it lets in."""
    monkeypatch.setattr(best_split, "need_limits", lambda: None)
    monkeypatch.setattr(best_split, "end_on_signals", lambda: None)
    monkeypatch.setattr(best_split, "DATA", tmp_path)
    monkeypatch.setattr(best_split, "PROJECT", tmp_path)
    monkeypatch.setattr(best_split, "BUDGET", tmp_path / "budget.jsonl")
    monkeypatch.setattr(climb, "PARTS", (0.2,))
    planes.holds = 0.7 * let_in(Stack.of_split(Split.parse(OURS), TOTAL))

    def run(*options: str) -> int:
        monkeypatch.setattr(sys, "argv", ["best_split", "--total", str(TOTAL), *options])
        return best_split.main()

    return run


def ended(planes: Planes) -> list[str]:
    return [each["end"] for each in records.read(planes.file) if "end" in each]


def test_a_search_goes_on_where_it_was_interrupted_and_writes_the_best_as_weights(
    planes: Planes, main: Callable[..., int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    weights = tmp_path / "best-500m-1Gi-query-balanced-ingest.json"
    whole = best_split.try_all

    def interrupted(*arguments: Any) -> best_split.Tried:
        if planes.starts == 10:
            raise KeyboardInterrupt
        return whole(*arguments)

    monkeypatch.setattr(best_split, "try_all", interrupted)
    assert main() == 0
    ours = {name.replace("-", "_"): list(b) for name, b in Stack.of_split(Split.parse(OURS), TOTAL).limits.items()}
    assert json.loads(weights.read_text()) == ours
    first = planes.kept
    assert len(first) == 10

    planes.lucky = (12, 14, 15)  # once, which is not enough, and twice
    monkeypatch.setattr(best_split, "try_all", whole)
    assert main() == 0
    assert planes.kept[:10] == first
    assert ended(planes) == ["it was interrupted", "every move was tried"]
    every = [each for each in records.read(planes.file) if "failed" in each]
    asked = Counter(json.dumps([each["limits"], each["rate"]]) for each in every)
    assert max(asked.values()) == TIMES, "nothing too often"
    held = best_split.held(every)
    assert planes.holds / BETTER - 1 < held[0]["rate"] <= planes.holds
    assert len(held) == 2
    assert held[1]["rate"] == pytest.approx(BETTER * held[0]["rate"], abs=1)
    assert json.loads(weights.read_text()) == {name.replace("-", "_"): both for name, both in held[1]["limits"].items()}
    assert json.loads(weights.read_text()) != ours


def test_a_search_that_has_no_time_says_so_and_keeps_the_best_there_is(
    planes: Planes, main: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main("--minutes", "1") == 1
    assert not ended(planes)
    assert capsys.readouterr().out == "the time was over before every move was tried\n"
    main()
    for total, number in ((TOTAL, 2), (TOTAL, 1), (Total.parse("1/2Gi"), 7)):
        records.append(tmp_path / "budget.jsonl", {"total": str(total), "round": number})
    assert main("--minutes", "1") == 0, "all is known"
    assert f"--totals {TOTAL} --first-round 3 --rounds 5 --splits ours @" in capsys.readouterr().out
    assert ended(planes) == ["every move was tried"] * 2


def test_a_failure_of_what_measures_is_told_with_the_best_so_far(
    planes: Planes, main: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = best_split.try_all

    def fails(*arguments: Any) -> best_split.Tried:
        if planes.starts == 10:
            raise SandboxError("the load generator failed")
        return whole(*arguments)

    monkeypatch.setattr(best_split, "try_all", fails)
    assert main() == 1
    assert ended(planes) == ["it ended with: the load generator failed"]


def test_a_search_that_finds_no_rate_says_so_and_writes_nothing(
    planes: Planes, main: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planes.fails = "query"
    assert main("--mixes", "query") == 1
    assert capsys.readouterr().err == "ours was seen to hold no rate under query\n"
    assert not list(tmp_path.glob("*.json"))


def test_whoever_s_cpu_lets_no_more_in_is_at_its_end_though_it_is_not_busy() -> None:
    use = Use(50, 100, 0.2, 1, 2, 0, 0)
    seen = Seen({"minio": use, "ingester-0": use, "distributor-0": use}, {}, [], 1.0, None)
    used = used_shares(Measured(2700, 60, None, None, seen, 1.0), {"ingester": (100, 1), "distributor": (50, 1)})
    assert used["ingester"] == pytest.approx((0.969, 0.5), abs=0.001)
    assert used["distributor"] == pytest.approx((0.901, 0.5), abs=0.001)
