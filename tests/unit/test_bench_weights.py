"""Weights that follow from what a load costs, and the search for a better split than ours."""

import json
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from allocation.profiles import MEASURED, MEASURED_ENOUGH
from bench import best_split, records
from bench.best_split import BETTER, Result, climb, least, transfers, used_shares
from bench.best_split_report import COMPONENTS
from bench.fitting import CONSTANT, Fit
from bench.held import Held, Load
from bench.mixes import MIXES
from bench.planes import Limits, Stack
from bench.search import Found
from bench.splits import Total
from bench.trials import Measured, Plane
from bench.watching import Seen, Use
from bench.weights import QUERY_SHARE_SECONDS, proposed
from sandbox.load import Shape
from sandbox.tempo_processes import Tempo

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

    def __call__(self, limits: Limits, first_rate: float) -> Result:
        self.asked += 1
        rate = min(limits[name][0] / need for name, need in self.needs.items())
        return Result(rate, {name: (rate * need / limits[name][0], 0.5) for name, need in self.needs.items()})


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


def test_a_climb_gets_near_the_best_split() -> None:
    evaluate = Counted({"distributor": 1, "ingester": 4, "compactor": 0.5})
    best, result = climb(evaluate, LIMITS, 10, lambda: True)
    assert result.rate >= 0.93 * 300 / 5.5
    assert sum(cpu for cpu, _ in best.values()) == 300
    assert evaluate.asked < 60


def test_a_climb_gets_away_from_where_two_end_at_the_same_rate() -> None:
    """From there no single one of them gains anything by more."""
    start = {**LIMITS, "ingester": (400, 400 * MIB)}
    _, result = climb(Counted({"distributor": 1, "ingester": 4, "compactor": 0.1}), start, 10, lambda: True)
    assert result.rate == pytest.approx(108)


def test_whoever_s_cpu_lets_no_more_in_is_at_its_end_though_it_is_not_busy() -> None:
    use = Use(50, 100, 0.2, 1, 2, 0, 0)
    seen = Seen({"minio": use, "ingester-0": use, "distributor-0": use}, {}, [], 1.0, None)
    used = used_shares(Measured(2700, 60, None, None, seen, 1.0), {"ingester": (100, 1), "distributor": (50, 1)})
    assert used["ingester"] == pytest.approx((0.9, 0.5))
    assert used["distributor"] == pytest.approx((0.837, 0.5), abs=0.001)


def test_a_climb_ends_when_the_time_is_over_and_keeps_what_it_has() -> None:
    evaluate = Counted({"distributor": 1, "ingester": 4, "compactor": 0.5})
    left = iter([True, True, False])
    best, result = climb(evaluate, LIMITS, 10, lambda: next(left))
    assert evaluate.asked == 3
    assert result.rate > BETTER * 25
    assert best != LIMITS


def test_under_several_loads_their_mean_counts_and_what_does_not_start_holds_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rates: dict[str, float | None] = {"ingest": 400, "query": 100}

    def searched(_: Stack, load: Load, *__: object) -> Held | None:
        if load.mix not in rates:
            return None
        rate, plane = rates[load.mix], Plane(cast("Tempo", None), MIXES[load.mix], load.shape, print)
        return Held(Found(rate or 0, "", ()), None if rate is None else plane)

    monkeypatch.setattr(best_split, "held", searched)
    monkeypatch.setattr(best_split, "FILE", tmp_path / "best.jsonl")
    evaluate = best_split.evaluator(Namespace(total=TOTAL, mixes=["ingest", "query"], block_seconds=60))
    limits = dict.fromkeys(COMPONENTS, (100, 200 * MIB))
    assert evaluate(limits, 100).rate == pytest.approx(200)
    rates["query"] = None
    assert evaluate(limits, 100).rate == 0
    del rates["query"]  # it started once and not again: that is nothing to keep
    assert evaluate(limits, 100).rate == 0
    assert [each["rate"] for each in records.read(tmp_path / "best.jsonl")] == [pytest.approx(200), 0]


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
