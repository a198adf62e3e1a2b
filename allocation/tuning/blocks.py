"""The ingester's blocks: how large, how long and how many at once, so that completing one fits into its memory.

A block that is completed is read from all of its WAL files at once, one for every look at the live traces, and written
row group by row group. Both stand in memory, for as many blocks as are completed at the same time.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from allocation.tuning import coefficients as c
from allocation.tuning.cutting import Cutting
from allocation.tuning.replica import Replica, clamp, mebibytes, part
from allocation.tuning.setting import Setting
from allocation.units import MIB

# Of what is spare a fourth each: row groups, WAL files, live traces, the largest trace that is cut.
FLUSH_PART, LIVE_PART, TRACE_PART = 2, 4, 4
LEAST_BLOCK_MINUTES = 2
LEAST_ROW_GROUP_BYTES, LEAST_TRACE_BYTES = 2_000_000, 500_000
DISK_BYTES_PER_MINUTE = 256 * MIB  # of a disk, for each minute that a block stays open
BLOCKS_ON_DISK = 8  # the head block, those on their way, and those that queriers have not heard of


def spare_bytes(ingester: Replica) -> int | None:
    """The room without what completing any block takes; None without a limit."""
    return None if ingester.room_bytes is None else max(ingester.room_bytes - c.FLUSH_BYTES, 0)


def trace_bytes(ingester: Replica) -> int:
    """max_bytes_per_trace: a trace that is cut is decoded as a whole."""
    spare = spare_bytes(ingester)
    if spare is None:
        return c.DEFAULT_TRACE_BYTES
    return clamp(spare // TRACE_PART // c.TRACE_COST, LEAST_TRACE_BYTES, c.DEFAULT_TRACE_BYTES)


def block_bytes(volume_bytes: int) -> int:
    """max_block_bytes: so that several of them fit on the disk."""
    return min(c.DEFAULT_BLOCK_BYTES, volume_bytes // BLOCKS_ON_DISK)


def block_settings(ingester: Replica, volume_bytes: int, cutting: Cutting) -> Iterator[Setting]:
    """What goes into ingester.yaml. max_block_duration: as many WAL files as memory and disk have room for."""
    spare = spare_bytes(ingester)
    if spare is not None:
        yield from _by_memory(spare, cutting)
    by_memory, by_disk = _minutes_by_memory(spare, cutting), minutes_by_disk(ingester, volume_bytes)
    minutes = block_minutes(ingester, volume_bytes, cutting)
    if minutes < c.DEFAULT_BLOCK_MINUTES:
        why = f"the sooner a block is cut, the sooner it leaves a disk of {mebibytes(volume_bytes)}"
        if spare is not None and by_memory <= by_disk:
            why = _why_files(spare, cutting)
        yield Setting("ingester", "ingester.max_block_duration", f"{minutes}m", why)
    if ingester.limited:
        size = block_bytes(volume_bytes)
        if size < c.DEFAULT_BLOCK_BYTES:
            why = f"{BLOCKS_ON_DISK} blocks fit on a disk of {mebibytes(volume_bytes)}"
            yield Setting("ingester", "ingester.max_block_bytes", size, why)


def block_minutes(ingester: Replica, volume_bytes: int, cutting: Cutting) -> int:
    """max_block_duration, in minutes: no more WAL files than memory and disk have room for."""
    return min(_minutes_by_memory(spare_bytes(ingester), cutting), minutes_by_disk(ingester, volume_bytes))


def wal_bytes(block_seconds: int | Fraction, cutting: Cutting) -> int:
    """The heap for the WAL files of a block that stays open for so long."""
    return ceil(block_seconds / cutting.check_seconds) * c.WAL_FILE_BYTES


def wal_part_bytes(ingester: Replica, cutting: Cutting) -> int | None:
    """The part of the memory for the WAL files of a block. None without a limit. Row groups have as much."""
    spare = spare_bytes(ingester)
    return None if spare is None else _half_flush_bytes(spare, cutting)


def row_group_bytes(ingester: Replica, cutting: Cutting) -> int:
    """parquet_row_group_size_bytes: as large as its part of the memory has room for."""
    spare = spare_bytes(ingester)
    return c.DEFAULT_ROW_GROUP_BYTES if spare is None else _row_group_bytes(spare, cutting)


def flushes_part_bytes(ingester: Replica) -> int | None:
    """The part of the memory for all blocks that are completed at once, with one writer. None without a limit."""
    spare = spare_bytes(ingester)
    return None if spare is None else spare // FLUSH_PART + c.FLUSH_BYTES


def _by_memory(spare: int, cutting: Cutting) -> Iterator[Setting]:
    flushes, group = _flushes(spare, cutting), _row_group_bytes(spare, cutting)
    if flushes < c.DEFAULT_FLUSHES:
        whole = mebibytes(_whole_flush_bytes(cutting))
        why = f"completing one of Tempo's size takes {whole}, of {mebibytes(spare // FLUSH_PART)}"
        yield Setting("ingester", "ingester.concurrent_flushes", flushes, why)
    if group < c.DEFAULT_ROW_GROUP_BYTES:
        fits = part(_half_flush_bytes(spare, cutting), group * c.ROW_GROUP_COST)
        why = f"a row group that is written takes {c.ROW_GROUP_COST} times its bytes, {fits}"
        yield Setting("ingester", "storage.trace.block.parquet_row_group_size_bytes", group, why)


def _why_files(spare: int, cutting: Cutting) -> str:
    each = mebibytes(c.WAL_FILE_BYTES)
    least = LEAST_BLOCK_MINUTES * cutting.files_a_minute * c.WAL_FILE_BYTES
    fits = part(_half_flush_bytes(spare, cutting), least)
    every = f"{float(cutting.check_seconds):g} s"
    return f"a block's WAL files, one for every {every}, are read at once: {each} each, {fits}"


def _minutes_by_memory(spare: int | None, cutting: Cutting) -> int:
    if spare is None:
        return c.DEFAULT_BLOCK_MINUTES
    files = _half_flush_bytes(spare, cutting) // c.WAL_FILE_BYTES
    return clamp(files // cutting.files_a_minute, LEAST_BLOCK_MINUTES, c.DEFAULT_BLOCK_MINUTES)


def minutes_by_disk(ingester: Replica, volume_bytes: int) -> int:
    """The sooner a block is cut, the sooner it leaves a small disk."""
    if not ingester.limited:
        return c.DEFAULT_BLOCK_MINUTES
    return clamp(volume_bytes // DISK_BYTES_PER_MINUTE, LEAST_BLOCK_MINUTES, c.DEFAULT_BLOCK_MINUTES)


def _whole_flush_bytes(cutting: Cutting) -> int:
    """Completing a block as large as Tempo makes them."""
    files = cutting.files_a_minute * c.DEFAULT_BLOCK_MINUTES
    return c.FLUSH_BYTES + 2 * max(c.ROW_GROUP_COST * c.DEFAULT_ROW_GROUP_BYTES, files * c.WAL_FILE_BYTES)


def _flushes(spare: int, cutting: Cutting) -> int:
    """How many blocks may be completed at the same time: more than one only where each may be a whole one."""
    return clamp(spare // FLUSH_PART // _whole_flush_bytes(cutting), 1, c.DEFAULT_FLUSHES)


def _flush_bytes(spare: int, cutting: Cutting) -> int:
    """What each of them may take."""
    return spare // FLUSH_PART // _flushes(spare, cutting)


def _half_flush_bytes(spare: int, cutting: Cutting) -> int:
    """Half of it: for WAL files, or for row groups."""
    return _flush_bytes(spare, cutting) // 2


def _row_group_bytes(spare: int, cutting: Cutting) -> int:
    each = _half_flush_bytes(spare, cutting) // c.ROW_GROUP_COST
    return clamp(each, LEAST_ROW_GROUP_BYTES, c.DEFAULT_ROW_GROUP_BYTES)
