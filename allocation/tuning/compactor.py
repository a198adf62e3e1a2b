"""The compactor: how large the blocks are that it makes, so that making one fits into its memory."""

from collections.abc import Iterator

from allocation.tuning import coefficients as c
from allocation.tuning.replica import Replica, clamp, mebibytes
from allocation.tuning.setting import Setting

LEAST_PART = 4  # a fourth of the room is for what is written, however much reading takes
FOOTER_PART = OBJECT_PART = 4
LEAST_OBJECTS = 100_000


def compactor_settings(compactor: Replica) -> Iterator[Setting]:
    """What goes into compactor.yaml."""
    room = compactor.room_bytes
    if room is None:
        return
    reading = c.FLUSH_BYTES + c.INPUT_BLOCKS * c.INPUT_BYTES
    written = max(room - reading, room // LEAST_PART) // c.ROW_GROUP_COST
    why = (
        f"{mebibytes(room)} for work, {mebibytes(reading)} of it for reading {c.INPUT_BLOCKS} blocks and for the writer"
    )
    group = clamp(written, c.LEAST_ROW_GROUP_BYTES, c.DEFAULT_ROW_GROUP_BYTES)
    if group < c.DEFAULT_ROW_GROUP_BYTES:
        reason = f"a row group that is written takes {c.ROW_GROUP_COST} times its bytes: {why}"
        yield Setting("compactor", "storage.trace.block.parquet_row_group_size_bytes", group, reason)
    size = min(_block_bytes(room, written, group), c.DEFAULT_COMPACTED_BYTES)
    if size < c.DEFAULT_COMPACTED_BYTES:
        reason = f"a block has to fit into one row group: {why}"
        if written >= c.LEAST_ROW_GROUP_BYTES:
            reason = f"{mebibytes(room // FOOTER_PART)} for the footers of {c.INPUT_BLOCKS + 1} blocks"
        yield Setting("compactor", "compactor.compaction.max_block_bytes", size, reason)
    objects = clamp(room // OBJECT_PART // c.OBJECT_BYTES, LEAST_OBJECTS, c.DEFAULT_COMPACTED_OBJECTS)
    if objects < c.DEFAULT_COMPACTED_OBJECTS:
        part = mebibytes(room // OBJECT_PART)
        reason = f"a trace of a block takes {c.OBJECT_BYTES} bytes in its bloom filter and index, of {part}"
        yield Setting("compactor", "compactor.compaction.max_compaction_objects", objects, reason)


def _block_bytes(room: int, written: int, group: int) -> int:
    """Where a row group does not fit, the whole block has to: no part of an upload but the last may be small."""
    if written < c.LEAST_ROW_GROUP_BYTES:
        return max(written // c.COMPRESSION, 1)
    groups = room // FOOTER_PART // (c.FOOTER_BYTES * (c.INPUT_BLOCKS + 1))
    return max(groups * group, c.LEAST_ROW_GROUP_BYTES) // c.COMPRESSION
