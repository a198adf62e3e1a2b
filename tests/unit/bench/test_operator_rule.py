"""The operator's rule, as the benchmark re-implements it, gives the figures that are known of the operator."""

from typing import Any

import pytest

from allocation.plan import Resource
from bench.operator_rule import Given, operator_rule
from settings import load_file
from tests.support.commands import SEED_GLOBAL
from tests.support.strategies import base_spec, put, settings_of

TOTAL = {"limits": {"cpu": "1", "memory": "2Gi"}}


def by_rule(
    *, gateway: str | None = None, ui: bool = False, proxy: bool = False, replicas_of: str = "", **template: Any
) -> dict[str, Given]:
    """The rule's figures by component, or container beside another; three replicas of the one that is named."""
    spec = base_spec(gateway, ui, proxy)
    spec["resources"] = {"total": TOTAL}
    if replicas_of:
        put(spec, ("template", replicas_of, "replicas"), 3)
    for component, block in template.items():
        for key, value in block.items():
            put(spec, ("template", component, key), value)
    given = operator_rule(settings_of(spec))
    return {each.component if each.name in ("tempo", "tempo-gateway") else each.name: each for each in given}


def used(given: dict[str, Given], resource: Resource) -> int:
    return sum((each.figures["limits"][resource] or 0) * each.replicas for each in given.values())


@pytest.mark.parametrize(
    ("gateway", "replicas", "cpu", "memory"),
    [
        (None, 1, (270, 81), (257698032, 77309416)),
        (None, 2, (135, 40), (128849016, 38654708)),
        ("static", 1, (260, 78), (236223200, 70866960)),
        ("static", 2, (130, 39), (118111600, 35433480)),
    ],
)
def test_a_distributor_gets_what_the_operator_s_own_tests_expect(
    gateway: str | None, replicas: int, cpu: tuple[int, int], memory: tuple[int, int]
) -> None:
    figures = by_rule(gateway=gateway, distributor={"replicas": replicas})["distributor"].figures
    assert (figures["limits"]["cpu"], figures["requests"]["cpu"]) == cpu
    assert (figures["limits"]["memory"], figures["requests"]["memory"]) == memory


def test_the_seed_s_stack_takes_104_percent_of_its_cpu_and_102_of_its_memory() -> None:
    given = operator_rule(load_file(SEED_GLOBAL))
    cpu = sum((each.figures["limits"]["cpu"] or 0) * each.replicas for each in given)
    memory = sum((each.figures["limits"]["memory"] or 0) * each.replicas for each in given)
    assert cpu == 2080
    assert round(memory / 2**31, 6) == 1.02


def test_the_seed_s_own_cpu_limits_are_the_rule_s_and_a_millicore() -> None:
    """The seed's per-component example: 521m, 721m, 301m and 181m of the same 2000m."""
    given = {each.component: each.figures["limits"]["cpu"] for each in operator_rule(load_file(SEED_GLOBAL))}
    seed = {"distributor": 521, "ingester": 721, "compactor": 301, "querier": 181}
    assert {component: (given[component] or 0) + 1 for component in seed} == seed


def test_what_is_switched_off_leaves_its_part_unused() -> None:
    assert used(by_rule(), "cpu") == 955
    assert used(by_rule(ui=True), "cpu") == 1045
    assert used(by_rule(ui=True, proxy=True), "cpu") == 1045


def test_a_gateway_s_part_is_not_divided_by_its_replicas() -> None:
    """Three replicas of 6 % take 18 %; three of anybody else take what one does, but for what is cut off."""
    once, thrice = by_rule(gateway="openshift"), by_rule(gateway="openshift", replicas_of="gateway")
    assert (used(once, "cpu"), used(thrice, "cpu")) == (960, 1080)
    assert used(by_rule(gateway="openshift", replicas_of="ingester"), "cpu") == 960


def test_an_override_takes_the_whole_block_s_place_and_changes_nobody_else() -> None:
    plain = by_rule()
    override = by_rule(querier={"resources": {"limits": {"cpu": "5"}}})
    assert override["querier"].figures == {
        "limits": {"cpu": 5000, "memory": None},
        "requests": {"cpu": None, "memory": None},
    }
    assert override["ingester"] == plain["ingester"]


def test_small_totals_are_cut_off_to_nothing() -> None:
    spec = base_spec()
    spec["resources"] = {"total": {"limits": {"cpu": "20m"}}}
    frontend = next(each for each in operator_rule(settings_of(spec)) if each.component == "query-frontend")
    assert frontend.figures["limits"] == {"cpu": 0, "memory": None}
