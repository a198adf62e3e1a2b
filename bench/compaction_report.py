"""What runs of many minutes say of compactors, for `bench.compaction` and docs/measured.md."""

from collections.abc import Iterable, Sequence
from statistics import mean

from bench.records import Record

QUARTER = 4  # of a run: its beginning and its end, whose queries are set beside each other


def newest(records: Iterable[Record]) -> list[list[Record]]:
    """By run, its minutes: of every split and total the last one, of the machine and version measured last."""
    every = list(records)
    runs: dict[tuple[str, str], list[Record]] = {}
    for each in every:
        if (each["hardware"], each["tempo"]) == (every[-1]["hardware"], every[-1]["tempo"]):
            key = each["total"], each["split"]
            same = key in runs and runs[key][-1]["run"] == each["run"]
            runs[key] = [*runs[key], each] if same else [each]
    return list(runs.values())


def markdown(runs: Sequence[Sequence[Record]]) -> str:
    """A row for each run."""
    if not runs:
        return "nothing measured yet"
    rows = [
        "| split | compactor's cpu | used | periods it waited in | blocks flushed | merged | blocks known at "
        "the end | queries' p95, first and last fourth |",
        "| --- | --: | --: | --: | --: | --: | --: | --- |",
    ]
    rows += [_row(minutes) for minutes in runs]
    last = runs[-1][-1]
    said = f"{last['total']}, {last['rate']:,.0f} spans/s, `balanced` queries, blocks of a minute"
    return "\n".join(
        [*rows, "", f"{said}. Measured on {last['hardware']}, Tempo {last['tempo']}, {last['time'][:10]}."]
    )


def _row(minutes: Sequence[Record]) -> str:
    uses = [each["uses"]["compactor-0"] for each in minutes]
    blocks = [each["blocks"] for each in minutes if each["blocks"]]
    part = max(1, len(minutes) // QUARTER)
    p95 = [mean(each["query_p95_seconds"] for each in some) for some in (minutes[:part], minutes[-part:])]
    cells = [
        f"{minutes[0]['split']}, {len(minutes)} min",
        f"{uses[0]['cpu_limit_millicores']}m",
        f"{mean(use['cpu_millicores'] for use in uses):.0f}m",
        f"{mean(use['throttled'] for use in uses):.0%}",
        str(sum(each["flushed"] for each in blocks)),
        str(sum(each["compacted"] for each in blocks)),
        str(minutes[-1]["known_blocks"]),
        f"{p95[0]:.2f} s, {p95[1]:.2f} s",
    ]
    return f"| {' | '.join(cells)} |"
