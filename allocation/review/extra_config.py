"""Whether the user's own keys in spec.extraConfig leave each component inside its memory, and blocks worth merging."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace

from allocation.extra import said_by_user
from allocation.plan import Plan, quantity
from allocation.review.case import Case, Violation
from allocation.tuning.costs import COSTS, Cost, Holder
from allocation.tuning.cutting import seconds_of
from allocation.tuning.decide import intake_of
from allocation.tuning.ingest import TENANTS_AT_ONCE
from allocation.tuning.replica import mebibytes, replica_of
from allocation.units import GIB, MIB
from settings import Settings

EXTRA = "spec.extraConfig.tempo"
MOST_MEMORY_BYTES = 64 * GIB  # of a container, that a remedy names
STEP_BYTES = 64 * MIB  # in which a remedy looks for the memory
MOST_VALUE = 2**62  # beyond it a search by halves would leave Python's index


def values_within_the_memory(case: Case) -> Iterator[Violation]:
    """Warns of each value that takes more memory than the plan has for it, and is above what the plan would write."""
    if not is_tuned_by_both(case.settings):
        return
    for cost in COSTS:
        holder = holder_of(case.settings, case.plan, cost.component)
        if cost.key not in holder.said:
            continue
        value, planned = amount(cost, holder.said[cost.key]), _planned(case.plan, cost)
        if value > planned and not cost.fits(value, holder):
            yield _violation(cost, value, planned, holder)


def is_tuned_by_both(settings: Settings) -> bool:
    """Whether the plan decides Tempo's settings, and the user some of them."""
    return settings.spec.resources.tuning == "plan" and bool(settings.spec.extra_config.tempo)


def holder_of(settings: Settings, plan: Plan, component: str) -> Holder:
    """The component as a cost sees it."""
    intake = intake_of(settings, plan.workloads, plan.storage)
    return Holder(
        replica_of(component, plan.workloads),
        said_by_user(settings, component),
        intake.cutting,
        intake.volume_bytes,
        TENANTS_AT_ONCE if settings.spec.tenants else 1,
    )


def amount(cost: Cost, value: int | str) -> int:
    """A value as a number: whole seconds of a duration."""
    return -(-seconds_of(value) // 1) if cost.is_time else int(value)


def _planned(plan: Plan, cost: Cost) -> int:
    """What the plan would write, else Tempo's own."""
    place = (cost.component, cost.key)
    setting = next((each for each in plan.tuning if (each.component, each.key) == place), None)
    if setting is None:
        return cost.default
    return amount(cost, setting.value if setting.planned is None else setting.planned)


def _violation(cost: Cost, value: int, planned: int, holder: Holder) -> Violation:
    takes, has = cost.takes(value, holder), cost.has(holder) or 0
    limit = quantity("memory", holder.replica.memory_bytes or 0)
    what = cost.what.format(value=holder.said[cost.key])
    message = (
        f"{what} {mebibytes(takes)}, and the plan has {mebibytes(has)} for it in {_one(cost.component)} of {limit}"
    )
    return Violation("setting-beyond-plan", f"{EXTRA}.{cost.key}", message, _remedy(cost, value, planned, holder))


def _remedy(cost: Cost, value: int, planned: int, holder: Holder) -> str:
    """The largest value that fits, and the least memory in which the user's own does."""
    fitting = max(planned, _largest(cost, value, holder))
    write = f"write {_text(cost, fitting)} or less"
    memory = _memory(cost, value, holder)
    if memory is not None and memory <= (holder.replica.memory_bytes or 0):  # the plan completes more blocks at once
        memory = None
    return write if memory is None else f"{write}, or give {_one(cost.component)} {quantity('memory', memory)}"


def _largest(cost: Cost, value: int, holder: Holder) -> int:
    """Below the value, the largest that fits; whole minutes of a duration."""
    first_above = bisect_left(range(min(value, MOST_VALUE)), True, key=lambda v: not cost.fits(v, holder))
    largest = max(first_above - 1, 0)
    return largest // 60 * 60 if cost.is_time else largest


def _memory(cost: Cost, value: int, holder: Holder) -> int | None:
    """A memory limit with which the value fits, the least in whole steps. None when no sensible one does.

    More may not do: from some amount on, the plan completes more blocks at once.
    """
    limits = range(STEP_BYTES, MOST_MEMORY_BYTES + 1, STEP_BYTES)
    given = ((limit, replace(holder, replica=replace(holder.replica, memory_bytes=limit))) for limit in limits)
    return next((limit for limit, larger in given if cost.fits(value, larger)), None)


def _text(cost: Cost, value: int) -> str:
    if not cost.is_time:
        return str(value)
    return f"{value // 60}m" if value % 60 == 0 else f"{value}s"


def _one(component: str) -> str:
    name = component.replace("-", " ")
    return f"an {name}" if name.startswith("i") else f"a {name}"
