"""A container's line: what a person reads of it is all there is to know, and a program reads it back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation import allocate
from allocation.line import ContainerLine, container_lines, parse_amount
from allocation.plan import RESOURCES, SIDES, Resource, quantity
from tests.support.plans import over_allocated
from tests.support.strategies import Spec, base_spec, put, settings_of, stacks, thorough

AMOUNTS = st.none() | st.integers(0, 10**6) | st.integers(0, 2**70)
COUNTS = st.integers(0, 10_000)


@st.composite
def container_line(draw: st.DrawFn) -> ContainerLine:
    limits = {resource: draw(AMOUNTS) for resource in RESOURCES}
    requests = {resource: draw(AMOUNTS) for resource in RESOURCES}
    least, most = draw(COUNTS), draw(COUNTS)
    autoscaled = draw(st.sampled_from([None, (least, most)]))
    return ContainerLine(draw(COUNTS), limits, requests, autoscaled, draw(st.booleans()))


@thorough
@given(line=container_line())
def test_a_line_is_read_back_without_loss(line: ContainerLine) -> None:
    assert ContainerLine.parse(str(line)) == line
    assert "\n" not in str(line)


@thorough
@given(amount=st.integers(-(2**40), 2**70), resource=st.sampled_from(RESOURCES))
def test_an_amount_is_read_back_to_the_unit(amount: int, resource: Resource) -> None:
    assert parse_amount(resource, quantity(resource, amount)) == amount


@thorough
@given(spec=stacks())
def test_the_lines_of_a_plan_have_all_its_numbers(spec: Spec) -> None:
    plan = allocate(settings_of(spec))
    read = {key: ContainerLine.parse(str(line)) for key, line in container_lines(plan).items()}
    for workload in plan.every_workload:
        for container in workload.containers:
            line = read.pop(f"{workload.component}/{container.name}")
            assert (line.replicas, line.outside) == (workload.replicas, workload in plan.outside)
            assert line.limits == {each: container.limits[each].amount for each in RESOURCES}
            assert line.requests == {each: container.requests[each].amount for each in RESOURCES}
    assert read == {}


def test_a_line_of_a_plan_knows_its_autoscaler_and_whether_it_is_outside_the_total() -> None:
    spec = base_spec()
    put(spec, ("resources", "total", "limits"), {"cpu": "2", "memory": "2Gi"})
    put(spec, ("template", "querier", "autoscaling"), {"minReplicas": 2, "maxReplicas": 5})
    lines = container_lines(allocate(settings_of(spec, minio={"enabled": True})))
    assert lines["querier/tempo"].autoscaled == (2, 5)
    assert {key for key, found in lines.items() if found.outside} == {"minio/minio", "minio-bucket/minio-bucket"}
    limit, request = (lines["querier/tempo"].amount(side, "cpu") or 0 for side in SIDES)
    assert limit > request > 0


@pytest.mark.parametrize(
    ("resource", "text", "amount"),
    [
        ("cpu", "2", 2000),
        ("cpu", f"{10**30}m", 10**30),  # more than a quantity holds
        ("memory", "2Gi", 2**31),
        ("memory", str(10**30), 10**30),
    ],
)
def test_cpu_is_read_in_millicores_and_the_rest_in_bytes(resource: Resource, text: str, amount: int) -> None:
    assert parse_amount(resource, text) == amount


@pytest.mark.parametrize(
    ("resource", "text", "refusal"),
    [
        ("cpu", "1u", "'1u' is no whole number of millicores"),
        ("memory", "1m", "'1m' is no whole number of bytes"),
        ("memory", f"{10**30}m", "invalid literal"),
    ],
)
def test_parts_of_a_unit_are_refused(resource: Resource, text: str, refusal: str) -> None:
    with pytest.raises(ValueError, match=refusal):
        parse_amount(resource, text)


def line(**changes: object) -> str:
    given = {
        "replicas": 2,
        "limits": {"cpu": 500, "memory": 221 * 2**20, "ephemeral-storage": 2**30},
        "requests": {"cpu": 150, "memory": 67 * 2**20, "ephemeral-storage": 64 * 2**20},
    }
    return str(ContainerLine(**{**given, **changes}))  # type: ignore[arg-type]


def test_it_says_replicas_then_limit_and_request_of_one() -> None:
    assert line() == "2 × cpu 500m/150m, memory 221Mi/67Mi"
    assert line(outside=True) == "2 × cpu 500m/150m, memory 221Mi/67Mi, outside the total"


def test_ephemeral_storage_stands_there_where_it_is_not_what_everybody_has() -> None:
    limits: dict[Resource, int | None] = {"cpu": None, "memory": None, "ephemeral-storage": 2**31}
    assert line(limits=limits) == "2 × cpu -/150m, memory -/67Mi, ephemeral-storage 2Gi/64Mi"
    limits["ephemeral-storage"] = None
    assert line(limits=limits) == "2 × cpu -/150m, memory -/67Mi, ephemeral-storage -/64Mi"
    read = ContainerLine.parse("2 × cpu 1/1, memory 1/1")
    assert (read.limits["ephemeral-storage"], read.requests["ephemeral-storage"]) == (2**30, 64 * 2**20)


def test_autoscaled_replicas_show_their_bounds_and_what_is_counted_where_it_is_not_the_least() -> None:
    assert line(autoscaled=(2, 10)).startswith("2-10 × cpu")
    assert line(replicas=10, autoscaled=(2, 10)).startswith("2-10 (10) × cpu")


def test_the_keys_are_component_and_container_so_that_a_pod_s_containers_sort_together() -> None:
    keys = sorted(container_lines(over_allocated()))
    assert keys == ["distributor/tempo", "minio/minio", "query-frontend/jaeger-query", "query-frontend/tempo"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2",
        "2 × ",
        "x × cpu 1/1, memory 1/1",
        "2 × gpu 1/1",
        "2 × cpu 1",
        "2 × cpu 1/x, memory 1/1",
        "2 × cpu 1u/1",
        "２ × cpu 1/1, memory 1/1",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.compile(r"is n|invalid literal")):
        ContainerLine.parse(text)
