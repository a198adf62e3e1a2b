"""What runs with the plan's GOMAXPROCS and with Go's own say together, for `bench.throttling` and docs/measured.md."""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import getitem
from statistics import median
from typing import Any

from bench.records import Record, of_last_stacks
from bench.summary import NOTHING, between
from ops.markdown import LEFT, table_text

PLANNED, GOS_OWN = "as planned", "Go's own"
THREADS = (PLANNED, GOS_OWN)
WAITED = "its scheduler periods in which it had to wait"
LATENCIES = {"push_p50": "p50 of pushes", "push_p95": "p95 of pushes", "query_p95": "p95 of queries"}


def newest(records: Iterable[Record]) -> list[Record]:
    """Of the machine, version and load measured last, and of both stacks as they were measured last."""
    return of_last_stacks(records, "threads", ("total", "split", "spans_per_second", "wanted_seconds", "block_seconds"))


def markdown(records: Sequence[Record]) -> str:
    """Of each figure the median of the rounds, with the least and the most.

    Periods that were throttled, and not the seconds: the kernel adds those up over processors, on which two threads
    wait at once, so that they say nothing of one thread beside two.
    """
    if not records:
        return NOTHING
    columns = [(heading, LEFT) for heading in ("", *THREADS)]
    last = records[-1]
    caption = (
        f"{last['total']}, {last['spans_per_second']:,.0f} spans/s for {last['wanted_seconds']:.0f} s, a block every "
        f"{last['block_seconds']} s, {len({each['round'] for each in records})} rounds: median (least–most). "
        f"Measured on {last['hardware']}, Tempo {last['tempo']}, {last['time'][:10]}."
    )
    return f"{table_text(columns, _rows(records))}\n\n{caption}"


def _rows(records: Sequence[Record]) -> Iterator[list[str]]:
    for name, use in records[-1]["uses"].items():
        if name != "minio" and (limit := use["cpu_limit_millicores"]):
            yield _row(f"{name}: cpu, of {limit}m", records, ("uses", name, "cpu_millicores"), ".0f", "m")
            yield _row(WAITED, records, ("uses", name, "throttled"), ".1f", " %", times=100)
    for key, said in LATENCIES.items():
        yield _row(said, records, (f"{key}_seconds",), ".0f", " ms", times=1000)


def _row(name: str, records: Sequence[Record], path: Sequence[str], form: str, unit: str, times: int = 1) -> list[str]:
    shown = [name]
    for threads in THREADS:
        found: list[Any] = [reduce(getitem, path, each) for each in records if each["threads"] == threads]
        values = [times * each for each in found]
        shown.append(f"{format(median(values), form)}{unit} ({between(values, form)})" if values else "")
    return shown
