"""Sizing from load: replicas and numbers that carry it, more for more load, and the seed's two presets."""

from fractions import Fraction
from math import ceil
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from allocation import ContainerPlan, Figure, Plan, WorkloadPlan, allocate
from allocation.coefficients import COMPONENTS, NEEDS, UTILISATION
from allocation.floors import TEMPO, floor_of
from allocation.go import gomemlimit_bytes
from allocation.load import POD_OF
from allocation.measured import (
    DISTRIBUTOR_BYTES_PER_MILLICORE,
    INGESTER_BYTES_PER_MILLICORE,
    INGESTER_MICROSECONDS_PER_QUERY,
)
from allocation.plan import QOS_RESOURCES
from allocation.tenants import tenants_of
from settings import Quantity
from tests.support.strategies import Spec, base_spec, put, settings_of, thorough

MIB, GIB = 2**20, 2**30
COPIES = st.integers(1, 5)
RATES = st.fractions(min_value=Fraction(1, 1000), max_value=2_000, max_denominator=1000)
QUERIES = st.none() | st.fractions(min_value=0, max_value=1_000, max_denominator=100)


def loaded(megabytes: Fraction | float, copies: int = 1, **workload: Any) -> Spec:
    """A stack with every container, sized for so much ingest."""
    load = {"ingest": {"megabytesPerSecond": Fraction(megabytes)}} | workload
    return base_spec("openshift", jaeger=True, proxy=True) | {"workload": load, "replicationFactor": copies}


def plan_of(spec: Spec) -> Plan:
    return allocate(settings_of(spec))


def workload(plan: Plan, component: str) -> WorkloadPlan:
    found = plan.workload(component)
    assert found is not None
    return found


def containers(plan: Plan) -> dict[str, tuple[WorkloadPlan, ContainerPlan]]:
    return {f"{w.component}/{c.name}": (w, c) for w in plan.workloads for c in w.containers}


def amount(figure: Figure) -> int:
    assert figure.amount is not None
    return figure.amount


def test_a_replica_that_is_full_carries_what_tempo_s_table_says() -> None:
    """Tempo, "Size the cluster": 10 MB/s need a distributor with 2 GB, and so on; cpu of two of them as measured."""
    full = {
        component: workload(plan_of(loaded(rate, copies=2)), component)
        for component, rate in {"distributor": 20, "ingester": 8, "compactor": 8, "querier": 15}.items()
    }
    assert {c: (w.replicas, amount(w.containers[0].requests["cpu"])) for c, w in full.items()} == {
        "distributor": (2, 1551),
        "ingester": (2, 1600),
        "compactor": (2, 1000),
        "querier": (10, 2000),
    }
    gigabytes = {"distributor": 2, "ingester": 12, "compactor": 12, "querier": 4}
    for component, w in full.items():
        assert 0 <= amount(w.containers[0].requests["memory"]) - gigabytes[component] * 10**9 < MIB
    assert workload(plan_of(loaded(1)), "query-frontend").replicas == 2


