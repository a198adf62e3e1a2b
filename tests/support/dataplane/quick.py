"""Periods of Tempo's own that are short enough for a test, said as a user would: in `spec.extraConfig.tempo`."""

from typing import Any

# Members of a ring wait for others that might come: an ingester 15 s, a compactor a minute.
STARTS_AT_ONCE: dict[str, Any] = {
    "ingester": {"lifecycler": {"min_ready_duration": "0s"}},
    "compactor": {"ring": {"wait_stability_min_duration": "0s"}},
}
# A trace is searchable a second after its last span, not fifteen.
SEARCHES_AT_ONCE: dict[str, Any] = {"ingester": {"trace_idle_period": "1s", "flush_check_period": "1s"}}
# What is in the store is read from there 2 s later. The compactor keeps the list of blocks. Where it is away, whoever
# found no list has made one, which everyone reads for ever after, however old it is, unless told from when on it is too
# old.
BLOCKS_ARE_KNOWN_AT_ONCE: dict[str, Any] = {
    "storage": {"trace": {"blocklist_poll": "1s", "blocklist_poll_stale_tenant_index": "2s"}}
}
# Searches read what is in the store from the next poll on. By Tempo's own they read there what is older than 15 min.
BLOCKS_ARE_SEARCHED_AT_ONCE: dict[str, Any] = {"query_frontend": {"search": {"query_backend_after": "0s"}}}
# The ingesters forget a block that they have written 12 s after the last span in it, when everyone has learnt of it:
# Tempo's own are 15 min and 5 min. A compacted one is removed after 10 s: whoever does not know of that yet reads it.
BLOCKS_AGE_FAST: dict[str, Any] = {
    "ingester": {"complete_block_timeout": "12s"},
    **BLOCKS_ARE_KNOWN_AT_ONCE,
    "compactor": {"compaction": {"compaction_cycle": "1s", "compacted_block_retention": "10s"}},
    **BLOCKS_ARE_SEARCHED_AT_ONCE,
}
# A trace that comes late keeps the time it says; by Tempo's own rule it would count as one of now after 2 min.
LATE_TRACES_KEEP_THEIR_TIME: dict[str, Any] = {
    "storage": {"trace": {"wal": {"ingestion_time_range_slack": "24h"}}},
}


def quick(*parts: dict[str, Any]) -> dict[str, Any]:
    """The parts, merged."""
    merged: dict[str, Any] = {}
    for part in parts:
        _merge(merged, part)
    return merged


def _merge(into: dict[str, Any], part: dict[str, Any]) -> None:
    for key, value in part.items():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        else:
            into[key] = value
