"""Of an overload every loss is told, and what a stack lets in is read where its distributors read it."""

from collections import Counter
from typing import Any

import pytest

from bench.overload import cells
from bench.planes import Stack
from bench.throttling import without_variable
from sandbox.load import SMALL, Intake, Overload, Pushed
from sandbox.load.querying import Queried

OVERRIDES = """
overrides:
  "*": {ingestion: {rate_limit_bytes: 3000000, burst_size_bytes: 6000000}}
  somebody: {ingestion: {rate_limit_bytes: 1, burst_size_bytes: 1}}
"""
RECORD = {
    "shape": "10KiB",
    "acknowledged": 12_000,
    "retryable": 24_000,
    "not_retryable": 0,
    "lost": 0,
    "oom_kills": {},
    "restarts": {},
    "answers_after_seconds": 1.5,
}


def test_what_a_stack_lets_in_is_that_of_tenants_without_an_entry_of_their_own() -> None:
    other = {"kind": "ConfigMap", "data": {"ingester.yaml": "{}"}}
    stack = Stack((other, {"kind": "ConfigMap", "data": {"overrides.yaml": OVERRIDES}}))
    assert stack.intake == Intake(3_000_000, 6_000_000)


def test_overrides_that_bound_nothing_are_no_intake() -> None:
    with pytest.raises(KeyError):
        Intake.of_overrides("overrides: {}")


@pytest.mark.parametrize(("oom_kills", "restarts"), [({"ingester-0": 1}, {}), ({}, {"querier-0": 2})])
def test_whoever_ended_makes_a_stack_dead(oom_kills: dict[str, int], restarts: dict[str, int]) -> None:
    pushed, heavy = Pushed(SMALL, 1, None, 1.0, (), 0, 0, 0.0), Queried(())
    assert Overload(pushed, heavy, 0.1, oom_kills, restarts).dead
    assert not Overload(pushed, heavy, 0.1, {}, {}).dead


def test_a_good_overload_is_told_in_figures() -> None:
    assert cells(RECORD) == ("10KiB", "12,000", "24,000", "0", "0", "0", "0", "1.5 s")


def test_a_bad_overload_says_who_died_what_is_lost_and_that_nobody_answered() -> None:
    bad = RECORD | {
        "not_retryable": 500,
        "lost": 7000,
        "oom_kills": {"ingester-0": 2},
        "restarts": Counter({"ingester-0": 2, "querier-0": 1}),
        "answers_after_seconds": None,
    }
    told = cells(bad)
    assert told[3:7] == ("500", "7,000", "2 ingester-0", "2 ingester-0, 1 querier-0")
    assert told[7].startswith("not in ")


def test_a_stack_that_ended_before_it_was_asked_has_lost_nobody_knows_what() -> None:
    assert cells(RECORD | {"lost": None})[4] == "nobody to ask"


def test_a_stack_that_does_not_run_says_why() -> None:
    assert cells({"shape": "-", "error": "ingester-0: not ready"}) == ("-", "does not run: ingester-0: not ready")


def test_one_variable_is_taken_from_every_container_and_nothing_else() -> None:
    env = [{"name": "GOMAXPROCS", "value": "1"}, {"name": "GOMEMLIMIT", "value": "9"}]
    pod = {"spec": {"containers": [{"name": "tempo", "env": env}, {"name": "tempo-query"}]}}
    objects: list[dict[str, Any]] = [{"kind": "Deployment", "spec": {"template": pod}}, {"kind": "Service", "spec": {}}]
    changed = without_variable("GOMAXPROCS", objects)
    containers = changed[0]["spec"]["template"]["spec"]["containers"]
    assert containers == [{"name": "tempo", "env": env[1:]}, {"name": "tempo-query", "env": []}]
    assert changed[1] == objects[1]
    assert objects[0]["spec"]["template"]["spec"]["containers"][0]["env"] == env  # the given ones stay
