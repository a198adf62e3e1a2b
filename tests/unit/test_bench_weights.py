"""Weights that follow from what a load costs, and the search for a better split than ours."""

import json
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from allocation.profiles import MEASURED, MEASURED_ENOUGH
from bench import best_split, records
from bench.best_split import BETTER, Best, Result, beginning, climb, least, transfers, used_shares
from bench.best_split_report import COMPONENTS
from bench.fitting import CONSTANT, Fit
from bench.mixes import MIXES, Mix, mix_on
from bench.planes import Limits, Stack
from bench.search import Verdict
from bench.splits import Total
from bench.trials import Measured
from bench.watching import Seen, Use
from bench.weights import QUERY_SHARE_SECONDS, proposed
from sandbox.errors import SandboxError
from sandbox.load import Shape

MIB = 2**20
TOTAL = Total(500, 1024 * MIB)


def fit(constant: float, megabytes: float = 0, queries: float = 0) -> Fit:
    return Fit({CONSTANT: constant, "megabytes": megabytes, "kilospans": 0, "queries": queries}, 1, 0, 10)


CPU = {"distributor": fit(5, megabytes=60), "ingester": fit(10, megabytes=120), "querier": fit(3, queries=20)}


def test_weights_are_needs_at_the_rate_that_uses_the_whole_total() -> None:
    proposal = proposed(CPU, MIXES["query"], TOTAL)
    needs = {name: part * TOTAL.cpu_millicores / 100 for name, (part, _) in proposal.weights.items()}
    megabytes = proposal.spans_per_second * 200 / 1e6
    assert needs["distributor"] == pytest.approx(5 + 60 * megabytes, rel=0.01)
    assert needs["ingester"] == pytest.approx(10 + 120 * megabytes, rel=0.01)
    assert sum(cpu for cpu, _ in proposal.weights.values()) == pytest.approx(100, abs=0.1)
    assert {name: memory for name, (_, memory) in proposal.weights.items()} == {n: MEASURED[n][1] for n in CPU}


def test_larger_spans_cost_fewer_of_them() -> None:
    small, large = (proposed(CPU, MIXES["balanced"], TOTAL, Shape(10, span_bytes)) for span_bytes in (200, 400))
    assert large.spans_per_second == pytest.approx(small.spans_per_second / 2)


def test_only_who_answers_queries_is_given_what_one_takes() -> None:
    """A compactor's cpu that follows the queries is chance."""
    cpu = {"compactor": fit(3, queries=40), "querier": fit(3, queries=40), "ingester": fit(10, megabytes=120)}
    weights = proposed(cpu, MIXES["ingest"], TOTAL).weights
    assert weights["compactor"][0] * 5 == pytest.approx(3 + 40 * MIXES["ingest"].queries_per_second, rel=0.01)
    assert weights["querier"][0] * 5 == pytest.approx(3 + 40 / QUERY_SHARE_SECONDS, rel=0.01)


def test_however_few_queries_there_are_a_trace_is_read_from_a_block_in_time() -> None:
    enough = MEASURED_ENOUGH["querier"].amount
    assert enough > 3 + 20 / QUERY_SHARE_SECONDS, "of this fit, which knows of no blocks"
    assert proposed(CPU, MIXES["ingest"], TOTAL).weights["querier"][0] * 5 == pytest.approx(enough, rel=0.01)
    less = Total(430, TOTAL.memory_bytes)  # of which the profile gives it a fifth, which is not enough
    assert proposed(CPU, MIXES["ingest"], less).weights["querier"][0] == pytest.approx(20, rel=0.01)


def test_a_total_that_does_not_hold_the_queries_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="does not hold 3 queries/s"):
        proposed(CPU, MIXES["query"], Total(50, 1024 * MIB))


def test_spans_that_were_measured_to_cost_nothing_are_no_ground_for_weights() -> None:
    with pytest.raises(ValueError, match="spans cost nothing"):
        proposed({name: fit(5) for name in CPU}, MIXES["query"], TOTAL)


LIMITS: Limits = {"distributor": (100, 100 * MIB), "ingester": (100, 400 * MIB), "compactor": (100, 100 * MIB)}


class Counted:
    """Holds what its scarcest cpu allows, and counts how often it was asked."""

    def __init__(self, needs: Mapping[str, float]) -> None:
        self.needs, self.asked = needs, 0

    def __call__(self, limits: Limits, rate: float) -> Result:
        self.asked += 1
        most = min(limits[name][0] / need for name, need in self.needs.items())
        return Result(rate <= most, {name: (most * need / limits[name][0], 0.5) for name, need in self.needs.items()})

    def climb(self, start: Limits, failed: Sequence[Best] = ()) -> Best:
        begun = beginning(self, start, 30, always)
        assert begun is not None
        return climb(self, begun, failed, always)


