"""The compactor: how large the blocks are that it makes, so that making one fits into its memory.

Tempo merges two to four blocks of together `max_block_bytes` at the most, and leaves larger ones as they are. It holds
what it has read of each of them ahead, up to a bound, and one row group of the block that it writes. A compactor that
is too small for the least of both still merges small blocks: a bucket of ever more of them slows down all searches.
"""

from bisect import bisect_left
from collections.abc import Iterator
from math import ceil

from allocation.tuning import coefficients as c
from allocation.tuning.replica import Replica, clamp, mebibytes
from allocation.tuning.setting import Setting
from allocation.units import GIB, MIB

BLOCK_BYTES = "compactor.compaction.max_block_bytes"
OBJECTS = "compactor.compaction.max_compaction_objects"
WINDOW = "compactor.compaction.compaction_window"

# Of the room, that may be made even where nothing is spare. With more, one of 123Mi was OOM-killed (blocks of 32 MiB).
SMALL_PART = 8
LEAST_BLOCK_BYTES = 4 * MIB
OBJECT_PART = 4
LEAST_OBJECTS = 1_000_000
MOST_MEMORY_BYTES = 64 * GIB  # with which any block is made

# Of the room, in this order: the writer, the least row group, what is read ahead, larger row groups.
_BEFORE_BYTES = c.FLUSH_BYTES + c.LEAST_ROW_GROUP_BYTES * c.ROW_GROUP_COST
_WHOLE_BYTES = _BEFORE_BYTES + c.READ_AHEAD_BYTES
_BESIDE_BYTES = c.FLUSH_BYTES + c.INPUT_BLOCKS * c.READ_AHEAD_BYTES  # the writer, and the most that is read ahead
# The least limit, in whole MiB, in which that fits beside the most that is read ahead of as many blocks as are merged.
SAFE_MEMORY_BYTES = MIB * ceil(
    (c.IDLE_BYTES + _BEFORE_BYTES + c.INPUT_BLOCKS * c.READ_AHEAD_BYTES) * 100 / c.HEAP_PERCENT / MIB
)


def compactor_settings(compactor: Replica) -> Iterator[Setting]:
    """What goes into compactor.yaml."""
    room = compactor.room_bytes
    if room is None:
        return
    group = _group_bytes(room)
    if group < c.DEFAULT_ROW_GROUP_BYTES:
        yield Setting("compactor", "storage.trace.block.parquet_row_group_size_bytes", group, _why_group(room, group))
    size = min(_block_bytes(room), c.DEFAULT_COMPACTED_BYTES)
    if size < c.DEFAULT_COMPACTED_BYTES:
        yield Setting("compactor", BLOCK_BYTES, size, _why_block(room, size))
    objects = clamp(room // OBJECT_PART // c.OBJECT_BYTES, LEAST_OBJECTS, c.DEFAULT_COMPACTED_OBJECTS)
    if objects < c.DEFAULT_COMPACTED_OBJECTS:
        part = mebibytes(room // OBJECT_PART)
        why = f"a trace of a block takes {c.OBJECT_BYTES} bytes in its bloom filter and index, of {part}"
        yield Setting("compactor", OBJECTS, objects, why)


def window_setting(compactor: Replica) -> Iterator[Setting]:
    """What stays as Tempo has it, where the rest follows from a limit."""
    if compactor.memory_bytes is not None:
        merged = f"2 to {c.INPUT_BLOCKS} are merged at a time, of together max_block_bytes at the most"
        why = f"no limit decides it: of a window's blocks, be they few or many, {merged}"
        yield Setting("compactor", WINDOW, c.DEFAULT_COMPACTION_WINDOW, why, "tempo")


def memory_to_merge(block_bytes: int) -> int:
    """The least memory limit, in bytes, with which a compactor makes blocks of that size by its own setting."""
    return MIB * bisect_left(range(MOST_MEMORY_BYTES // MIB), block_bytes, key=lambda limit: _made(limit * MIB))


def row_group_part_bytes(compactor: Replica) -> int | None:
    """What the writer and the most that is read ahead leave of the room, for row groups. None without a limit."""
    return None if compactor.room_bytes is None else max(compactor.room_bytes - _BESIDE_BYTES, 0)


def _made(memory_bytes: int) -> int:
    room = Replica("compactor", 1, 1, None, memory_bytes).room_bytes or 0
    return _block_bytes(room)


def _group_bytes(room: int) -> int:
    larger = (room - _BEFORE_BYTES - c.INPUT_BLOCKS * c.READ_AHEAD_BYTES) // c.ROW_GROUP_COST
    return clamp(c.LEAST_ROW_GROUP_BYTES + larger, c.LEAST_ROW_GROUP_BYTES, c.DEFAULT_ROW_GROUP_BYTES)


def _block_bytes(room: int) -> int:
    """As large as a room that holds what one block reads ahead; from there on reading takes ever less of a block.

    So it grows faster than the room, and shrinks faster, and no tenth of memory more than doubles it.
    """
    return max(room**4 // _WHOLE_BYTES**3, room // SMALL_PART, LEAST_BLOCK_BYTES)


def _why_group(room: int, group: int) -> str:
    costs = f"a row group that is written takes {c.ROW_GROUP_COST} times its bytes"
    if group > c.LEAST_ROW_GROUP_BYTES:
        return f"{costs}, of {mebibytes(room)} without the writer and what is read ahead"
    return f"{costs}, {mebibytes(group * c.ROW_GROUP_COST)}; with less an upload would have parts that S3 does not take"


def _why_block(room: int, size: int) -> str:
    if size == LEAST_BLOCK_BYTES:
        return f"the least, be the room {mebibytes(room)}: below it, blocks would stay as small as ingesters cut them"
    if size == room // SMALL_PART:
        return f"1/{SMALL_PART} of a room of {mebibytes(room)}, to be read ahead"
    return f"of a room of {mebibytes(room)}: a block as large as the room is merged in one of {mebibytes(_WHOLE_BYTES)}"
