"""Figures that pages show, made from bench/data: docs/budget.svg, and what stands between markers in two pages.

The same data give the same bytes. `--check` writes nothing and fails where anything is not what the data say.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from xml.sax.saxutils import escape

from bench import overload_report
from bench.budget_report import Cell, Cells, Origin, by_origin, caption, cells, markdown, rates
from bench.held import alike
from bench.records import DATA, PROJECT, Record, read
from bench.splits import SPLITS_SAY
from sandbox.load import SMALL

SVG, README, PAGE = PROJECT / "docs/budget.svg", PROJECT / "README.md", PROJECT / "docs/measured.md"
# What the figure shows: small spans, whole minutes, and in each of them its part of flushing and compacting.
LOAD = alike(SMALL, block_seconds=60, confirm_seconds=60)

WIDTH, PANEL, TOP, BOTTOM, LEFT = 960, 250, 56, 34, 64
COLOURS = ("#2563eb", "#dc2626", "#d97706", "#6b7280", "#059669", "#7c3aed")
STYLE = "font-family='system-ui,sans-serif' font-size='12' fill='#1f2937'"


def main() -> int:
    """Writes the files; returns 1 where `--check` finds one different, or where nothing was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    records = read(DATA / "budget.jsonl")
    if not (shown := fullest(records, LOAD)):
        print("no measurement to show; make bench-budget", file=sys.stderr)
        return 1
    (hardware, tempo), table = shown
    about = caption(table, hardware, tempo)
    overloads = overload_report.newest(read(DATA / "overload.jsonl"))
    sections = {
        README: {"budget": f"{rates(table)}\n\n{about}", "overload": overload_report.sentence(overloads)},
        PAGE: {"rates": markdown(records, LOAD), "overload": overload_report.markdown(overloads)},
    }
    wanted = {SVG: svg(table, about)}
    for file, parts in sections.items():
        wanted[file] = file.read_text(encoding="utf-8")
        for name, content in parts.items():
            if (changed := with_section(wanted[file], name, content)) is None:
                lines = "\n".join(_markers(name))
                print(f"{file.name} has no section {name}; write these lines where it goes:\n{lines}", file=sys.stderr)
                return 1
            wanted[file] = changed
    stale = [file for file, text in wanted.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    for file in stale:
        print(f"{file.name} {'is not what the data say: make figure' if check else 'written'}")
        if not check:
            file.write_text(wanted[file], encoding="utf-8")
    return int(check and bool(stale))


def fullest(records: Iterable[Record], load: Record) -> tuple[Origin, Cells] | None:
    """The machine and version with the most splits under the most loads, the last of several; None without any.

    Weights of a file are nobody's split: they are on the page, and not in the figure.
    """
    own = [each for each in records if each["split"] in SPLITS_SAY]
    tables = {origin: cells(records, load) for origin, records in by_origin(own).items()}
    measured = [(origin, table) for origin, table in tables.items() if table]
    return max(reversed(measured), key=lambda found: sum(len(row) for row in found[1].values()), default=None)


def with_section(text: str, name: str, content: str) -> str | None:
    """`text` with that between the markers of that name; None where it has none."""
    begin, end = _markers(name)
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    return f"{before}{begin}\n{content}\n{end}{after}" if found and ended else None


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- {name}: made by `make figure` -->", f"<!-- /{name} -->"


def svg(table: Cells, about: str) -> str:
    """A row of panels for each total, a panel for each mix: a bar for each split, with the spread of its rounds.

    Of one machine and version; `about` says which, and is the picture's description.
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
