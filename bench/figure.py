"""The README's figure and table, made from bench/data/budget.jsonl: docs/budget.svg, and what stands between markers.

The same data give the same bytes. `--check` writes nothing and fails where either is not what the data say.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from bench.budget_report import Cell, Cells, by_origin, caption, cells, markdown
from bench.records import DATA, PROJECT, Record, read
from bench.splits import SPLITS_SAY

SVG, README = PROJECT / "docs/budget.svg", PROJECT / "README.md"
BEGIN, END = "<!-- budget: made by `make figure` -->", "<!-- /budget -->"
# What the figure shows: small spans, whole minutes, and in each of them its part of flushing and compacting.
LOAD: Record = {"shape": [10, 200], "block_seconds": 60, "confirm_seconds": 60}

WIDTH, PANEL, TOP, BOTTOM, LEFT = 960, 250, 56, 34, 64
COLOURS = ("#2563eb", "#dc2626", "#d97706", "#6b7280", "#059669", "#7c3aed")
STYLE = "font-family='system-ui,sans-serif' font-size='12' fill='#1f2937'"


def main() -> int:
    """Writes both files; 1 where `--check` finds them different, or nothing was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--data", type=Path, default=DATA / "budget.jsonl")
    parser.add_argument("--confirm-seconds", type=float, default=LOAD["confirm_seconds"], help="of the searches shown")
    arguments = parser.parse_args()
    load = {**LOAD, "confirm_seconds": arguments.confirm_seconds}
    records = [each for each in read(arguments.data) if each["split"] in SPLITS_SAY]  # weights of a file are no peers
    shown = [(origin, table) for origin, own in by_origin(records).items() if (table := cells(own, load))]
    if not shown:
        print(f"{arguments.data}: no measurement to show; make bench-budget", file=sys.stderr)
        return 1
    readme = README.read_text(encoding="utf-8")
    (hardware, tempo), table = shown[-1]
    text = markdown(records, load)
    wanted = {SVG: svg(table, caption(table, hardware, tempo)), README: with_table(readme, text)}
    if BEGIN not in readme:
        print(f"README.md has no markers; the table goes between\n{BEGIN}\n{END}\n\n{text}")
    stale = [file for file, text in wanted.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    for file in stale:
        print(
            f"{file.relative_to(PROJECT)} {'is not what the data say: make figure' if arguments.check else 'written'}"
        )
        if not arguments.check:
            file.write_text(wanted[file], encoding="utf-8")
    return int(arguments.check and bool(stale))


def with_table(text: str, table: str) -> str:
    """`text` with the table between its markers; as it was where it has none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}\n{table}\n{end}{after}" if begin and end else text


def svg(table: Cells, about: str) -> str:
    """A row of panels for each total, a panel for each mix: a bar for each split, with the spread of its rounds.

    Of one machine and version, the one measured last; `about` says which, and is the picture's description.
    """
    totals = list(dict.fromkeys(total for total, _ in table))
    mixes = list(dict.fromkeys(mix for _, mix in table))
    splits = list(dict.fromkeys(split for row in table.values() for split in row))
    colours = dict(zip(splits, (COLOURS * len(splits))[: len(splits)], strict=True))
    height = TOP + PANEL * len(totals) + 8
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' {STYLE} role='img'>",
        "<title>Highest ingest rate that holds for a minute, by total, load and split</title>",
        f"<desc>{escape(about)}</desc>",
        f"<rect width='{WIDTH}' height='{height}' fill='white'/>",
        *_legend(colours),
    ]
    width = (WIDTH - LEFT) // max(1, len(mixes))
    for row, total in enumerate(totals):
        here = {mix: table[total, mix] for mix in mixes if (total, mix) in table}
        most = (
            max((rate for row in here.values() for cell in row.values() for rate in cell.rates.values), default=0)
            or 1.0
        )
        y = TOP + PANEL * row
        parts += _axis(total, most, y)
        for column, mix in enumerate(mixes):
            parts += _panel(mix, here.get(mix, {}), colours, most, LEFT + width * column, y, width)
    return "\n".join([*parts, "</svg>", ""])


def _legend(colours: Mapping[str, str]) -> Iterator[str]:
    yield f"<text x='{LEFT}' y='20' font-weight='600'>spans/s held for a minute: median and spread of the rounds</text>"
    for number, (split, colour) in enumerate(colours.items()):
        x = LEFT + 150 * number
        yield f"<rect x='{x}' y='30' width='12' height='12' fill='{colour}'/>"
        yield f"<text x='{x + 18}' y='40'>{escape(split)}</text>"


def _axis(total: str, most: float, y: int) -> Iterator[str]:
    bottom = y + PANEL - BOTTOM
    yield f"<text x='8' y='{y + 16}' font-weight='600'>{escape(total)}</text>"
    for part in (0.0, 0.5, 1.0):
        at = bottom - part * _height()
        yield f"<line x1='{LEFT}' x2='{WIDTH - 8}' y1='{at:.1f}' y2='{at:.1f}' stroke='#e5e7eb'/>"
        yield f"<text x='{LEFT - 6}' y='{at + 4:.1f}' text-anchor='end' fill='#6b7280'>{part * most:,.0f}</text>"


def _panel(
    mix: str, row: Mapping[str, Cell], colours: Mapping[str, str], most: float, x: int, y: int, width: int
) -> Iterator[str]:
    bottom, step = y + PANEL - BOTTOM, (width - 24) / max(1, len(colours))
    yield f"<text x='{x + width / 2:.1f}' y='{bottom + 18}' text-anchor='middle'>{escape(mix)}</text>"
    for number, (split, colour) in enumerate(colours.items()):
        rates = row[split].rates if split in row else None
        if not rates or not rates.values:
            continue
        left, middle = x + 15 + step * number, x + 12 + step * (number + 0.5)
        values = (rates.median, min(rates.values), max(rates.values))
        top, low, high = (bottom - value / most * _height() for value in values)
        tall = bottom - top
        yield f"<rect x='{left:.1f}' y='{top:.1f}' width='{step - 6:.1f}' height='{tall:.1f}' fill='{colour}'/>"
        yield f"<line x1='{middle:.1f}' x2='{middle:.1f}' y1='{low:.1f}' y2='{high:.1f}' stroke='#111827'/>"
        yield (
            f"<text x='{middle:.1f}' y='{min(top, high) - 4:.1f}' text-anchor='middle' font-size='10'>"
            f"{rates.median:,.0f}</text>"
        )


def _height() -> int:
    """Of a full bar."""
    return PANEL - BOTTOM - 34


if __name__ == "__main__":
    sys.exit(main())
