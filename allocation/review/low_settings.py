"""Whether the user's own keys in spec.extraConfig are so low, or so high, that the stack works against itself."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from allocation.compaction import LEAST_MERGED, effective
from allocation.defaults import copies_of, ingest_bytes, retention_seconds
from allocation.extra import COMPACTOR, DISTRIBUTOR, INGESTER, QUERIER, said_by_user
from allocation.review.case import Case, Violation
from allocation.review.extra_config import EXTRA, is_tuned_by_both
from allocation.tuning import coefficients as c
from allocation.tuning import compactor, health, messages, querier, query_frontend
from allocation.tuning.blocks import wal_bytes, wal_part_bytes
from allocation.tuning.costs import ROW_GROUP
from allocation.tuning.cutting import CHECK, COMPLETE, CUT_TIME, IDLE, Cutting, seconds_of
from allocation.tuning.decide import INGESTER_SENDS, intake_of
from allocation.tuning.distributor import RETRY_KEY
from allocation.tuning.ingest import USUAL_RATE_BYTES, Intake, rate_and_burst
from allocation.tuning.replica import replica_of

POLL = "storage.trace.blocklist_poll"


@dataclass(frozen=True)
class Bound:
    """A key, and the least value of it that is of use (`is_most`: the most). None where there is none.

    `when` is the condition in words, for docs/tuning.md; `why` stands in the finding.
    """

    component: str
    key: str
    when: str
    why: str
    bound: int | Callable[[Case], int | None]
    is_time: bool = False
    is_most: bool = False


def values_of_use(case: Case) -> Iterator[Violation]:
    """Warns of each value beyond its bound, once where several components read the key."""
    if not is_tuned_by_both(case.settings):
        return
    found = set()
    for each in BOUNDS:
        said = said_by_user(case.settings, each.component).get(each.key)
        if said is None or (each.key, each.why) in found:
            continue
        bound = each.bound if isinstance(each.bound, int) else each.bound(case)
        if bound is None:
            continue
        value = seconds_of(said) if each.is_time else int(said)
        if value > bound if each.is_most else value < bound:
            found.add((each.key, each.why))
            text = f"{bound}s" if each.is_time else str(bound)
            message = f"{said} for {each.key}: {each.why}"
            remedy = f"leave it out, or write {text} or {'less' if each.is_most else 'more'}"
            yield Violation("setting-beyond-plan", f"{EXTRA}.{each.key}", message, remedy)


def traces_leave_the_memory(case: Case) -> Iterator[Violation]:
    """Warns when the user's periods keep traces in memory for so long that the plan's rate limit lets nothing in."""
    if not is_tuned_by_both(case.settings):
        return
    intake = intake_of(case.settings, case.plan.workloads, case.plan.storage)
    said = said_by_user(case.settings, INGESTER)
    own = {key: seconds for key, seconds in _periods(intake.cutting).items() if key in said and seconds > _TEMPOS[key]}
    if not own or not _lets_in_too_little(intake) or _lets_in_too_little(_with(intake, _TEMPOS)):
        return
    key = max(own, key=lambda each: own[each])
    least = _TEMPOS[key]
    periods = range(least, ceil(own[key]))
    fits = least + max(bisect_left(periods, True, key=lambda s: _lets_in_too_little(_with(intake, {key: s}))) - 1, 0)
    found = rate_and_burst(intake)
    rate = 0 if found is None else found[0].rate_bytes // intake.streams_of_a_rate
    message = (
        f"an ingester holds each trace for {intake.cutting.held_seconds} s, so the plan lets in {rate // 1000} kB/s of "
        f"a tenant, and less than {USUAL_RATE_BYTES // 1000} kB/s is next to nothing"
    )
    yield Violation(
        "setting-beyond-plan", f"{EXTRA}.{key}", message, f"write {fits}s or less, or give ingesters more memory"
    )


_TEMPOS = {IDLE: c.TRACE_IDLE_SECONDS, CHECK: c.FLUSH_CHECK_SECONDS}


def _periods(cutting: Cutting) -> dict[str, Fraction]:
    return {IDLE: cutting.idle_seconds, CHECK: cutting.check_seconds}


def _with(intake: Intake, seconds: dict[str, int]) -> Intake:
    """The same with other periods."""
    periods = _periods(intake.cutting) | {key: Fraction(value) for key, value in seconds.items()}
    cutting = replace(intake.cutting, idle_seconds=periods[IDLE], check_seconds=periods[CHECK])
    return replace(intake, cutting=cutting)


def _lets_in_too_little(intake: Intake) -> bool:
    found = rate_and_burst(intake)
    return found is not None and found[0].rate_bytes // intake.streams_of_a_rate < USUAL_RATE_BYTES


def _as_planned(component: str, key: str) -> Callable[[Case], int | None]:
    """The plan's own duration, in seconds. None where the plan has none."""

    def seconds(case: Case) -> int | None:
        settings = (each for each in case.plan.tuning if (each.component, each.key) == (component, key))
        setting = next(settings, None)
        if setting is None:
            return None
        return ceil(seconds_of(setting.value if setting.planned is None else setting.planned))

    return seconds


def _message_bytes(case: Case) -> int:
    return messages.least_message_bytes(case.settings)


