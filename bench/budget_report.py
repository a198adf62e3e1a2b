"""What the budget's data says: rates with their spread, ratios, and what was at its limit, by total and mix."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.mixes import MIXES
from bench.records import Record
from bench.splits import OPERATOR, OURS, Total
from bench.summary import Rates, ratio

_FIGURE = re.compile(r" \(?[0-9][0-9.,]*(%| s\b)?\)?")
ORDER = (OURS, OPERATOR, "operator+plan", "production", "even")  # of the splits; others follow by name


@dataclass(frozen=True)
class Cell:
    """All rounds of one split under one load."""

    total: str
    mix: str
    split: str
    records: tuple[Record, ...]

    @property
    def rates(self) -> Rates:
        """Spans per second, a round each."""
        return Rates(tuple(record["rate"] for record in self.records))

    @property
    def binding(self) -> str:
        """What was at its limit beyond, as most rounds say; shortened to what binds."""
        return Counter(_short(record["binding"]) for record in self.records).most_common(1)[0][0]

    @property
    def is_valid(self) -> bool:
        """Whether in every round the machine had processors left."""
        return all(record["valid"] for record in self.records)


Cells = Mapping[tuple[str, str], Mapping[str, Cell]]  # (total, mix) -> split -> cell


def cells(records: Iterable[Record], load: Record) -> Cells:
    """By total and mix, the splits; of each only the records of its newest stack, and the newest of every round."""
    newest: dict[tuple[str, str, str], str] = {}
    found: dict[tuple[str, str, str], dict[int, Record]] = {}
    for record in records:
        if load.items() <= record.items():
            key = (record["total"], record["mix"], record["split"])
            if newest.get(key) != record["fingerprint"]:
                newest[key], found[key] = record["fingerprint"], {}
            found[key][record["round"]] = record
    table: dict[tuple[str, str], dict[str, Cell]] = {}
    for (total, mix, split), rounds in found.items():
        table.setdefault((total, mix), {})[split] = Cell(total, mix, split, tuple(rounds.values()))
    return {key: dict(sorted(splits.items(), key=_in_order)) for key, splits in sorted(table.items(), key=_by_load)}


def lines(records: Iterable[Record], load: Record) -> Iterator[str]:
    """The report, a line each."""
    records = list(records)
    if not records:
        yield "nothing measured yet"
        return
    for (total, mix), splits in cells(records, load).items():
        yield f"\n{total}, {mix} ({MIXES[mix].queries_per_second:g} queries/s)" if mix in MIXES else f"\n{total}, {mix}"
        for cell in splits.values():
            flag = "" if cell.is_valid else "  NOT VALID: the machine had no processors left"
            yield f"  {cell.split:18} {len(cell.records)} rounds  {cell.rates!s:28} {_ratio(splits, cell):24} {flag}"
            yield f"  {'':18} then {cell.binding}; {_machine(cell.records)}"
    yield f"\nmeasured on {records[-1]['hardware']}, Tempo {records[-1]['tempo']}, at {records[-1]['commit']}"


def markdown(table: Cells) -> str:
    """The README's table: spans per second, the median and the spread of the rounds, and ours over the operator's."""
    splits = list(dict.fromkeys(split for row in table.values() for split in row))
    head = ["total", "load", *splits, "ours / operator"]
    rows = [head, ["---", "---", *["--:"] * (len(splits) + 1)]]
    for (total, mix), row in table.items():
        shown = [str(row[split].rates) if split in row else "" for split in splits]
        both = OURS in row and OPERATOR in row
        last = str(ratio(row[OURS].rates.values, row[OPERATOR].rates.values)) if both else ""
        rows.append([total, mix, *shown, last])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _ratio(splits: Mapping[str, Cell], cell: Cell) -> str:
    if OPERATOR not in splits or cell.split == OPERATOR:
        return ""
    return f"× {ratio(cell.rates.values, splits[OPERATOR].rates.values)} operator's"


def _machine(records: Sequence[Record]) -> str:
    """What generator, queries and MinIO took of the machine, in the last round that held a rate."""
    last = next((r["confirmed_by"] for r in reversed(records) if r["confirmed_by"]), None)
    if last is None:
        return "no rate held"
    minio = last["uses"]["minio"]["cpu_millicores"]
    own = sum(use["cpu_millicores"] for name, use in last["uses"].items() if name != "minio")
    return (
        f"Tempo {own:.0f}m, MinIO {minio:.0f}m, generator {last['generator_millicores']}m, "
        f"queries {last['querying_millicores']}m with p95 {last['query_p95_seconds']} s, "
        f"the machine {last['busy_processors']} processors"
    )


def _short(binding: str) -> str:
    """Without figures, so that rounds can be counted together."""
    return _FIGURE.sub("", binding)


def _in_order(item: tuple[str, Cell]) -> tuple[int, str]:
    split = item[0]
    return (ORDER.index(split) if split in ORDER else len(ORDER), split)


def _by_load(item: tuple[tuple[str, str], object]) -> tuple[int, str, int]:
    total, mix = item[0]
    mixes = list(MIXES)
    return Total.parse(total).cpu_millicores, total, mixes.index(mix) if mix in mixes else len(mixes)
