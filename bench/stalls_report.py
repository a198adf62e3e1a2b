"""What pushes and processes do while an ingester completes a block, for `bench.stalls` and docs/tuning.md."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median

from bench.records import Record, like_the_last
from bench.summary import NOTHING
from bench.throttling_report import WAITED
from bench.watching import component_of
from ops.markdown import LEFT, table_text

SHOWN = ("ingester", "distributor")  # components
HEADINGS = ("", "while a block is completed", "otherwise")


def newest(records: Iterable[Record]) -> list[Record]:
    """The minutes of the machine, version, stack and load that were watched last."""
    every = list(records)
    alike = ("hardware", "tempo", "total", "split", "mix", "rate", "block_seconds", "fingerprint")
    return like_the_last(every, alike) if every else []


def markdown(records: Sequence[Record]) -> str:
    """Medians over the seconds of all minutes, and of the longest waits the longest."""
    if not records:
        return NOTHING
    last = records[-1]
    caption = (
        f"{last['total']}, `{last['split']}`, {last['rate']:,.0f} spans/s and the queries of `{last['mix']}`, a block "
        f"every {last['block_seconds']} s, {len(records)} minutes, of medians the median over their seconds; "
        f"{_refused(records)}. Measured on {last['hardware']}, Tempo {last['tempo']}, {last['time'][:10]}."
    )
    return f"{table_text([(heading, LEFT) for heading in HEADINGS], _rows(records))}\n\n{caption}"


def _rows(records: Sequence[Record]) -> Iterator[list[str]]:
    counts = [[len(each["completing"]), len(each["median"]) - len(each["completing"])] for each in records]
    yield ["seconds of each minute", *(", ".join(str(count[part]) for count in counts) for part in (0, 1))]
    for component in SHOWN:
        limit = records[-1]["limits"][component][0]
        used = _of_process(component, "cpu_millicores")
        yield [f"{component}: cpu, of {limit}m", *_both(records, used, lambda each: f"{median(each):.0f}m")]
        waited = _of_process(component, "throttled")
        yield [
            WAITED,
            *_both(records, waited, lambda each: f"{sum(each) / len(each):.0%}"),
        ]
    yield [
        "a push is answered after, median",
        *_both(records, lambda each: each["median"], lambda each: f"{median(each):.3f} s"),
    ]
    yield ["the longest", *_both(records, lambda each: each["longest"], lambda each: f"{max(each):.1f} s")]


def _of_process(component: str, figure: str) -> Callable[[Record], Sequence[float]]:
    """The first of its processes: what is watched has one of each."""
    return lambda record: next(uses[figure] for name, uses in record["uses"].items() if component_of(name) == component)


def _both(
    records: Sequence[Record], figures: Callable[[Record], Sequence[float]], said: Callable[[Sequence[float]], str]
) -> Iterator[str]:
    for wanted in (True, False):
        found = [
            figure
            for record in records
            for second, figure in enumerate(figures(record))
            if (second in record["completing"]) == wanted
        ]
        yield said(found) if found else ""


def _refused(records: Sequence[Record]) -> str:
    codes: Counter[str] = Counter()
    for record in records:
        codes.update(record["refusals"])
    return "refused: " + (", ".join(f"{count:,} spans {code}" for code, count in codes.items()) or "nothing")
