"""The query frontend: how many jobs it makes of a query, has in flight and keeps waiting; how large an answer is."""

from collections.abc import Iterator

from allocation.tuning import coefficients as c
from allocation.tuning.messages import message_setting
from allocation.tuning.replica import Replica, clamp, cpu, mebibytes, part
from allocation.tuning.setting import Setting

PART = 4  # of the room: jobs in flight, jobs that wait, answers, and the rest
LEAST_JOBS, LEAST_OUTSTANDING = 20, 200
LEAST_SHARDS = 8  # with fewer, a job would look through more blocks than it has time for
SHARDS_A_CORE = 50
LEAST_JOB_BYTES = 10 * 2**20

RECEIVED = ("query-frontend", "server.grpc_server_max_recv_msg_size")


def query_frontend_settings(frontend: Replica, message_bytes: int, tenants: int) -> Iterator[Setting]:
    """What goes into query-frontend.yaml; `message_bytes` is the largest answer that has to get through.

    `tenants`: those that may be at their limits at once, for each of whom Tempo keeps a queue of its own.
    """
    quarter = None if frontend.room_bytes is None else frontend.room_bytes // PART
    if quarter is not None:
        yield from _by_memory(quarter, tenants)
    why = f"a larger answer is an error; one takes {c.MESSAGE_COST} times its bytes"
    yield from message_setting(RECEIVED, message_bytes, quarter, c.DEFAULT_MESSAGE_BYTES, why)
    if frontend.cpu_millicores is not None:
        yield from _by_cpu(frontend.cpu_millicores)


def _by_memory(quarter: int, tenants: int) -> Iterator[Setting]:
    jobs = clamp(quarter // c.JOB_BYTES, LEAST_JOBS, c.DEFAULT_CONCURRENT_JOBS)
    if jobs < c.DEFAULT_CONCURRENT_JOBS:
        why = f"a job in flight takes {mebibytes(c.JOB_BYTES)}, {part(quarter, jobs * c.JOB_BYTES)}"
        for kind in ("search", "metrics"):
            yield Setting("query-frontend", f"query_frontend.{kind}.concurrent_jobs", jobs, why)
    waiting = clamp(quarter // tenants // c.OUTSTANDING_BYTES, LEAST_OUTSTANDING, c.DEFAULT_OUTSTANDING)
    if waiting < c.DEFAULT_OUTSTANDING:
        fits = part(quarter, tenants * waiting * c.OUTSTANDING_BYTES)
        queues = f" for the queues of {tenants} tenants" if tenants > 1 else ""
        why = f"a job that waits takes {mebibytes(c.OUTSTANDING_BYTES)}, {fits}{queues}; more are answered with 429"
        yield Setting("query-frontend", "query_frontend.max_outstanding_per_tenant", waiting, why)


def _by_cpu(millicores: int) -> Iterator[Setting]:
    shards = clamp(millicores * SHARDS_A_CORE // 1000, LEAST_SHARDS, c.DEFAULT_QUERY_SHARDS)
    if shards < c.DEFAULT_QUERY_SHARDS:
        each, own = f"{c.JOB_MICROSECONDS / 1000:g} ms", cpu(millicores)
        why = f"looking for an id makes so many jobs of {each} each, of {own}"
        if shards == LEAST_SHARDS:
            why = f"{why}, and this is the least: with fewer, one would look through more blocks than it has time for"
        yield Setting("query-frontend", "query_frontend.trace_by_id.query_shards", shards, why)
    size = clamp(millicores * c.DEFAULT_JOB_BYTES // 1000, LEAST_JOB_BYTES, c.DEFAULT_JOB_BYTES)
    if size < c.DEFAULT_JOB_BYTES:
        whole = mebibytes(c.DEFAULT_JOB_BYTES)
        why = f"{whole} for a core, of {cpu(millicores)}: a small stack is busy with such a job for many seconds"
        for kind in ("search", "metrics"):
            yield Setting("query-frontend", f"query_frontend.{kind}.target_bytes_per_job", size, why)
