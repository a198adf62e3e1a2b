"""What holds for every plan, whatever the stack: the invariants of the allocation, on random stacks."""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from fractions import Fraction
from math import ceil
from random import Random
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from allocation import ContainerPlan, Plan, WorkloadPlan, allocate
from allocation.codes import CODES
from allocation.containers import Container, containers_of
from allocation.floors import TEMPO, floor_of
from allocation.plan import QOS_RESOURCES, RESOURCES, SIDES, Resource, Side
from allocation.profiles import MEASURED_ENOUGH
from settings import Quantity
from tests.support.strategies import (
    CONTAINERS,
    MIB,
    Spec,
    base_spec,
    get,
    put,
    running,
    settings_of,
    stacks,
    thorough,
)

UNIT: Mapping[Resource, int] = {"cpu": 1, "memory": MIB, "ephemeral-storage": MIB}


def plan_of(spec: Mapping[str, Any]) -> Plan:
    return allocate(settings_of(spec))


def seats(plan: Plan) -> Iterator[tuple[WorkloadPlan, ContainerPlan]]:
    return ((workload, container) for workload in plan.workloads for container in workload.containers)


def amounts(plan: Plan) -> dict[str, int | None]:
    """Every number of the plan, by its place."""
    return {
        f"{w.component}/{c.name}.{side}.{resource}": c.figure(side, resource).amount
        for w, c in seats(plan)
        for side in SIDES
        for resource in RESOURCES
    }


def most_replicas(plan: Plan) -> int:
    """The largest replica count that the budget counts."""
    return max(workload.replicas for workload in plan.workloads)


def is_shared(container: ContainerPlan, side: Side, resource: Resource) -> bool:
    """Whether the figure is a share, and not another source's that the user's own request lifted."""
    figure, request = container.figure(side, resource), container.requests[resource]
    lifted = side == "limits" and request.source == "override" and figure.amount == request.amount
    return figure.source == "share" or (figure.source in ("enough", "floor") and not lifted)


def is_exceeded(plan: Plan, path: str) -> bool:
    return any(f.path == path and f.code in ("over-allocated", "floors-exceed-total") for f in plan.findings)


@thorough
@given(stacks(crossed=True))
def test_a_total_is_kept_or_there_is_a_finding_with_its_path(spec: Spec) -> None:
    plan = plan_of(spec)
    for side in SIDES:
        for resource, total in plan.totals[side].items():
            exceeded = is_exceeded(plan, f"spec.resources.total.{side}.{resource}")
            assert exceeded == (plan.allocated(side, resource) > total)


@thorough
@given(stacks())
def test_no_shared_container_could_take_what_is_left(spec: Spec) -> None:
    plan = plan_of(spec)
    for side in SIDES:
        for resource, total in plan.totals[side].items():
            takers = [w.replicas for w, c in seats(plan) if is_shared(c, side, resource)]
            if takers and not is_exceeded(plan, f"spec.resources.total.{side}.{resource}"):
                assert 0 <= total - plan.allocated(side, resource) < min(takers) * UNIT[resource]


@thorough
@given(stacks(crossed=True))
def test_a_request_exceeds_its_limit_only_where_the_user_says_both(spec: Spec) -> None:
    plan = plan_of(spec)
    paths = {finding.path for finding in plan.findings if finding.code == "request-exceeds-limit"}
    for _, container in seats(plan):
        for resource in RESOURCES:
            limit, request = container.limits[resource], container.requests[resource]
            exceeds = limit.amount is not None and request.amount is not None and request.amount > limit.amount
            assert exceeds == (f"{container.path}.requests.{resource}" in paths)
            if exceeds:
                assert (limit.source, request.source) == ("override", "override")


@thorough
@given(stacks())
def test_no_share_is_below_its_floor(spec: Spec) -> None:
    for workload, container in seats(plan_of(spec)):
        for resource in RESOURCES:
            limit, request = container.limits[resource], container.requests[resource]
            for side in SIDES:
                if is_shared(container, side, resource):
                    floor = floor_of(workload.component, container.name, side, resource)
                    assert (container.figure(side, resource).amount or 0) >= floor
            if limit.source in ("share", "enough", "floor") and request.source == "override":
                assert (limit.amount or 0) >= (request.amount or 0)
            if request.source == "limit":
                assert request.amount == limit.amount


@thorough
@given(stacks())
def test_shares_are_whole_units(spec: Spec) -> None:
    for _, container in seats(plan_of(spec)):
        for side in SIDES:
            for resource in RESOURCES:
                figure = container.figure(side, resource)
                assert type(figure.amount) in (int, type(None))
                if figure.source == "ratio" or is_shared(container, side, resource):
                    assert figure.amount is not None
                    assert figure.amount % UNIT[resource] == 0


