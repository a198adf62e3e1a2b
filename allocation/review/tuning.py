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
from allocation.tuning.coefficients import DEFAULT_TRACE_BYTES, HEAP_PERCENT, IDLE_BYTES
from allocation.tuning.compactor import BLOCK_BYTES, memory_to_merge
from allocation.tuning.ingest import BURST, RATE, TRACE_BYTES, TRACES
from allocation.tuning.replica import LEAST_MEMORY_BYTES, mebibytes, replica_of
from allocation.tuning.setting import EVERYONE
from settings.limits import TenantLimits

GLOBAL_TRACES = "ingestion.max_global_traces_per_user"
HELD = (RATE, BURST, TRACE_BYTES)  # those that hold memory or cpu; 0 is any number


def limits_within_the_plan(case: Case) -> Iterator[Violation]:
    """What tenants may send, above what distributors and ingesters carry, is not refused but kills them."""
    planned = _planned_for_everyone(case)
    limits = [limit for limit in LIMITS if limit.path in HELD and limit.path in planned]
    for name, block in _blocks(case).items():
        for limit in limits:
            value, most = getattr(getattr(block, limit.block), limit.field), _planned(planned[limit.path])
            if value is not None and (value > most or value == 0):
                yield Violation("limit-above-plan", _path(name, limit), _message(limit, value, most), _remedy(most))


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
    if found is None:
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
    memory = quantity("memory", memory_to_merge(wanted))
    path = f"{case.path(COMPACTOR, 'resources')}.limits.memory"
    yield Violation("compactor-too-small", path, message, f"give it {memory} or more")


_LIMITS = {limit.path: limit for limit in LIMITS}
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


def _message(limit: Limit, value: int, most: int) -> str:
    return f"{value or 'any number'} for {limit.path}, and the containers' limits carry {most}"


def _remedy(most: int) -> str:
    return f"write {most} or less, or give distributors and ingesters more"
