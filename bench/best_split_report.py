"""What the searches for the best split found, as the page shows it: a row for every split that was tried.

The last search of every total and loads on every machine, of those whose every trial is of a rate under every load.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bench.records import Record
from bench.splits import CONTAINERS
from bench.summary import NOTHING
from ops.markdown import LEFT, RIGHT, table_text

COMPONENTS = tuple(name.replace("_", "-") for name in CONTAINERS)

ALIKE = ("block_seconds", "seconds", "warm_up", "fingerprint", "ours", "first")  # in one search

Searched = tuple[str, str, str, tuple[str, ...]]  # hardware, version, total, and the loads


def newest(records: Iterable[Record]) -> Mapping[Searched, Sequence[Record]]:
    """The last search of each, from one split and rate, with one fingerprint; in the order of its trials."""
    found: dict[Searched, list[Record]] = {}
    for record in records:
        if "first" in record:
            key = record["hardware"], record["tempo"], record["total"], tuple(record["mixes"])
            search = found.setdefault(key, [])
            if search and any(search[0][each] != record[each] for each in ALIKE):
                search.clear()
            search.append(record)
    return found


def markdown(searches: Mapping[Searched, Sequence[Record]]) -> str:
    """A table for each: ours, then in the order in which they were tried."""
    return "\n\n".join(_table(*searched, records) for searched, records in searches.items()) or NOTHING


def _table(hardware: str, tempo: str, total: str, mixes: Sequence[str], records: Sequence[Record]) -> str:
    by_split: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        if record.get("valid"):
            by_split.setdefault(_split(record["limits"]), []).append(record)
    ours = _split(records[0]["ours"])
    rows = [(*split, *_rates(by_split[split])) for split in sorted(by_split, key=lambda split: split != ours)]
    end = next((record["end"] for record in reversed(records) if "end" in record), "no end yet")
    caption = (
        f"Millicores/MiB, and the spans/s that held, so often, and did not, for {records[0]['seconds']:.0f} s under "
        f"each of {', '.join(f'`{mix}`' for mix in mixes)}; {total}, ours first. Of the search: {end}. "
        f"Measured on {hardware}, Tempo {tempo}, {records[-1]['time'][:10]}."
    )
    heads = [*((name, RIGHT) for name in (*COMPONENTS, "held", "did not")), ("why not", LEFT)]
    return f"{table_text(heads, rows)}\n\n{caption}"


def _split(limits: Mapping[str, tuple[int, int]]) -> tuple[str, ...]:
    return tuple(f"{cpu}/{memory >> 20}" for cpu, memory in (limits[name] for name in COMPONENTS))


def _rates(tried: Sequence[Record]) -> tuple[str, str, str]:
    """The highest that held and how often, and that never did not; the lowest that did not, and its reason."""
    not_held = [each for each in tried if each["failed"]]
    failing = {each["rate"] for each in not_held}
    held = Counter(each["rate"] for each in tried if each["rate"] not in failing)
    failed = min(not_held, key=lambda each: each["rate"], default=None)
    return (
        f"{max(held):,} × {held[max(held)]}" if held else "-",
        f"{failed['rate']:,}" if failed else "-",
        "; ".join(filter(None, (failed["failed"], failed["binding"]))) if failed else "",
    )
