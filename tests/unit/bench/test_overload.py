"""An overload: what a stack lets in, what ended, and what the table, the page and the README say of the rounds."""

from typing import Any

import pytest

from bench import overload_report
from bench.planes import Stack
from bench.records import Record
from sandbox.load import SMALL, Intake, Overload, Pushed
from sandbox.load.querying import Queried

OVERRIDES = """
overrides:
  "*": {ingestion: {rate_limit_bytes: 3000000, burst_size_bytes: 6000000}}
  somebody: {ingestion: {rate_limit_bytes: 1, burst_size_bytes: 1}}
"""
ORIGIN = {"hardware": "2 × X", "tempo": "v2.9.0", "time": "2026-01-02T03:04:05+00:00", "fingerprint": "a"}


def overload(split: str, number: int, shape: str = "small", **changed: Any) -> Record:
    """Returns one line of data, with every field that the report reads."""
    return {
        **ORIGIN,
        "round": number,
        "total": "1/2Gi",
        "split": split,
        "own_executables": False,
        "bytes_per_second": 7_500_000,
        "shape": shape,
        "acknowledged": 1000 + number,
        "retryable": 2000,
        "lost": 0,
        "oom_kills": {},
        "heavy_queries": 40,
        "heavy_failures": {"ReadTimeoutError": 35 + number, "ProtocolError": 1},
        "answers_after_seconds": float(number),
        **changed,
    }


BAD: Record = {"lost": 500, "oom_kills": {"query-frontend-0": 1}, "answers_after_seconds": None}
OVERLOADS = [
    overload("operator", 1, lost=250),
    overload("operator", 2, **BAD),
    *(overload("ours", number) for number in (1, 2)),
]


def test_what_a_stack_lets_in_is_that_of_tenants_without_an_entry_of_their_own() -> None:
    other = {"kind": "ConfigMap", "data": {"ingester.yaml": "{}"}}
    stack = Stack((other, {"kind": "ConfigMap", "data": {"overrides.yaml": OVERRIDES}}))
    assert stack.intake == Intake(3_000_000, 6_000_000)
    with pytest.raises(KeyError):
        Intake.of_overrides("overrides: {}")


@pytest.mark.parametrize(("oom_kills", "restarts"), [({"ingester-0": 1}, {}), ({}, {"querier-0": 2})])
def test_whoever_ended_makes_a_stack_dead(oom_kills: dict[str, int], restarts: dict[str, int]) -> None:
    pushed, heavy = Pushed(SMALL, 1, 1.0, (), 0, 0, 0.0), Queried(())
    assert Overload(pushed, heavy, 0.1, oom_kills, restarts).dead
    assert not Overload(pushed, heavy, 0.1, {}, {}).dead


def test_the_table_has_a_row_for_each_size_and_stack_ours_first_with_the_least_and_the_most() -> None:
    rows = overload_report.markdown(OVERLOADS).splitlines()
    assert rows[2] == "| small | ours | 1,001–1,002 | 2,000 | 0 | 0 | 1.0–2.0 s |"
    assert rows[3] == "| small | operator | 1,001–1,002 | 2,000 | 250–500 | 0–1 | 1.0 s, 1 of 2 not within 15 s |"
    assert "7.50 MB/s in all, 2 rounds; measured on 2 × X" in rows[-1]
    assert "| nobody to ask |" in overload_report.markdown([overload("ours", 1, lost=None)])
    assert overload_report.markdown([]) == overload_report.sentence([]) == "nothing measured yet"


def test_the_sentence_says_what_was_killed_and_lost_of_ours_too() -> None:
    said = overload_report.sentence(OVERLOADS)
    assert "with heavy queries on top, the processes sharing Tempo's executable, nothing was OOM-killed" in said
    assert "nothing was OOM-killed and nothing was acknowledged and lost in 2 runs" in said
    assert "cost 25–50 % of the acknowledged spans" in said
    assert "OOM-killed in 1 of 2 runs, and 2–3 were answered" in said
    assert "operator" not in overload_report.sentence(OVERLOADS[2:])
    said = overload_report.sentence([*OVERLOADS, overload("ours", 3, **BAD)])
    assert "1 was OOM-killed and 500 were acknowledged and lost in 3 runs" in said


@pytest.mark.parametrize(
    "other",
    [
        {"fingerprint": "as it was"},
        {"hardware": "8 × Y"},
        {"bytes_per_second": 1},
        {"own_executables": True},
        {"error": "ingester-0: not ready"},
    ],
)
def test_what_was_measured_otherwise_is_not_among_the_newest(other: Record) -> None:
    assert overload_report.newest([overload("ours", 9, **other), *OVERLOADS]) == OVERLOADS


def test_a_round_without_every_stack_is_in_the_command_s_table_and_not_on_the_page() -> None:
    alone = overload("ours", 3)
    assert overload_report.newest([*OVERLOADS, alone]) == OVERLOADS
    assert overload_report.of_last_stack([*OVERLOADS, alone]) == [*OVERLOADS, alone]
    own = overload("ours", 4, own_executables=True)
    assert overload_report.of_last_stack([*OVERLOADS, own], own_executables=True) == [own]
