"""What the searches for the best split found, as the page shows it: a row for every split that was tried.

The last search of every total and load on every machine; those that did not say how finely they searched are left out.
"""

from collections.abc import Iterable, Mapping, Sequence

from bench.records import Record
from bench.splits import CONTAINERS
from bench.summary import NOTHING
from ops.markdown import RIGHT, table_text

COMPONENTS = tuple(name.replace("_", "-") for name in CONTAINERS)

ALIKE = ("block_seconds", "precision", "warm_up", "fingerprint")  # in one search

Searched = tuple[str, str, str, tuple[str, ...]]  # hardware, version, total, and the loads


def newest(records: Iterable[Record]) -> Mapping[Searched, Sequence[Record]]:
    """The last search of each, in the order in which splits were tried."""
    found: dict[Searched, list[Record]] = {}
    for record in records:
        if "precision" in record:
            key = record["hardware"], record["tempo"], record["total"], tuple(record["mixes"])
            search = found.setdefault(key, [])
            if search and any(search[0].get(each) != record.get(each) for each in ALIKE):
                search.clear()
            search.append(record)
    return found


def markdown(searches: Mapping[Searched, Sequence[Record]]) -> str:
    """A table for each: where it began, then the lowest rate first; the memory is in the data."""
    return "\n\n".join(_table(*searched, records) for searched, records in searches.items()) or NOTHING


def _table(hardware: str, tempo: str, total: str, mixes: Sequence[str], records: Sequence[Record]) -> str:
    rates: dict[tuple[int, ...], list[float]] = {}
    for record in records:
        rates.setdefault(_cpu(record["limits"]), []).append(record["rate"])
    first, best, last = _cpu(records[0]["limits"]), max(record["rate"] for record in records), records[-1]
    rows = [
        (*map(str, cpu), "; ".join(f"{rate:,.0f}" for rate in rates[cpu]), _part(max(rates[cpu]), best))
        for cpu in sorted(rates, key=lambda each: (each != first, max(rates[each])))
    ]
    caption = (
        f"Cpu in millicores, spans/s held, and their part of the best; {total} under "
        f"{', '.join(f'`{mix}`' for mix in mixes)}, beginning with the profile as it was, one search of whole minutes "
        f"for each rate, to {100 * last['precision'] - 100:.0f} %. Measured on {hardware}, Tempo {tempo}, "
        f"{last['time'][:10]}."
    )
    return f"{table_text([(name, RIGHT) for name in (*COMPONENTS, 'spans/s', 'of the best')], rows)}\n\n{caption}"


def _part(rate: float, best: float) -> str:
    return f"{100 * rate / best:.0f} %" if best else "-"


def _cpu(limits: Mapping[str, tuple[int, int]]) -> tuple[int, ...]:
    return tuple(limits[name][0] for name in COMPONENTS)
