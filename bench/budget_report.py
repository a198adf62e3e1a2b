"""What the budget's data says: rates with their spread, ratios, and what was at its limit, by total and mix."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from bench.mixes import MIXES
from bench.records import Record
from bench.splits import OPERATOR, OURS, SPLITS_SAY, Total
from bench.summary import NOTHING, Rates, Ratio, between, ratio
from ops.markdown import LEFT, RIGHT, table_text

_FIGURE = re.compile(r"(^| )\(?[0-9][0-9.,]*(%| s\b)?\)?")
ORDER = (OURS, OPERATOR, "operator+plan", "production", "even")  # of the splits; others follow by name

WEIGHTS_SAY = "weights of a file, such as those in bench/data/experiments that a search found"

Origin = tuple[str, str]  # hardware and version: measurements of two are never set beside each other


@dataclass(frozen=True)
class Cell:
    """All rounds of one split under one load."""

    split: str
    every: tuple[Record, ...]

    @property
    def records(self) -> tuple[Record, ...]:
        """The rounds in which the machine had processors left; the others say nothing of the split."""
        return tuple(record for record in self.every if record["valid"])

    @property
    def rates(self) -> Rates:
        """Spans per second, a round each."""
        return Rates(tuple(record["rate"] for record in self.records))

    def over(self, other: "Cell") -> Ratio:
        """How much more it held than another, round by round."""
        ours, theirs = ({(r["round"], r["run"]): r["rate"] for r in cell.records} for cell in (self, other))
        return ratio(ours, theirs)

    @property
    def binding(self) -> str:
        """What was at its limit beyond, as most rounds say, and how many of them; shortened to what binds.

        Rounds that failed for the same reasons say the same, whatever was nearest to its limit besides.
        """
        said = [_short(record["binding"]).rpartition("; ") for record in self.records or self.every]
        why, many = Counter(reasons for reasons, _, _ in said).most_common(1)[0]
        nearest, _ = Counter(last for reasons, _, last in said if reasons == why).most_common(1)[0]
        whole = "; ".join(filter(None, (why, nearest)))
        return whole if many == len(said) else f"{whole} ({many} of {len(said)} rounds)"

    def __str__(self) -> str:
        invalid = len(self.every) - len(self.records)
        return f"{self.rates}{f' [{invalid} not valid: the machine was full]' if invalid else ''}"


Cells = Mapping[tuple[str, str], Mapping[str, Cell]]  # (total, mix) -> split -> cell


def by_origin(records: Iterable[Record]) -> dict[Origin, list[Record]]:
    """By machine and version, the one of the last record at the end."""
    found: dict[Origin, list[Record]] = {}
    for record in records:
        origin = record["hardware"], record["tempo"]
        found[origin] = [*found.pop(origin, []), record]
    return found


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
        table.setdefault((total, mix), {})[split] = Cell(split, tuple(rounds.values()))
    return {key: dict(sorted(splits.items(), key=_in_order)) for key, splits in sorted(table.items(), key=_by_load)}


def markdown(records: Iterable[Record], load: Record) -> str:
    """For each machine and version its rates, and what was at its limit just above them."""
    parts = []
    for (hardware, tempo), own in by_origin(records).items():
        if table := cells(own, load):
            parts += [rates(table), " ".join([caption(table, hardware, tempo), *_beside(table)]), bound(table)]
    return "\n\n".join(parts) or NOTHING


def bound(table: Cells) -> str:
    """A row for each split under each load: what was at its limit just above the rate."""
    columns = [(heading, LEFT) for heading in ("total", "load", "split", "beyond its rate")]
    rows = [(*key, _named(split), cell.binding) for key, row in table.items() for split, cell in row.items()]
    return table_text(columns, rows)


def rates(table: Cells) -> str:
    """Spans per second, the median and the range of the rounds, and ours over each of the others that it is held to."""
    splits = _splits(table)
    others = [split for split in splits if split != OURS] if OURS in splits else []
    figures = [*(_named(split) for split in splits), *(f"ours / {_named(split)}" for split in others)]
    columns = [("total", LEFT), ("load", LEFT), *((heading, RIGHT) for heading in figures)]
    rows = []
    for (total, mix), row in table.items():
        held = [str(row[split]) if split in row else "" for split in splits]
        ratios = [str(row[OURS].over(row[each])) if OURS in row and each in row else "" for each in others]
        rows.append([total, mix, *held, *ratios])
    return table_text(columns, rows)


def caption(table: Cells, hardware: str, tempo: str) -> str:
    """What stands below a table or figure: what its figures are, where they are from, and what each split is."""
    rounds = [len(cell.records) for row in table.values() for cell in row.values()]
    said = "; ".join(f"`{_named(split)}`: {_said(split)}" for split in _splits(table))
    many = f"{min(rounds)} to {max(rounds)}" if min(rounds) != max(rounds) else f"{max(rounds)}"
    shown = "one round so far" if max(rounds) == 1 else f"median (least–most) of {many} rounds"
    return (
        f"Spans/s held for a minute: {shown}; ratios are of rounds that one run measured "
        f"of both, median (least–most). Measured on {hardware}, Tempo {tempo}. {said}."
    )


def _beside(table: Cells) -> Iterator[str]:
    """What took part without being in the total, over all rounds that held a rate."""
    cells = (cell for row in table.values() for cell in row.values())
    held = [record["confirmed_by"] for cell in cells for record in cell.records if record["confirmed_by"]]
    if held:
        parts = {
            "the generator": [each["generator_millicores"] for each in held],
            "who asked": [each["querying_millicores"] for each in held],
            "MinIO": [each["uses"]["minio"]["cpu_millicores"] for each in held],
        }
        took = ", ".join(f"{name} {between(figures, '.0f')}m" for name, figures in parts.items())
        busy = max(each["busy_processors"] for each in held)
        yield f"Beside the total, while a rate held: {took} of cpu; in all at most {busy:.1f} processors were busy."


def _named(split: str) -> str:
    """For a heading: of a file of weights its name."""
    if not split.startswith("@"):
        return split
    share, plus, settings = split.partition("+")
    return f"{PurePath(share.removeprefix('@')).stem}{plus}{settings}"


def _said(split: str) -> str:
    """What a split is, for readers."""
    share, _, settings = split.partition("+")
    said = WEIGHTS_SAY if share.startswith("@") else SPLITS_SAY.get(share, f"the profile {share}")
    return SPLITS_SAY.get(split, f"{said}; Tempo's settings: {settings}" if settings else said)


def _splits(table: Cells) -> list[str]:
    return list(dict.fromkeys(split for row in table.values() for split in row))


def _short(binding: str) -> str:
    """Without figures, so that rounds can be counted together."""
    return _FIGURE.sub("", binding).strip().replace("; nearest", ", nearest")


def _in_order(item: tuple[str, Cell]) -> tuple[int, str]:
    split = item[0]
    return (ORDER.index(split) if split in ORDER else len(ORDER), split)


def _by_load(item: tuple[tuple[str, str], object]) -> tuple[int, str, int]:
    total, mix = item[0]
    mixes = list(MIXES)
    return Total.parse(total).cpu_millicores, total, mixes.index(mix) if mix in mixes else len(mixes)
