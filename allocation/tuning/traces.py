"""The largest trace for which ingesters, queriers and query frontends have room."""

from collections.abc import Sequence

from allocation.plan import WorkloadPlan
from allocation.tuning import coefficients as c
from allocation.tuning.blocks import TRACE_PART, spare_bytes, trace_bytes
from allocation.tuning.messages import TRACE_ADDS_BYTES
from allocation.tuning.querier import ANSWER_PART
from allocation.tuning.query_frontend import PART
from allocation.tuning.replica import replica_of


def largest_trace_bytes(workloads: Sequence[WorkloadPlan]) -> int | None:
    """Never below the plan's own limit, with which all have to do; None where no memory bounds it."""
    ingester, querier, frontend = (replica_of(each, workloads) for each in ("ingester", "querier", "query-frontend"))
    held = []
    spare = spare_bytes(ingester)
    if spare is not None:
        held.append(spare // TRACE_PART // c.TRACE_COST)
    for replica, part in ((querier, ANSWER_PART), (frontend, PART)):
        if replica.room_bytes is not None:
            held.append(replica.room_bytes // part // c.MESSAGE_COST - TRACE_ADDS_BYTES)
    return max(min(held), trace_bytes(ingester)) if held else None
