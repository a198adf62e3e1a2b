"""What a stack costs: exact sums of its parts, linear in the prices, never less at more replicas."""

from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from allocation import Charge, ContainerPlan, Cost, Figure, Plan, WorkloadPlan, allocate
from allocation.charging import cost_of
from allocation.plan import RESOURCES, StoragePlan, VolumePlan
from settings import Settings
from tests.support.strategies import Spec, base_spec, put, settings_of, stacks, thorough

GIB = 2**30
PRICES = ("cpuHour", "gibHour", "blockGibMonth", "objectGibMonth")
PARTS = tuple(field.name for field in fields(Charge))

prices = st.fixed_dictionaries(
    {price: st.decimals(0, 1000, places=6).map(str) for price in PRICES}, optional={"basis": st.just("limits")}
)


@st.composite
def priced(draw: st.DrawFn) -> tuple[Spec, dict[str, str], bool]:
    """A stack, some of whose components may scale, its prices, and whether MinIO is its store."""
    spec = draw(stacks())
    for component in draw(st.sets(st.sampled_from(["distributor", "querier"]))):
        spec["template"].setdefault(component, {}).pop("replicas", None)
        least, more = draw(st.integers(1, 9)), draw(st.integers(0, 9))
        put(
            spec,
            ("template", component, "autoscaling"),
            {"minReplicas": least, "maxReplicas": least + more, "budget": draw(st.sampled_from(["min", "max"]))},
        )
    return spec, draw(prices), draw(st.booleans())


def cost(stack: tuple[Spec, dict[str, str], bool], **other_prices: str) -> Cost:
    spec, pricing, has_minio = stack
    found = allocate(settings_of(spec, minio={"enabled": has_minio}, pricing=pricing | other_prices)).cost
    assert found is not None
    return found


@thorough
@given(priced())
def test_the_parts_add_up_to_the_total_exactly(stack: tuple[Spec, dict[str, str], bool]) -> None:
    whole = cost(stack)
    for total, each in (
        (whole.at_min, [component.at_min for component in whole.components]),
        (whole.at_max, [component.at_max for component in whole.components]),
    ):
        assert sum(charge.total for charge in each) == total.total == sum(getattr(total, part) for part in PARTS)


@thorough
@given(priced(), st.sampled_from(PRICES), st.integers(0, 7))
def test_the_cost_is_linear_in_every_price(stack: tuple[Spec, dict[str, str], bool], price: str, k: int) -> None:
    free, once = cost(stack, **{price: "0"}), cost(stack)
    times = cost(stack, **{price: _times(stack[1][price], k)})
    for none, one, many in ((free.at_min, once.at_min, times.at_min), (free.at_max, once.at_max, times.at_max)):
        assert many.total - none.total == k * (one.total - none.total)


def _times(price: str, k: int) -> str:
    millionths = int(Fraction(price) * 10**6) * k
    return f"{millionths // 10**6}.{millionths % 10**6:06d}"


@thorough
@given(priced())
def test_fewer_replicas_never_cost_more(stack: tuple[Spec, dict[str, str], bool]) -> None:
    whole = cost(stack)
    for component in whole.components:
        assert 0 <= component.at_min.total <= component.at_max.total
    assert whole.varies or whole.at_min == whole.at_max


@given(priced())
def test_what_is_free_costs_nothing(stack: tuple[Spec, dict[str, str], bool]) -> None:
    assert cost(stack, **dict.fromkeys(PRICES, "0")).at_max.total == 0


def test_a_stack_without_prices_has_no_cost() -> None:
    assert allocate(settings_of(base_spec())).cost is None


# By hand: a plan of two distributors to five, one ingester with a volume, MinIO and its Job.
def container(request: int | None, limit: int | None) -> ContainerPlan:
    """That many cores and GiB."""

    def figures(amount: int | None) -> dict[Any, Figure]:
        amounts = (None, None, None) if amount is None else (amount * 1000, amount * GIB, None)
        return {each: Figure(amount, "override") for each, amount in zip(RESOURCES, amounts, strict=True)}

    return ContainerPlan("tempo", "x", limits=figures(limit), requests=figures(request))