@thorough
@given(stacks(crossed=True))
def test_an_override_is_kept_to_the_letter(spec: Spec) -> None:
    settings = settings_of(spec)
    plan = allocate(settings)
    for container in (c for c in containers_of(settings) if c.runs):
        given_block = get(spec, ("template", *CONTAINERS[container.weight], "resources")) or {}
        for side in SIDES:
            for resource in RESOURCES:
                figure = planned(plan, container).figure(side, resource)
                text = get(given_block, (side, resource))
                assert (figure.source == "override") == (text is not None)
                if text is not None:
                    quantity = Quantity.parse(text, "cores" if resource == "cpu" else "bytes")
                    assert figure.amount == (quantity.millicores if resource == "cpu" else quantity.bytes)


@thorough
@given(stacks(), st.integers(0, 2**16))
def test_the_same_input_in_any_key_order_gives_the_same_plan(spec: Spec, order: int) -> None:
    random = Random(order)

    def shuffled(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        keys = list(value)
        random.shuffle(keys)
        return {key: shuffled(value[key]) for key in keys}

    assert plan_of(spec) == plan_of(shuffled(spec)) == plan_of(json.loads(json.dumps(spec)))


@thorough
@given(
    stacks(enough=True),
    st.integers(1, 9) | st.integers(1, 5_000),
    st.sampled_from(QOS_RESOURCES),
    st.sampled_from(SIDES),
)
def test_a_larger_total_takes_no_more_than_one_step_of_replicas_from_anyone(
    spec: Spec, more: int, resource: Resource, side: Side
) -> None:
    small = plan_of(spec)
    assume(resource in small.totals[side] and not is_exceeded(small, f"spec.resources.total.{side}.{resource}"))
    larger = deepcopy(spec)
    total = small.totals[side][resource] + more * UNIT[resource]
    put(larger, ("resources", "total", side, resource), f"{total}m" if resource == "cpu" else str(total))
    large = plan_of(larger)
    for (_, before), (_, after) in zip(seats(small), seats(large), strict=True):
        step = most_replicas(small) * UNIT[resource]
        assert amount(after, resource, side) >= amount(before, resource, side) - step


def amount(container: ContainerPlan, resource: Resource, side: Side = "limits") -> int:
    figure = container.figure(side, resource).amount
    assert figure is not None
    return figure


@thorough
@given(stacks(enough=True, whole=True), st.integers(2, 9))
def test_scaling_totals_and_overrides_scales_the_shares(spec: Spec, k: int) -> None:
    plain, scaled = plan_of(spec), plan_of(scale(spec, k))
    step = most_replicas(plain)
    for resource in QOS_RESOURCES:
        if floors_bind(plain, resource, step) or floors_bind(scaled, resource, step):
            continue
        if resource == "cpu" and spec["resources"]["profile"] == "measured" and not all_have_enough(plain, step):
            continue
        for (_, a), (_, b) in zip(seats(plain), seats(scaled), strict=True):
            assert abs(amount(b, resource) - k * amount(a, resource)) <= (k + 1) * step * UNIT[resource]


def floors_bind(plan: Plan, resource: Resource, step: int) -> bool:
    """Whether a share is at its floor, or so near that only left-over units lift it above."""
    return any(
        c.limits[resource].source != "override"
        and amount(c, resource)
        < max(floor_of(w.component, c.name, "limits", resource), given_request(c, resource)) + step * UNIT[resource]
        for w, c in seats(plan)
    )


def all_have_enough(plan: Plan, step: int) -> bool:
    """Whether everybody for whom an amount is enough has more than that; shares only grow by scaling."""
    shared = {w.component.replace("-", "_"): c for w, c in seats(plan) if c.name == TEMPO}
    return all(
        shared[name].limits["cpu"].source == "override" or amount(shared[name], "cpu") > enough.amount + step
        for name, enough in MEASURED_ENOUGH.items()
    )


def given_request(container: ContainerPlan, resource: Resource) -> int:
    request = container.requests[resource]
    return request.amount or 0 if request.source == "override" else 0


def scale(value: Any, k: int) -> Any:
    """Every quantity (a number with a unit) times k."""
    if isinstance(value, dict):
        return {key: scale(v, k) for key, v in value.items()}
    if isinstance(value, str) and (found := re.fullmatch(r"([0-9]+)(m|Mi)", value)):
        return f"{int(found[1]) * k}{found[2]}"
    return value


@thorough
@given(stacks(enough=True), st.sampled_from(["gateway", "opa", "ui", "proxy"]))
def test_the_share_of_a_removed_container_goes_to_the_others(spec: Spec, what: str) -> None:
    less = without(spec, what)
    # The operator weighs a stack without a gateway by another table, in which the ingester's part of the memory is a
    # little smaller than beside a gateway without OPA: 50 of 102.5 after 49 of 100.
    assume(less is not None and not (what == "gateway" and spec["resources"]["profile"] == "operator"))
    for removed in set(running(spec)) - set(running(less or {})):
        put(spec, ("template", *CONTAINERS[removed], "resources"), {})  # what it has is a share, not an override
    plan = plan_of(spec)
    had, have = amounts(plan), amounts(plan_of(less or {}))
    assert len(have) < len(had)
    for resource in QOS_RESOURCES:
        for place in (place for place in have if place.endswith(f".limits.{resource}")):
            assert (had[place] or 0) - (have[place] or 0) <= most_replicas(plan) * UNIT[resource]


def without(spec: Spec, what: str) -> Spec | None:
    """The stack without that part of it; None where it has none."""
    less = deepcopy(spec)
    jaeger = get(less, ("template", "queryFrontend", "jaegerQuery")) or {}
    if what == "gateway" and less["template"].pop("gateway", None):
        del less["tenants"]
        return less
    if what == "opa" and get(less, ("tenants", "mode")) == "openshift":
        less["tenants"] = base_spec("static")["tenants"]
        return less
    if what == "ui" and jaeger.get("enabled"):
        jaeger["enabled"] = False
        return less
    return less if what == "proxy" and jaeger.get("enabled") and jaeger.pop("authentication", None) else None


@thorough
@given(stacks())
def test_a_plan_written_out_as_overrides_is_the_same_plan(spec: Spec) -> None:
    settings = settings_of(spec)
    plan, running_ones = allocate(settings), [c for c in containers_of(settings) if c.runs]
    assume(not any(lacks_its_limit(plan, c) for c in running_ones if c.qos == "Guaranteed"))  # written out, it gets one
    written = deepcopy(spec)
    for container in running_ones:
        block = {side: quantities for side in SIDES if (quantities := planned(plan, container).quantities(side))}
        if block:
            put(written, ("template", *CONTAINERS[container.weight], "resources"), block)
    assert amounts(plan_of(written)) == amounts(plan)


def planned(plan: Plan, container: Container) -> ContainerPlan:
    workload = plan.workload(container.component)
    assert workload is not None
    return workload.container(container.name)


def lacks_its_limit(plan: Plan, container: Container) -> bool:
    """Whether it has a request and no limit."""
    limits, requests = planned(plan, container).limits, planned(plan, container).requests
    return any(limits[r].amount is None and requests[r].amount is not None for r in QOS_RESOURCES)


@thorough
@given(stacks())
def test_without_a_total_of_requests_a_request_is_the_ratio_of_its_limit(spec: Spec) -> None:
    plan = plan_of(spec)
    ratio = settings_of(spec).spec.resources.request_ratio
    for _, container in seats(plan):
        for resource in QOS_RESOURCES:
            limit, request = container.limits[resource].amount, container.requests[resource]
            if resource not in plan.totals["requests"]:
                assert request.source in ("override", "qos", "size", "workload", "ratio", "limit", "none")
                unit = UNIT[resource]
                if request.source == "ratio":
                    assert limit is not None
                    assert request.amount == ceil(ratio * limit / unit) * unit <= limit


@thorough
@given(stacks(crossed=True))
def test_raising_a_total_as_the_remedy_says_is_enough_and_one_unit_less_is_not(spec: Spec) -> None:
    plan = plan_of(spec)
    for finding in plan.findings:
        advice = re.match(r"raise it to (\S+) or more", finding.remedy)
        about_a_total = finding.path.startswith("spec.resources.total.") and finding.code != "hpa-exceeds-total"
        if not advice or not about_a_total:
            continue
        *_, side, resource = finding.path.split(".")
        enough = Quantity.parse(advice[1], "cores" if resource == "cpu" else "bytes")
        less = Quantity(enough.value - Fraction(1, 1000 if resource == "cpu" else 1), enough.unit)
        for total, expected in ((enough, False), (less, True)):
            other = deepcopy(spec)
            put(other, ("resources", "total", side, resource), str(total))
            assert is_exceeded(plan_of(other), finding.path) == expected


@thorough
@given(stacks(crossed=True))
def test_findings_are_known_one_line_each_and_errors_first(spec: Spec) -> None:
    plan = plan_of(spec)
    strict = spec["resources"]["onViolation"] == "error"
    for finding in plan.findings:
        assert "\n" not in str(finding)
        assert finding.path
        assert finding.message
        assert finding.remedy
        rule = CODES[finding.code].severity
        assert finding.severity == ("error" if rule == "error" or (rule == "onViolation" and strict) else "warning")
    assert [f.severity for f in plan.findings] == sorted(f.severity for f in plan.findings)
