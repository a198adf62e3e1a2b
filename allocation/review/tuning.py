"""Whether the user's own limits leave Tempo inside its containers."""

from collections.abc import Iterator
from sys import maxsize

from pydantic.alias_generators import to_camel

from allocation.compaction import LEAST_MERGED, unmerged
from allocation.extra import ALL, COMPACTOR, OVERRIDES_FILE, said_by_user
from allocation.floors import floor_of
from allocation.overrides import LIMITS, Limit
from allocation.plan import quantity
from allocation.review.case import Case, Violation
from allocation.tuning import Setting
from allocation.tuning.coefficients import DEFAULT_COMPACTED_BYTES, DEFAULT_TRACE_BYTES, HEAP_PERCENT, IDLE_BYTES
from allocation.tuning.compactor import BLOCK_BYTES, SAFE_MEMORY_BYTES, memory_to_merge
from allocation.tuning.cutting import CUT_BYTES
from allocation.tuning.ingest import BURST, RATE, TRACE_BYTES, TRACES
from allocation.tuning.replica import LEAST_MEMORY_BYTES, mebibytes, replica_of
from allocation.tuning.setting import EVERYONE
from allocation.tuning.traces import largest_trace_bytes
from settings.limits import TenantLimits

GLOBAL_TRACES = "ingestion.max_global_traces_per_user"


def limits_within_the_plan(case: Case) -> Iterator[Violation]:
    """What tenants may send, above what distributors and ingesters carry, is not refused but kills them."""
    mosts = {key: _planned(setting) for key, setting in _planned_for_everyone(case).items() if key in (RATE, BURST)}
    trace = largest_trace_bytes(case.plan.workloads)  # the plan's own is Tempo's, where more fits
    if trace is not None and case.settings.spec.resources.tuning != "none":
        mosts[TRACE_BYTES] = trace
    for name, block in _blocks(case).items():
        for key, most in mosts.items():
            limit = _LIMITS[key]
            value = getattr(getattr(block, limit.block), limit.field)
            if value is not None and (value > most or value == 0):  # 0 is any number
                message = f"{value or 'any number'} for {key}, and the containers' limits carry {most}"
                remedy = f"write {most} or less, or give {_HOLDERS.get(key, 'distributors and ingesters')} more"
                yield Violation("limit-above-plan", _path(name, limit), message, remedy)


def nothing_acknowledged_is_lost(case: Case) -> Iterator[Violation]:
    """What an ingester refuses, its distributor has acknowledged: the sender never hears of it.

    Tempo 2.9.0: modules/ingester/instance.go, push; modules/distributor/distributor.go, which only counts it.
    """
    planned = _planned_for_everyone(case)
    least_bytes = min(DEFAULT_TRACE_BYTES, _planned(planned[TRACE_BYTES]) if TRACE_BYTES in planned else maxsize)
    for name, block in _blocks(case).items():
        traces, trace_bytes = block.ingestion.max_traces_per_user, block.ingestion.max_bytes_per_trace
        if traces:
            yield Violation("acknowledged-loss", _path(name, _LIMITS[TRACES]), _lost_beyond(f"{traces} traces"), _BOUND)
        if trace_bytes and trace_bytes < least_bytes:
            path, lost = _path(name, _LIMITS[TRACE_BYTES]), _lost_beyond(f"{trace_bytes} bytes of a trace")
            yield Violation("acknowledged-loss", path, lost, f"write {least_bytes} or more, or leave it out")
    traces = said_by_user(case.settings, OVERRIDES_FILE).get(GLOBAL_TRACES)
    if traces:
        path = f"spec.extraConfig.tempo.overrides.defaults.{GLOBAL_TRACES}"
        yield Violation("acknowledged-loss", path, _lost_beyond(f"{traces} traces"), _BOUND)


def heaps_have_room(case: Case) -> Iterator[Violation]:
    """What the idle process takes is no room for work: the collector then runs without pause, or the kernel ends it."""
    for component in ALL:
        replica = replica_of(component, case.plan.workloads)
        if replica.room_bytes == 0 and replica.memory_bytes:
            heap = mebibytes(replica.memory_bytes * HEAP_PERCENT // 100)
            limit, idle = quantity("memory", replica.memory_bytes), mebibytes(IDLE_BYTES)
            message = f"the heap may fill {HEAP_PERCENT} % of {limit}, {heap}, and the idle process takes {idle}"
            path = f"{case.path(component, 'resources')}.limits.memory"
            least = quantity("memory", max(LEAST_MEMORY_BYTES, floor_of(component, "tempo", "limits", "memory")))
            yield Violation("limit-below-idle", path, message, f"raise it to {least} or more")


def blocks_merged(case: Case) -> Iterator[Violation]:
    """Blocks that are left as ingesters cut them pile up, with every copy of each trace, and slow down all searches."""
    found = unmerged(case.settings, case.plan)
    if found is None or found.most_bytes == 0:  # that nothing is merged with 0 is said by `limit-too-low`
        return
    wanted = LEAST_MERGED * found.block_bytes
    message = (
        f"ingesters cut blocks of {mebibytes(found.block_bytes)}, and the compactor merges none of together more than "
        f"{mebibytes(found.most_bytes)}: {found.blocks} blocks stay in the bucket, with every copy of each trace"
    )
    if BLOCK_BYTES in said_by_user(case.settings, COMPACTOR):
        path = f"spec.extraConfig.tempo.{BLOCK_BYTES}"
        yield Violation("compactor-too-small", path, message, f"write {wanted} or more")
        return
    if wanted > DEFAULT_COMPACTED_BYTES:  # no memory makes the plan's own larger than Tempo's
        most = found.most_bytes // LEAST_MERGED
        yield Violation("compactor-too-small", f"spec.extraConfig.tempo.{CUT_BYTES}", message, f"write {most} or less")
        return
    memory = quantity("memory", max(memory_to_merge(wanted), SAFE_MEMORY_BYTES))
    path = f"{case.path(COMPACTOR, 'resources')}.limits.memory"
    yield Violation("compactor-too-small", path, message, f"give it {memory} or more")


_LIMITS = {limit.path: limit for limit in LIMITS}
_HOLDERS = {TRACE_BYTES: "ingesters, queriers and query frontends"}
_BOUND = (
    "leave it out, and bound what comes in by ingestionRateLimitBytes: a distributor refuses before it acknowledges"
)


def _lost_beyond(amount: str) -> str:
    return f"ingesters refuse what is beyond {amount} after it was acknowledged: those spans are lost"


def _blocks(case: Case) -> dict[str, TenantLimits]:
    """Everyone's limits and each tenant's own, by their place in spec.limits."""
    limits = case.settings.spec.limits
    return {"global": limits.global_} | {f"perTenant.{tenant}": own for tenant, own in limits.per_tenant.items()}


def _path(name: str, limit: Limit) -> str:
    return f"spec.limits.{name}.{limit.block}.{to_camel(limit.field)}"


def _planned_for_everyone(case: Case) -> dict[str, Setting]:
    return {setting.key: setting for setting in case.plan.tuning if setting.component == EVERYONE}


def _planned(setting: Setting) -> int:
    return int(setting.value) if setting.planned is None else int(setting.planned)
