"""How large an answer may be: whoever passes a trace on has to take the largest that is kept."""

from collections.abc import Iterator

from allocation.tuning import coefficients as c
from allocation.tuning.replica import clamp, mebibytes, part
from allocation.tuning.setting import Setting
from settings import Settings
from settings.limits import TenantLimits

MOST_MESSAGE_BYTES = 2**31 - 1  # as gRPC counts
TRACE_ADDS_BYTES = c.LEAST_MESSAGE_BYTES - c.DEFAULT_TRACE_BYTES  # what is around a trace


def least_message_bytes(settings: Settings) -> int:
    """An answer with the largest trace that anybody's limits keep."""
    limits = settings.spec.limits
    blocks: list[TenantLimits] = [limits.global_, *limits.per_tenant.values()]
    largest = max(block.ingestion.max_bytes_per_trace or 0 for block in blocks)
    return clamp(largest + TRACE_ADDS_BYTES, c.LEAST_MESSAGE_BYTES, MOST_MESSAGE_BYTES)


def message_setting(
    place: tuple[str, str], least: int, part_bytes: int | None, default: int, takes: str
) -> Iterator[Setting]:
    """A component's key of it: what fits into a part of its memory, None for any; nothing where it is Tempo's own.

    `takes`: for the reason, what an answer costs.
    """
    most = max(least, default)
    size = most if part_bytes is None else clamp(part_bytes // c.MESSAGE_COST, least, most)
    if size != default:
        carries = size == least and least > c.LEAST_MESSAGE_BYTES
        why = f"an answer carries the largest trace that spec.limits keep, with {mebibytes(TRACE_ADDS_BYTES)} around it"
        fits = "" if part_bytes is None else part(part_bytes, size * c.MESSAGE_COST)
        yield Setting(*place, size, why if carries else f"{takes}, {fits}")
