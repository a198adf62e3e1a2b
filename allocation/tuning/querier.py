"""The querier: how many jobs at once, and how much each of them reads ahead."""

from collections.abc import Iterator

from allocation.tuning import coefficients as c
from allocation.tuning.health import health_setting
from allocation.tuning.messages import message_setting
from allocation.tuning.replica import Replica, clamp, cpu, mebibytes, part
from allocation.tuning.setting import Setting

# A fourth of the room each: searches, looking for ids in blocks, reading the traces that are found, answers.
SEARCH_PART = FIND_PART = TRACE_PART = ANSWER_PART = 4
FINDS = 4  # traces that are read from blocks at once, be there more jobs: most look where the trace is not. Ours
LEAST_JOBS, LEAST_READ_BUFFER_BYTES, LEAST_WORKERS = 2, 128 * 1024, 10

RECEIVED = ("querier", "ingester_client.grpc_client_config.max_recv_msg_size")
SENT = ("querier", "querier.frontend_worker.grpc_client_config.max_send_msg_size")


def querier_settings(querier: Replica, ingester: Replica, message_bytes: int) -> Iterator[Setting]:
    """What goes into querier.yaml; `message_bytes` is the largest answer that has to get through."""
    room = querier.room_bytes
    by_cpu = _jobs_by_cpu(querier)
    finds, read_buffer = finds_of(querier), read_buffer_bytes(querier)
    job_bytes = search_job_bytes(read_buffer)
    by_memory = by_cpu if room is None else max(room // SEARCH_PART // job_bytes, 1)
    jobs = min(by_cpu, by_memory)
    if jobs < c.DEFAULT_QUERIES:
        why = _why_jobs(querier, by_cpu, by_memory, job_bytes)
        yield Setting("querier", "querier.max_concurrent_queries", jobs, why)
    if room is not None:
        yield from _by_memory(room, read_buffer, finds)
    answers = None if room is None else room // ANSWER_PART
    takes = f"an ingester's answer takes {c.MESSAGE_COST} times its bytes"
    yield from message_setting(RECEIVED, message_bytes, answers, c.DEFAULT_INGESTER_MESSAGE_BYTES, takes)
    yield from message_setting(SENT, message_bytes, None, c.DEFAULT_MESSAGE_BYTES, "")
    yield from health_setting("querier", ingester)


def finds_of(querier: Replica) -> int:
    """How many traces are read from blocks at once."""
    return min(_jobs_by_cpu(querier), FINDS)


def read_buffer_bytes(querier: Replica) -> int:
    """read_buffer_size_bytes: Tempo's own without a limit of memory."""
    room = querier.room_bytes
    return c.DEFAULT_READ_BUFFER_BYTES if room is None else _read_buffer(room, finds_of(querier))


def search_job_bytes(read_buffer: int) -> int:
    """The heap of a search with buffers of that size."""
    return c.SEARCH_JOB_BYTES + c.SEARCHED_COLUMNS * read_buffer


def _by_memory(room: int, read_buffer: int, finds: int) -> Iterator[Setting]:
    if read_buffer < c.DEFAULT_READ_BUFFER_BYTES:
        fits = part(room // TRACE_PART, finds * c.TRACE_COLUMNS * read_buffer)
        why = f"{finds} traces read from blocks at once, with a buffer for each of {c.TRACE_COLUMNS} columns, {fits}"
        yield Setting("querier", "storage.trace.search.read_buffer_size_bytes", read_buffer, why)
    workers = clamp(room // FIND_PART // c.FIND_BYTES, LEAST_WORKERS, c.DEFAULT_POOL_WORKERS)
    if workers < c.DEFAULT_POOL_WORKERS:
        fits = part(room // FIND_PART, workers * c.FIND_BYTES)
        why = f"looking for an id in a block takes {mebibytes(c.FIND_BYTES)}, {fits}"
        yield Setting("querier", "storage.trace.pool.max_workers", workers, why)


def _jobs_by_cpu(querier: Replica) -> int:
    if querier.cpu_millicores is None:
        return c.DEFAULT_QUERIES
    return clamp(-(-querier.cpu_millicores * c.JOBS_PER_CORE // 1000), LEAST_JOBS, c.DEFAULT_QUERIES)


def _read_buffer(room: int, finds: int) -> int:
    """As large as traces that are found have room for; a search has buffers for far fewer columns.

    Smaller than the least makes the store slow.
    """
    each = room // TRACE_PART // finds // c.TRACE_COLUMNS
    return clamp(each, LEAST_READ_BUFFER_BYTES, c.DEFAULT_READ_BUFFER_BYTES)


def _why_jobs(querier: Replica, by_cpu: int, by_memory: int, job_bytes: int) -> str:
    if querier.cpu_millicores is not None and by_cpu <= by_memory:
        least = f"; {LEAST_JOBS} are the least" if by_cpu == LEAST_JOBS else ""
        return f"{c.JOBS_PER_CORE} jobs a core, of {cpu(querier.cpu_millicores)}, rounded up{least}"
    assert querier.room_bytes is not None
    return f"a search takes {mebibytes(job_bytes)}, {part(querier.room_bytes // SEARCH_PART, job_bytes)}"