def by_hand(*containers: ContainerPlan) -> Plan:
    distributor = WorkloadPlan("distributor", "d", "Deployment", 2, containers, "autoscaling", (2, 5))
    ingester = WorkloadPlan("ingester", "i", "StatefulSet", 3, containers)
    minio = WorkloadPlan("minio", "m", "Deployment", 1, containers)
    bucket = WorkloadPlan("minio-bucket", "b", "Job", 1, containers)
    volumes = (
        VolumePlan("ingester", "data", "x", 10 * GIB, 3, "default"),
        VolumePlan("minio", "data", "x", 100 * GIB, 1, "default"),
    )
    storage = StoragePlan(volumes, bucket_bytes=50 * GIB)
    return Plan("x", {"limits": {}, "requests": {}}, (distributor, ingester), (minio, bucket), (), storage=storage)


def with_prices(has_minio: bool = True, **pricing: Any) -> Settings:
    return settings_of(base_spec(), minio={"enabled": has_minio}, pricing=pricing)


def charges(settings: Settings, plan: Plan) -> dict[str, tuple[Charge, Charge]]:
    found = cost_of(settings, plan)
    assert found is not None
    return {each.component: (each.at_min, each.at_max) for each in found.components}


def test_a_month_has_730_hours_and_every_replica_is_paid_for() -> None:
    found = charges(with_prices(cpuHour=1, gibHour=2), by_hand(container(1, 4)))
    assert found["distributor"] == (
        Charge(cpu=Fraction(2 * 730), memory=Fraction(4 * 730)),
        Charge(cpu=Fraction(5 * 730), memory=Fraction(10 * 730)),
    )


def test_every_container_of_a_pod_is_paid_for() -> None:
    found = charges(with_prices(cpuHour=1), by_hand(container(1, 4), container(2, 4)))
    assert found["minio"][0] == Charge(cpu=Fraction(3 * 730))


def test_a_container_without_a_request_is_paid_for_by_its_limit() -> None:
    assert charges(with_prices(cpuHour=1), by_hand(container(None, 4)))["minio"][0].cpu == 4 * 730
    assert charges(with_prices(cpuHour=1), by_hand(container(0, 4)))["minio"][0].cpu == 0
    assert charges(with_prices(cpuHour=1), by_hand(container(None, None)))["minio"][0].cpu == 0


def test_limits_are_paid_for_where_the_basis_says_so() -> None:
    by_limits = with_prices(cpuHour=1, basis="limits")
    assert charges(by_limits, by_hand(container(1, 4)))["minio"][0].cpu == 4 * 730
    assert charges(by_limits, by_hand(container(1, None)))["minio"][0].cpu == 1 * 730


def test_every_replica_s_volume_is_paid_for_and_a_job_is_not() -> None:
    found = charges(with_prices(blockGibMonth="0.1"), by_hand(container(1, 1)))
    assert found["ingester"][0] == Charge(volumes=Fraction(3))
    assert found["minio"][0] == Charge(volumes=Fraction(10))
    assert list(found) == ["distributor", "ingester", "minio"]


def test_what_lies_in_the_bucket_is_paid_for_once() -> None:
    plan = by_hand(container(1, 1))
    elsewhere = cost_of(with_prices(has_minio=False, objectGibMonth="0.02"), plan)
    assert elsewhere is not None
    assert (elsewhere.bucket, elsewhere.at_min) == ("counted", Charge(objects=Fraction(1)))
    assert elsewhere.components[-1].component == "bucket"
    on_minio = cost_of(with_prices(objectGibMonth="0.02"), plan)
    assert on_minio is not None
    assert (on_minio.bucket, on_minio.at_min) == ("on-minio", Charge())


def test_a_bucket_of_unknown_size_is_said_to_be_unknown() -> None:
    plan = replace(by_hand(container(1, 1)), storage=StoragePlan())
    found = cost_of(with_prices(has_minio=False, objectGibMonth="0.02"), plan)
    assert found is not None
    assert (found.bucket, found.at_min) == ("unknown", Charge())


def test_a_price_is_as_exact_as_it_is_written() -> None:
    found = charges(with_prices(cpuHour=0.1), by_hand(container(1, 1)))
    assert found["minio"][0].cpu == 73
