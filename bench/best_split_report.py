"""What the searches for the best split found, as the page shows it: a row for every split that was tried."""

from collections.abc import Iterable, Mapping, Sequence

from bench.records import Record
from bench.splits import CONTAINERS
from bench.summary import NOTHING
from ops.markdown import RIGHT, table_text

ALIKE = ("hardware", "tempo", "total", "mixes", "block_seconds", "precision", "fingerprint")  # of one search
COMPONENTS = tuple(name.replace("_", "-") for name in CONTAINERS)


def newest(records: Iterable[Record]) -> list[Record]:
    """All that belongs to the last search; those that did not say how finely they searched are left out."""
    told = [record for record in records if "precision" in record]
    return [each for each in told if all(each[key] == told[-1][key] for key in ALIKE)]


def markdown(records: Sequence[Record]) -> str:
    """Rates by split, the lowest first; the memory is in the data."""
    if not records:
        return NOTHING
    rates: dict[tuple[int, ...], list[float]] = {}
    for record in records:
        rates.setdefault(_cpu(record["limits"]), []).append(record["rate"])
    rows = [
        (*map(str, cpu), "; ".join(f"{rate:,.0f}" for rate in found))
        for cpu, found in sorted(rates.items(), key=lambda each: max(each[1]))
    ]
    last = records[-1]
    mixes = ", ".join(f"`{mix}`" for mix in last["mixes"])
    caption = (
        f"Cpu in millicores, spans/s held; {last['total']} under {mixes}, one search of whole minutes for each rate, "
        f"to {100 * last['precision'] - 100:.0f} %. Measured on {last['hardware']}, "
        f"Tempo {last['tempo']}, {last['time'][:10]}."
    )
    return f"{table_text([(name, RIGHT) for name in (*COMPONENTS, 'spans/s')], rows)}\n\n{caption}"


def _cpu(limits: Mapping[str, tuple[int, int]]) -> tuple[int, ...]:
    return tuple(limits[name][0] for name in COMPONENTS)