def always() -> bool:
    return True


def test_a_transfer_moves_and_neither_makes_nor_loses() -> None:
    used = {"distributor": (0.7, 0.9), "ingester": (1.0, 0.3), "compactor": (0.1, 0.2)}
    found = list(transfers(LIMITS, used, 0.4))
    both = {"ingester": (120, 400 * MIB), "distributor": (120, 100 * MIB)}
    assert found[0] == {**LIMITS, **both, "compactor": (60, 100 * MIB)}
    assert found[1] == {**LIMITS, "ingester": (140, 400 * MIB), "compactor": (60, 100 * MIB)}
    for limits in found:
        for resource in (0, 1):
            assert sum(figures[resource] for figures in limits.values()) == sum(f[resource] for f in LIMITS.values())
            assert all(figures[resource] >= least(name, resource) for name, figures in limits.items())


def test_nobody_is_given_more_of_what_it_leaves_unused() -> None:
    assert not list(transfers(LIMITS, dict.fromkeys(LIMITS, (0.3, 0.3)), 0.4))


@pytest.mark.parametrize("rate", [10.0, 25.0, 26.0, 40.0])
def test_a_search_begins_with_what_ours_holds_wherever_it_looks_first(rate: float) -> None:
    begun = beginning(Counted({"ingester": 4}), LIMITS, rate, always)
    assert begun is not None
    assert 25 / BETTER < begun.rate <= 25


def test_a_split_that_holds_next_to_nothing_is_nowhere_to_begin() -> None:
    nothing = Counted({"ingester": 400})
    assert beginning(nothing, LIMITS, 10, always) is None
    assert nothing.asked < 20


def test_a_climb_gets_near_the_best_split() -> None:
    evaluate = Counted({"distributor": 1, "ingester": 4, "compactor": 0.5})
    best = evaluate.climb(LIMITS)
    assert best.rate >= 0.9 * 300 / 5.5
    assert sum(cpu for cpu, _ in best.limits.values()) == 300
    assert evaluate.asked < 60


def test_a_climb_gets_away_from_where_two_end_at_the_same_rate() -> None:
    """From there no single one of them gains anything by more."""
    start = {**LIMITS, "ingester": (400, 400 * MIB)}
    assert Counted({"distributor": 1, "ingester": 4, "compactor": 0.1}).climb(start).rate > BETTER * 100


def test_a_climb_does_not_try_again_what_failed_a_rate_as_low() -> None:
    first = Counted({"distributor": 1, "ingester": 4, "compactor": 0.1})
    failed: list[Best] = []

    def kept(limits: Limits, rate: float) -> Result:
        result = first(limits, rate)
        if not result.held:
            failed.append(Best(limits, rate, result.used))
        return result

    best = climb(kept, Best(LIMITS, 24, first(LIMITS, 24).used), (), always)
    best = climb(kept, best, (), always)  # anew with the larger parts, from where the smallest led
    again = Counted(first.needs)
    assert climb(again, best, failed, always) == best
    assert again.asked == 0
    lower = [Best(each.limits, 2 * each.rate, each.used) for each in failed]
    assert climb(again, best, lower, always).rate >= best.rate
    assert again.asked > 0


def test_whoever_s_cpu_lets_no_more_in_is_at_its_end_though_it_is_not_busy() -> None:
    use = Use(50, 100, 0.2, 1, 2, 0, 0)
    seen = Seen({"minio": use, "ingester-0": use, "distributor-0": use}, {}, [], 1.0, None)
    used = used_shares(Measured(2700, 60, None, None, seen, 1.0), {"ingester": (100, 1), "distributor": (50, 1)})
    assert used["ingester"] == pytest.approx((0.9, 0.5))
    assert used["distributor"] == pytest.approx((0.837, 0.5), abs=0.001)


def test_a_climb_ends_when_the_time_is_over_and_keeps_what_it_has() -> None:
    evaluate = Counted({"distributor": 1, "ingester": 4, "compactor": 0.5})
    used = evaluate(LIMITS, 24).used
    left = iter([True, True, False])
    best = climb(evaluate, Best(LIMITS, 24, used), (), lambda: next(left))
    assert evaluate.asked == 3
    assert best.rate == pytest.approx(24 * BETTER**2)
    assert best.limits != LIMITS


