"""Whether the user's own limits leave Tempo inside its containers."""

from collections.abc import Iterator

from pydantic.alias_generators import to_camel

from allocation.compaction import COMPACTOR, LEAST_MERGED, unmerged
from allocation.extra import said_by_user
from allocation.overrides import LIMITS, Limit
from allocation.plan import quantity
from allocation.review.case import Case, Violation
from allocation.tuning import Setting
from allocation.tuning.compactor import BLOCK_BYTES, memory_to_merge
from allocation.tuning.ingest import BURST, RATE, TRACE_BYTES
from allocation.tuning.replica import mebibytes
from allocation.tuning.setting import EVERYONE

HELD = (RATE, BURST, TRACE_BYTES)  # those that hold memory or cpu; 0 is any number


def limits_within_the_plan(case: Case) -> Iterator[Violation]:
    """What tenants may send, above what distributors and ingesters carry, is not refused but kills them."""
    planned = {setting.key: setting for setting in case.plan.tuning if setting.component == EVERYONE}
    limits = [limit for limit in LIMITS if limit.path in HELD and limit.path in planned]
    blocks = {"global": case.settings.spec.limits.global_} | {
        f"perTenant.{tenant}": own for tenant, own in case.settings.spec.limits.per_tenant.items()
    }
    for name, block in blocks.items():
        for limit in limits:
            value, most = getattr(getattr(block, limit.block), limit.field), _planned(planned[limit.path])
            if value is not None and (value > most or value == 0):
                path = f"spec.limits.{name}.{limit.block}.{to_camel(limit.field)}"
                yield Violation("limit-above-plan", path, _message(limit, value, most), _remedy(most))


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


def _planned(setting: Setting) -> int:
    return int(setting.value) if setting.planned is None else int(setting.planned)


def _message(limit: Limit, value: int, most: int) -> str:
    return f"{value or 'any number'} for {limit.path}, and the containers' limits carry {most}"


def _remedy(most: int) -> str:
    return f"write {most} or less, or give distributors and ingesters more"