def test_a_small_load_takes_a_small_part() -> None:
    ingester = workload(plan_of(loaded(1)), "ingester")
    memory = 12 * 10**9 // 8 // MIB + 1
    assert ingester.replicas == 1
    assert ingester.containers[0].requests["cpu"] == Figure(200, "workload")  # 1600 x 1/8
    assert ingester.containers[0].requests["memory"] == Figure(memory * MIB, "workload")
    assert ingester.containers[0].limits["cpu"] == Figure(400, "workload")
    assert ingester.containers[0].limits["memory"] == Figure(-(-memory * 5 // 4) * MIB, "workload")


def test_spans_are_300_bytes_each() -> None:
    spans = loaded(1) | {"workload": {"ingest": {"spansPerSecond": 10_000}}}
    assert plan_of(spans) == plan_of(loaded(3))


def test_every_copy_has_an_ingester() -> None:
    for copies in (1, 2, 3, 5):
        plan = plan_of(loaded(Fraction(1, 10), copies=copies))
        assert workload(plan, "ingester").replicas == copies
        assert plan.findings == ()


def test_queries_come_on_top_for_those_who_answer_them() -> None:
    quiet, busy = plan_of(loaded(6)), plan_of(loaded(6, queriesPerSecond=100))
    changed = {w.component for w, b in zip(quiet.workloads, busy.workloads, strict=True) if w != b}
    assert changed == {"ingester", "querier", "query-frontend"}
    assert [workload(p, "querier").replicas for p in (quiet, busy)] == [4, 14]
    assert [workload(p, "query-frontend").replicas for p in (quiet, busy)] == [2, 3]
    ingesters = [workload(p, "ingester") for p in (quiet, busy)]
    assert [w.replicas for w in ingesters] == [1, 1]
    assert [amount(w.containers[0].requests["cpu"]) for w in ingesters] == [1200, 1200 + 100 * 22]


@pytest.mark.parametrize("megabytes", [1, 8, 40])
def test_what_was_measured_keeps_no_more_than_the_utilisation_of_a_request_busy(megabytes: int) -> None:
    plan = plan_of(loaded(megabytes, copies=2, queriesPerSecond=3))
    busy_millicores = {
        "distributor": megabytes * 10**6 / DISTRIBUTOR_BYTES_PER_MILLICORE,
        "ingester": 2 * megabytes * 10**6 / INGESTER_BYTES_PER_MILLICORE,
    }
    for component, busy in busy_millicores.items():
        w = workload(plan, component)
        queries = 3 * w.replicas * INGESTER_MICROSECONDS_PER_QUERY / 1000 if component == "ingester" else 0
        assert (busy + queries) / (w.replicas * amount(w.containers[0].requests["cpu"])) <= UTILISATION.value


@given(RATES, RATES, COPIES, QUERIES, st.dictionaries(st.sampled_from(sorted(COMPONENTS)), st.integers(1, 12)))
@thorough
def test_more_load_never_takes_fewer_replicas_or_less_of_anything(
    rate: Fraction, more: Fraction, copies: int, queries: Fraction | None, own: dict[str, int]
) -> None:
    def of(megabytes: Fraction, queries_per_second: Fraction | None) -> Plan:
        extra = {} if queries_per_second is None else {"queriesPerSecond": queries_per_second}
        spec = loaded(megabytes, copies, **extra)
        for component, count in own.items():
            key = component if component != "query-frontend" else "queryFrontend"
            put(spec, ("template", key, "replicas"), count)
        return plan_of(spec)

    less = of(rate, queries)
    for greater in (of(rate + more, queries), of(rate, (queries or 0) + more)):
        after = containers(greater)
        for name, (w, c) in containers(less).items():
            w_after, c_after = after[name]
            assert w_after.replicas >= w.replicas
            before, now = c.requests, c_after.requests
            assert amount(now["cpu"]) * w_after.replicas >= amount(before["cpu"]) * w.replicas
            assert amount(now["memory"]) * w_after.replicas >= amount(before["memory"]) * w.replicas


@given(RATES, COPIES, QUERIES)
@thorough
def test_replicas_carry_the_load_with_what_they_get(rate: Fraction, copies: int, queries: Fraction | None) -> None:
    plan = plan_of(loaded(rate, copies, **({} if queries is None else {"queriesPerSecond": queries})))
    by_component = {w.component: w for w in plan.workloads}
    for name, component in COMPONENTS.items():
        w = by_component[name]
        full = rate * (copies if component.copied else 1) / component.rate.value
        if component.queries is not None:
            full += (queries or Fraction(0)) / component.queries.value
        least = max(component.at_least, copies if name == "ingester" else 1)
        assert full <= w.replicas
        assert w.replicas == least or w.replicas < full + 1  # and no more of them than that
        need, main = NEEDS[name.replace("-", "_")], w.containers[0]
        on_top = ceil((queries or Fraction(0)) * need.query.value) if need.query else 0
        assert amount(main.requests["cpu"]) * w.replicas >= full * need.cpu.value + on_top * w.replicas
        assert amount(main.requests["memory"]) * w.replicas >= full * need.memory.value
        assert amount(main.requests["cpu"]) <= max(
            int(need.cpu.value) + on_top, floor_of(name, TEMPO, "requests", "cpu")
        )
    for w, c in containers(plan).values():
        assert amount(c.requests["cpu"]) >= floor_of(w.component, c.name, "requests", "cpu")
        assert amount(c.requests["memory"]) >= floor_of(w.component, c.name, "requests", "memory")
        assert amount(c.requests["memory"]) % MIB == amount(c.limits["memory"]) % MIB == 0
        assert (gomemlimit_bytes(c) or 0) >= amount(c.requests["memory"])
    assert plan.findings == ()


def test_replicas_of_the_user_s_share_the_load_be_they_many_or_few() -> None:
    many, few = loaded(20), loaded(20)
    put(many, ("template", "distributor", "replicas"), 8)
    put(few, ("template", "distributor", "autoscaling"), {"minReplicas": 1, "maxReplicas": 4})
    requests = [
        (w.replicas, amount(w.containers[0].requests["cpu"]))
        for w in (workload(plan_of(spec), "distributor") for spec in (many, few))
    ]
    assert requests == [(8, 388), (1, 3102)]


def test_nobody_gets_less_than_a_process_needs_to_run() -> None:
    for name, (w, c) in containers(plan_of(loaded(Fraction(1, 1000)))).items():
        beside = name not in ("query-frontend/tempo", *(f"{each}/tempo" for each in COMPONENTS))
        least = 64 if beside else 224 if w.component == "ingester" else 128
        assert amount(c.requests["memory"]) == least * MIB
        assert amount(c.requests["cpu"]) == floor_of(w.component, c.name, "requests", "cpu")


def test_every_container_has_a_need_and_a_pod() -> None:
    assert {POD_OF.get(container, container) for container in NEEDS} == set(COMPONENTS)
    assert len(NEEDS) == len(containers(plan_of(loaded(1))))


def test_overrides_win_over_the_load_and_a_total_that_is_too_small_is_a_finding() -> None:
    spec = loaded(20)
    put(spec, ("template", "querier"), {"replicas": 4, "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}})
    spec["resources"] = {"total": {"limits": {"memory": "10Gi"}}}
    plan = plan_of(spec)
    querier = workload(plan, "querier")
    assert (querier.replicas, querier.replicas_source) == (4, "override")
    assert querier.containers[0].limits["cpu"] == Figure(1000, "override")
    (finding,) = plan.findings
    assert finding.code == "over-allocated"
    assert "overrides 4Gi, workloads " in finding.message
    assert finding.remedy.endswith("state a smaller spec.workload")


# The seed, "Workload-Based Sizing".
HIGH_INGESTION = """
distributor:
  replicas: 5
  resources:
    limits: {cpu: 1000m, memory: 512Mi}
ingester:
  replicas: 5
  resources:
    limits: {cpu: 1500m, memory: 4Gi}
"""
HIGH_QUERY = """
querier:
  replicas: 8
  resources:
    limits: {cpu: 800m, memory: 1Gi}
query-frontend:
  replicas: 3
  resources:
    limits: {cpu: 500m, memory: 512Mi}
"""


@pytest.mark.parametrize(("preset", "quoted"), [("high-ingestion", HIGH_INGESTION), ("high-query", HIGH_QUERY)])
def test_the_presets_are_the_seed_s_workload_based_sizing(preset: str, quoted: str) -> None:
    total = {"total": {"limits": {"cpu": "40", "memory": "80Gi"}}}
    plan = plan_of(base_spec() | {"workload": {"preset": preset}, "resources": total})
    seed = yaml.safe_load(quoted)
    found = {}
    for w in (w for w in plan.workloads if w.component in seed):
        limits = w.containers[0].quantities("limits")
        found[w.component] = {"replicas": w.replicas, "resources": {"limits": {r: limits[r] for r in QOS_RESOURCES}}}
    for block in seed.values():
        limits = block["resources"]["limits"]
        limits["cpu"] = str(Quantity.parse(limits["cpu"]))  # 1000m is 1
    assert found == seed
    # What the preset does not name shares what is left of the total.
    assert plan.allocated("limits", "cpu") == 40_000
    assert plan.allocated("limits", "memory") == 80 * GIB
    others = [c for name, (_, c) in containers(plan).items() if name.split("/")[0] not in seed]
    assert {c.limits["cpu"].source for c in others} == {"share"}
    assert plan.findings == ()


def test_a_preset_beside_a_load_is_for_its_own_components_only() -> None:
    spec, plain = loaded(40, preset="high-query"), plan_of(loaded(40))
    plan = plan_of(spec)
    assert (workload(plan, "querier").replicas, workload(plan, "query-frontend").replicas) == (8, 3)
    assert workload(plan, "querier").containers[0].limits["cpu"] == Figure(800, "workload")
    assert workload(plan, "querier").containers[0].requests["cpu"] == Figure(240, "ratio")
    for component in ("distributor", "ingester", "compactor", "gateway"):
        assert workload(plan, component) == workload(plain, component)


@pytest.mark.parametrize(("stated", "counted"), [(None, 1), (1, 1), (250, 250)])
def test_the_gateway_is_sized_for_the_tenants_listed_or_stated_whichever_are_more(
    stated: int | None, counted: int
) -> None:
    spec = loaded(1, **({} if stated is None else {"tenants": stated}))
    put(spec, ("template", "gateway", "sizing"), "perTenant")
    assert tenants_of(settings_of(spec)) == counted
    gateway = workload(plan_of(spec), "gateway").container("tempo-gateway")
    assert gateway.limits["cpu"] == Figure(200 + 50 * counted, "tenants")
    assert gateway.requests["cpu"] == Figure((60 + 15 * counted), "ratio")  # follows its limit, not the load
