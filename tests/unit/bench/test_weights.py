"""Weights that follow from what a load costs, and the lines that measurements are kept in."""

import json
from pathlib import Path
from typing import Any

import pytest

from allocation.profiles import MEASURED, MEASURED_ENOUGH
from bench import records
from bench.fitting import CONSTANT, Fit
from bench.mixes import MIXES
from bench.splits import Total
from bench.weights import QUERY_SHARE_SECONDS, proposed
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
