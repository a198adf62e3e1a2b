"""Whether the rate that the plan itself comes to lets in what is said to come in, and at least a request."""

from collections.abc import Iterator
from math import ceil

from pydantic.alias_generators import to_camel

from allocation.plan import quantity
from allocation.review.case import Case, Violation
from allocation.tuning.coefficients import LARGEST_REQUEST_BYTES
from allocation.tuning.decide import intake_of
from allocation.tuning.ingest import (
    LEAST_STREAM_BYTES,
    RATE,
    USUAL_RATE_BYTES,
    Bound,
    Intake,
    memory_for_requests,
    memory_of_a_stream,
    rate_and_burst,
)
from allocation.tuning.replica import mebibytes, megabytes
from allocation.tuning.setting import EVERYONE
from settings import Settings
from settings.workload import MEGABYTE


def load_is_let_in(case: Case) -> Iterator[Violation]:
    """Where the load is above what all tenants may send together, the rest of it is refused, or kills ingesters.

    It is taken to be spread evenly over distributors, as many as there may be, and over tenants.
    """
    workload, settings = case.settings.spec.workload, case.settings
    setting = next((each for each in case.plan.tuning if (each.component, each.key) == (EVERYONE, RATE)), None)
    if workload is None or workload.ingest is None or setting is None:
        return
    intake = _intake(case)
    planned = int(setting.value if setting.planned is None else setting.planned)
    carried = planned * intake.rates
    let_in = sum(_rates(settings, int(setting.value))) * intake.distributor.most // intake.streams_of_a_rate
    load, most = workload.ingest.bytes_per_second, min(carried, let_in)
    if load <= most:
        return
    unit = "megabytes_per_second" if workload.ingest.spans_per_second is None else "spans_per_second"
    message = f"{_rate(int(load))} come in, and the rate limit lets in {_rate(most)}: {setting.reason}"
    give = "give distributors and ingesters more" if carried <= let_in else "raise ingestionRateLimitBytes"
    yield Violation("load-above-plan", f"spec.workload.ingest.{to_camel(unit)}", message, give)


def requests_are_let_in(case: Case) -> Iterator[Violation]:
    """A plan may be so small, or have so many distributors and tenants, that next to nothing gets through."""
    if case.settings.spec.resources.tuning == "none":
        return
    intake = _intake(case)
    found = rate_and_burst(intake)
    if found is None:
        return
    bound, burst = found
    room = memory_of_a_stream(intake)
    if room is not None and intake.streams > 1 and burst < LARGEST_REQUEST_BYTES:
        path = f"{case.path('ingester', 'resources')}.limits.memory"
        memory = quantity("memory", memory_for_requests(intake))
        yield Violation(
            "intake-too-small", path, _burst(intake, room, burst), f"give ingesters {memory} or more{_or_fewer(intake)}"
        )
    elif bound.resource != "memory" and bound.rate_bytes // intake.streams_of_a_rate < USUAL_RATE_BYTES:
        message = f"the plan lets in {bound.rate_bytes} bytes a second of a tenant: {bound.why}"
        yield Violation("intake-too-small", _path(case, bound), message, f"{_more(intake, bound)}{_or_fewer(intake)}")


def _burst(intake: Intake, room: int, burst: int) -> str:
    told = (
        f"a request above {mebibytes(burst)} is never taken, and a collector's reach {mebibytes(LARGEST_REQUEST_BYTES)}"
    )
    if room >= LEAST_STREAM_BYTES:
        return told
    of_each = f"each of {intake.tenants_at_once} tenants at each of {intake.distributor.most} distributors"
    least = f"{mebibytes(LEAST_STREAM_BYTES)} for {of_each}"
    return f"ingesters have {mebibytes(room * intake.streams)} for live traces, and need {least}; {told}"


def _more(intake: Intake, bound: Bound) -> str:
    if bound.resource != "cpu":
        return "make it larger"
    replica = intake.distributor if bound.component == "distributor" else intake.ingester
    wanted = USUAL_RATE_BYTES * intake.streams_of_a_rate
    enough = ceil((replica.cpu_millicores or 0) * (wanted + 1) / bound.rate_bytes)
    return f"raise it to {quantity('cpu', enough)} or more"


def _or_fewer(intake: Intake) -> str:
    return ", or run fewer distributors" if intake.distributor.most > 1 else ""


def _path(case: Case, bound: Bound) -> str:
    if bound.resource == "disk":
        return case.plan.storage.volume("ingester").path
    return f"{case.path(bound.component, 'resources')}.limits.{bound.resource}"


def _intake(case: Case) -> Intake:
    return intake_of(case.settings, case.plan.workloads, case.plan.storage)


def _rates(settings: Settings, everyone: int) -> list[int]:
    """Of each tenant, at one distributor."""
    own = {key: limits.ingestion.ingestion_rate_limit_bytes for key, limits in settings.spec.limits.per_tenant.items()}
    if settings.spec.tenants is None:
        return [everyone]
    named = [(tenant.tenant_name, tenant.tenant_id) for tenant in settings.spec.tenants.authentication]
    return [next((own[key] for key in keys if key in own), None) or everyone for keys in named]


def _rate(amount_bytes: int) -> str:
    return f"{megabytes(amount_bytes)}/s" if amount_bytes >= MEGABYTE else f"{amount_bytes // 1000} kB/s"