class Planes:
    """Stands for data planes whose trials end as they are told, and keeps what each was."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
        self.fails: str = ""
        self.starts, self.warm_ups = 0, 0
        self.trials: list[tuple[float, Sequence[bytes]]] = []
        monkeypatch.setattr(best_split, "FILE", file)
        monkeypatch.setattr(best_split, "Plane", self.plane)
        monkeypatch.setattr(Stack, "running", self.running)

    @contextmanager
    def running(self) -> Iterator[None]:
        if self.fails == "start":
            raise SandboxError("ingester-0: not ready")
        self.starts += 1
        yield

    def plane(self, _: None, mix: Mix, __: Shape, ___: object, ids: Sequence[bytes]) -> "Planes.One":
        return Planes.One(self, mix, ids)

    @dataclass
    class One:
        planes: "Planes"
        mix: Mix
        ids: Sequence[bytes]
        trials: list[Measured] = field(default_factory=list)

        def warm_up(self, _: float, __: float) -> None:
            self.planes.warm_ups += 1
            self.ids = [b"first"]

        def __call__(self, rate: float, _: float) -> Verdict:
            self.planes.trials.append((rate, self.ids))
            use = Use(10 * self.mix.queries_per_second, 100, 0, 1, 2, 0, 0)
            seen = Seen({f"{name}-0": use for name in COMPONENTS}, {}, [], 1.0, None)
            self.trials.append(Measured(rate, 60, None, None, seen, 1.0))
            return Verdict(self.mix != mix_on(self.planes.fails or "query", 500) or not self.planes.fails, "slow; cpu")


def test_a_split_is_put_under_one_load_after_the_other_until_one_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    planes = Planes(monkeypatch, tmp_path / "best.jsonl")
    arguments = Namespace(total=TOTAL, mixes=["query", "balanced", "ingest"], block_seconds=60)
    evaluate = best_split.evaluator(arguments)
    limits = dict.fromkeys(COMPONENTS, (100, 200 * MIB))
    held = evaluate(limits, 100)
    assert held.held
    assert held.used["querier"] == (0.15, 0.5), "the most, which is under the first load"
    assert (planes.starts, planes.warm_ups) == (1, 1)
    assert planes.trials == [(100, [b"first"])] * 3, "all of them ask for traces of the same block"
    planes.fails = "balanced"
    assert not evaluate(limits, 200).held
    assert len(planes.trials) == 5
    planes.fails = "start"
    assert not evaluate(limits, 150).held
    assert not evaluate(limits, 1e6).held, "of which it does not let in a tenth"
    kept = records.read(tmp_path / "best.jsonl")
    assert [(each["rate"], each["failed"]) for each in kept] == [
        (100, None),
        (200, "balanced: slow; cpu"),
        (150, "does not run: ingester-0: not ready"),
    ]
    best = best_split.best_of(kept)
    assert best is not None
    assert (best.rate, best.limits, best.used["querier"]) == (100, limits, (0.15, 0.5))
    assert best_split.best_of(kept[1:]) is None


def test_what_is_kept_says_where_it_comes_from_and_a_line_that_was_cut_short_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    records.append(file, {"rate": 1})
    with file.open("a") as lines:
        lines.write('{"rate": 2, "ti')
    records.append(file, {"rate": 3})
    found = records.read(file)
    assert [each["rate"] for each in found] == [1, 3]
    assert all(set(found[0]) == {"rate", "time", "commit", "hardware", "tempo"} for each in found)
    assert records.of_this_machine([*found, {**found[0], "hardware": "another"}]) == found
    assert json.loads(file.read_text().splitlines()[0])["tempo"].startswith("v2.")


def test_a_fingerprint_changes_with_what_runs_and_with_nothing_else() -> None:
    def stack(cpu: str = "1", label: str = "a", hidden: str = "x") -> list[dict[str, Any]]:
        container = {"name": "tempo", "args": [], "resources": {"limits": {"cpu": cpu}}}
        pod = {"metadata": {"labels": {"l": label}}, "spec": {"containers": [container]}}
        deployment: dict[str, Any] = {"kind": "Deployment", "metadata": {"name": "d"}, "spec": {"template": pod}}
        return [deployment, {"kind": "Secret", "data": {"password": hidden}}, {"kind": "ConfigMap", "data": {"a": "b"}}]

    assert records.fingerprint(stack()) == records.fingerprint(stack(label="b", hidden="y"))
    assert records.fingerprint(stack()) != records.fingerprint(stack(cpu="2"))