def _check_seconds(case: Case) -> int | None:
    """The least period with which a block's WAL files fit into an ingester, or Tempo's own."""
    if CUT_TIME in said_by_user(case.settings, INGESTER):
        return None  # values_within_the_memory judges the two together
    intake, seconds = intake_of(case.settings, case.plan.workloads, case.plan.storage), _block_seconds(case)
    part = wal_part_bytes(intake.ingester, intake.cutting)
    periods = range(1, c.FLUSH_CHECK_SECONDS)
    fits = (s for s in periods if wal_bytes(seconds, replace(intake.cutting, check_seconds=Fraction(s))) <= (part or 0))
    return None if part is None else next(fits, c.FLUSH_CHECK_SECONDS)


def _block_seconds(case: Case) -> int:
    """How long a block stays open."""
    return ceil(seconds_of(effective(case.settings, case.plan, INGESTER, CUT_TIME)))


def _least_objects(case: Case) -> int:
    """The traces of two blocks, as the load makes them, or next to none."""
    ingesters, tenants = replica_of(INGESTER, case.plan.workloads).most, case.settings.spec.tenants
    rate = ingest_bytes(case.settings)
    written = Fraction(USUAL_RATE_BYTES)
    if rate is not None:
        several = ingesters * (len(tenants.authentication) if tenants else 1)
        written = rate * copies_of(case.settings, ingesters) / several
    return ceil(LEAST_MERGED * written * _block_seconds(case) / c.USUAL_TRACE_BYTES)


def _least_block_bytes(case: Case) -> int | None:
    """None where `compactor-too-small` and `limit-too-low` tell it."""
    said = said_by_user(case.settings, COMPACTOR).get(compactor.BLOCK_BYTES)
    return None if said == 0 or ingest_bytes(case.settings) is not None else compactor.LEAST_BLOCK_BYTES


def _least_window(case: Case) -> int:
    """In which all ingesters together complete two blocks."""
    ingesters = replica_of(INGESTER, case.plan.workloads).fewest
    return ceil(Fraction(LEAST_MERGED * _block_seconds(case), ingesters))


def _poll_seconds(case: Case) -> int:
    said = said_by_user(case.settings, QUERIER)
    return ceil(seconds_of(said[POLL])) if POLL in said else c.BLOCKLIST_POLL_SECONDS


_LARGEST_TRACE = "an answer with the largest trace that spec.limits keep is larger, and fails"
_BELOW_TRACE = "below an answer with the largest trace that `spec.limits` keep"
_BELOW_PATIENCE = "below the plan's 5s"
_IMPATIENT = "an ingester that completes a block answers late, and its connection is closed with all that is under way"
BOUNDS: tuple[Bound, ...] = (
    Bound(
        DISTRIBUTOR,
        RETRY_KEY,
        "below the plan's 1s: with 0, refused spans are lost",
        "over the rate limit senders come again at once, or, with 0, not at all, and those spans are lost",
        _as_planned(DISTRIBUTOR, RETRY_KEY),
        is_time=True,
    ),
    Bound(DISTRIBUTOR, health.KEY, _BELOW_PATIENCE, _IMPATIENT, _as_planned(DISTRIBUTOR, health.KEY), is_time=True),
    Bound(QUERIER, health.KEY, _BELOW_PATIENCE, _IMPATIENT, _as_planned(QUERIER, health.KEY), is_time=True),
    Bound(
        INGESTER,
        CHECK,
        "when it makes more WAL files of a block than fit",
        "a block has a WAL file for each look, and they do not fit into an ingester's memory together",
        _check_seconds,
        is_time=True,
    ),
    Bound(
        INGESTER,
        COMPLETE,
        "below `storage.trace.blocklist_poll`, 5m: traces cannot be found in between",
        "ingesters let go of a block before queriers have heard of it: its traces cannot be found in between",
        _poll_seconds,
        is_time=True,
    ),
    Bound(*INGESTER_SENDS, _BELOW_TRACE, _LARGEST_TRACE, _message_bytes),
    Bound(*querier.RECEIVED, _BELOW_TRACE, _LARGEST_TRACE, _message_bytes),
    Bound(*querier.SENT, _BELOW_TRACE, _LARGEST_TRACE, _message_bytes),
    Bound(*query_frontend.RECEIVED, _BELOW_TRACE, _LARGEST_TRACE, _message_bytes),
    Bound(
        COMPACTOR,
        ROW_GROUP,
        "below 16 MB: S3 takes no part of an upload below 5 MiB",
        "the compactor uploads a row group as a part, and S3 takes no part below 5Mi but the last",
        c.LEAST_ROW_GROUP_BYTES,
    ),
    Bound(
        COMPACTOR,
        compactor.BLOCK_BYTES,
        "below 4 MiB; with a load, `compactor-too-small` decides",
        "the compactor leaves blocks that are larger together as they are, and hardly any is that small",
        _least_block_bytes,
    ),
    Bound(
        COMPACTOR,
        compactor.OBJECTS,
        "below the traces of two blocks, of 2 kB each, at the load or at 100 kB/s",
        "two blocks have more traces together, so the compactor merges none",
        _least_objects,
    ),
    Bound(
        COMPACTOR,
        compactor.WINDOW,
        "when all ingesters complete fewer than two blocks in it",
        "ingesters complete fewer than two blocks in so short a window, so the compactor merges none",
        _least_window,
        is_time=True,
    ),
    Bound(
        COMPACTOR,
        compactor.WINDOW,
        "above the retention",
        "a block of a whole window is kept until its last trace may go: longer than the retention, and again as long",
        lambda case: ceil(retention_seconds(case.settings)),
        is_time=True,
        is_most=True,
    ),
)
