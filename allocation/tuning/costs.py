"""What a value of the user's takes of a component's memory, and the part of the memory that the plan has for it.

The arithmetic is the plan's own, asked the other way round: not the value that fits, but what a value takes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from allocation.extra import COMPACTOR, INGESTER, QUERIER, QUERY_FRONTEND
from allocation.tuning import blocks, querier, query_frontend
from allocation.tuning import coefficients as c
from allocation.tuning.compactor import BLOCK_BYTES, OBJECT_PART, OBJECTS, memory_to_merge, row_group_part_bytes
from allocation.tuning.cutting import CUT_TIME, Cutting, seconds_of
from allocation.tuning.replica import Replica

ROW_GROUP = "storage.trace.block.parquet_row_group_size_bytes"
READ_BUFFER = "storage.trace.search.read_buffer_size_bytes"
FOURTH = "a fourth of the room"


@dataclass(frozen=True)
class Holder:
    """A component that has to hold a value: its replica, and what decides the cost beside the value."""

    replica: Replica
    said: Mapping[str, Any]  # the user's own keys in the component's file
    cutting: Cutting  # the user's own, else Tempo's
    volume_bytes: int  # of an ingester
    tenants: int  # that may be at their limits at once


@dataclass(frozen=True)
class Cost:
    """A key whose value takes memory. `default` is Tempo's own value, in seconds for a duration.

    `what` tells what takes it, with `{value}` in it; `part` names what `has` is, for docs/tuning.md.
    """

    component: str
    key: str
    default: int
    what: str
    takes: Callable[[int, Holder], int]
    part: str
    has: Callable[[Holder], int | None]  # None without a limit

    @property
    def is_time(self) -> bool:
        """Whether the value is a duration."""
        return self.key == CUT_TIME

    def fits(self, value: int, holder: Holder) -> bool:
        """Whether the component has as much memory for it as it takes."""
        has = self.has(holder)
        return has is None or self.takes(value, holder) <= has


def _each(amount_bytes: int) -> Callable[[int, Holder], int]:
    return lambda value, _: value * amount_bytes


def _room(part: int) -> Callable[[Holder], int | None]:
    """One part of so many of the room."""
    return lambda holder: None if holder.replica.room_bytes is None else holder.replica.room_bytes // part


def _flush_bytes(holder: Holder) -> int:
    """Completing one block: the writer, a row group and the WAL files, as the user's values and the plan's are."""
    minutes = blocks.block_minutes(holder.replica, holder.volume_bytes, holder.cutting)
    group = int(holder.said.get(ROW_GROUP, blocks.row_group_bytes(holder.replica, holder.cutting)))
    seconds = seconds_of(holder.said[CUT_TIME]) if CUT_TIME in holder.said else 60 * minutes
    return c.FLUSH_BYTES + group * c.ROW_GROUP_COST + blocks.wal_bytes(seconds, holder.cutting)


def _read_buffer_bytes(holder: Holder) -> int:
    return int(holder.said.get(READ_BUFFER, querier.read_buffer_bytes(holder.replica)))


def _jobs(kind: str) -> Cost:
    key = f"query_frontend.{kind}.concurrent_jobs"
    what = f"{{value}} jobs of a {kind} query at once take"
    has = _room(query_frontend.PART)
    return Cost(QUERY_FRONTEND, key, c.DEFAULT_CONCURRENT_JOBS, what, _each(c.JOB_BYTES), FOURTH, has)


COSTS: tuple[Cost, ...] = (
    Cost(
        INGESTER,
        CUT_TIME,
        60 * c.DEFAULT_BLOCK_MINUTES,
        "the WAL files of a block of {value} are read at once and take",
        lambda value, holder: blocks.wal_bytes(value, holder.cutting),
        "a fourth of the spare memory, with `flush_check_period` as you have it",
        lambda holder: blocks.wal_part_bytes(holder.replica, holder.cutting),
    ),
    Cost(
        INGESTER,
        "ingester.concurrent_flushes",
        c.DEFAULT_FLUSHES,
        "{value} blocks that are completed at once take",
        lambda value, holder: value * _flush_bytes(holder),
        "half of the spare memory, and one writer",
        lambda holder: blocks.flushes_part_bytes(holder.replica),
    ),
    Cost(
        INGESTER,
        ROW_GROUP,
        c.DEFAULT_ROW_GROUP_BYTES,
        "a row group of {value} bytes that is written takes",
        _each(c.ROW_GROUP_COST),
        "a fourth of the spare memory",
        lambda holder: blocks.wal_part_bytes(holder.replica, holder.cutting),
    ),
    Cost(
        QUERIER,
        "querier.max_concurrent_queries",
        c.DEFAULT_QUERIES,
        "{value} searches at once take",
        lambda value, holder: value * querier.search_job_bytes(_read_buffer_bytes(holder)),
        FOURTH,
        _room(querier.SEARCH_PART),
    ),
    Cost(
        QUERIER,
        READ_BUFFER,
        c.DEFAULT_READ_BUFFER_BYTES,
        "traces that are read with buffers of {value} bytes take",
        lambda value, holder: value * querier.finds_of(holder.replica) * c.TRACE_COLUMNS,
        FOURTH,
        _room(querier.TRACE_PART),
    ),
    Cost(
        QUERIER,
        "storage.trace.pool.max_workers",
        c.DEFAULT_POOL_WORKERS,
        "looking for ids in {value} blocks at once takes",
        _each(c.FIND_BYTES),
        FOURTH,
        _room(querier.FIND_PART),
    ),
    Cost(
        QUERIER,
        querier.RECEIVED[1],
        c.DEFAULT_INGESTER_MESSAGE_BYTES,
        "an ingester's answer of {value} bytes takes",
        _each(c.MESSAGE_COST),
        FOURTH,
        _room(querier.ANSWER_PART),
    ),
    _jobs("search"),
    _jobs("metrics"),
    Cost(
        QUERY_FRONTEND,
        "query_frontend.max_outstanding_per_tenant",
        c.DEFAULT_OUTSTANDING,
        "{value} jobs that wait take, with each tenant's queue,",
        lambda value, holder: value * holder.tenants * c.OUTSTANDING_BYTES,
        FOURTH,
        _room(query_frontend.PART),
    ),
    Cost(
        QUERY_FRONTEND,
        query_frontend.RECEIVED[1],
        c.DEFAULT_MESSAGE_BYTES,
        "a querier's answer of {value} bytes takes",
        _each(c.MESSAGE_COST),
        FOURTH,
        _room(query_frontend.PART),
    ),
    Cost(
        COMPACTOR,
        ROW_GROUP,
        c.DEFAULT_ROW_GROUP_BYTES,
        "a row group of {value} bytes that is written takes",
        _each(c.ROW_GROUP_COST),
        "the room without the writer and what is read ahead of four blocks",
        lambda holder: row_group_part_bytes(holder.replica),
    ),
    Cost(
        COMPACTOR,
        BLOCK_BYTES,
        c.DEFAULT_COMPACTED_BYTES,
        "a compactor that makes blocks of {value} bytes takes",
        lambda value, _: memory_to_merge(value),
        "the whole limit",
        lambda holder: holder.replica.memory_bytes,
    ),
    Cost(
        COMPACTOR,
        OBJECTS,
        c.DEFAULT_COMPACTED_OBJECTS,
        "bloom filter and index of a block of {value} traces take",
        _each(c.OBJECT_BYTES),
        FOURTH,
        _room(OBJECT_PART),
    ),
)
