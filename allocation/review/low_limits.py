"""Whether the user's limits are so low that next to nothing gets through."""

from collections.abc import Iterator

from allocation.extra import COMPACTOR, INGESTER, said_by_user
from allocation.review.case import Case, Violation
from allocation.tuning.coefficients import LARGEST_REQUEST_BYTES
from allocation.tuning.compactor import BLOCK_BYTES
from allocation.tuning.cutting import CUT_BYTES
from allocation.tuning.ingest import BURST, RATE, USUAL_RATE_BYTES
from allocation.tuning.replica import mebibytes
from allocation.tuning.setting import EVERYONE

# The key of ours, the least of it that is of use, and what is wrong with less.
LEAST = {
    BURST: (
        "ingestionBurstSizeBytes",
        LARGEST_REQUEST_BYTES,
        f"a request that is larger is never taken, and a collector's reach {mebibytes(LARGEST_REQUEST_BYTES)}",
    ),
    RATE: ("ingestionRateLimitBytes", USUAL_RATE_BYTES, "so few bytes a second are less than 500 spans of 200 bytes"),
}
NO_BLOCK = {
    (COMPACTOR, BLOCK_BYTES): "with 0 no blocks are merged",
    (INGESTER, CUT_BYTES): "with 0 a block is cut at every look at it",
}


def something_gets_through(case: Case) -> Iterator[Violation]:
    """Bursts below a request, rates next to nothing, and blocks of no size."""
    yield from _by_limits(case)
    for (component, key), why in NO_BLOCK.items():
        if said_by_user(case.settings, component).get(key) == 0:
            remedy = "leave it out, or write the bytes of a block"
            yield Violation("limit-too-low", f"spec.extraConfig.tempo.{key}", why, remedy)


def _by_limits(case: Case) -> Iterator[Violation]:
    limits = case.settings.spec.limits
    planned = {
        each.key: int(each.value if each.planned is None else each.planned)
        for each in case.plan.tuning
        if each.component == EVERYONE and each.key in LEAST
    }
    for name, block in {
        "global": limits.global_,
        **{f"perTenant.{t}": b for t, b in limits.per_tenant.items()},
    }.items():
        said = {BURST: block.ingestion.ingestion_burst_size_bytes, RATE: block.ingestion.ingestion_rate_limit_bytes}
        for limit, value in said.items():
            key, usual, why = LEAST[limit]
            least = min(usual, planned.get(limit, usual))  # more than the stack carries is no remedy
            if value is not None and value < least:
                path = f"spec.limits.{name}.ingestion.{key}"
                yield Violation("limit-too-low", path, f"{value} for {limit}: {why}", f"write {least} or more")
