"""When pushes are answered late, and what distributor and ingester do meanwhile, second by second.

An ingester completes a block in a burst that no figure over a minute shows. One stack is under one rate, and nothing
ends a minute here, whatever is late or refused; senders wait longer than elsewhere, so that what comes late is seen.
Every minute is added to bench/data/stalls.jsonl.
"""

import argparse
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import Any

from bench.arguments import a_count, a_number, a_split, a_total, ended_with_a_line
from bench.held import Load
from bench.mixes import MIXES, Mix, mix_on
from bench.planes import Stack, end_on_signals, need_limits
from bench.records import DATA, Record, append, of_this_machine, read
from bench.splits import OURS, Split, Total
from bench.stalls_report import SHOWN, markdown
from bench.trials import Plane, say
from bench.watching import throttled_between
from sandbox.load import SMALL, Pushing, Shape, queries
from sandbox.load.answers import OK, Answer
from sandbox.tempo_processes import Tempo

FILE = DATA / "stalls.jsonl"
SECONDS = 60
SENDER_WAITS_SECONDS, QUERY_WAITS_SECONDS = 20.0, 10.0
_STEP = re.compile(r'ts=(\S+) .*msg="(completing block|block completed)"')


def main() -> int:
    """Watches as many minutes as asked for, of one data plane, and prints what there is of this load."""
    arguments = _parser().parse_args()
    stack = Stack.of_split(arguments.split, arguments.total, arguments.block_seconds)
    same = {
        "total": str(arguments.total),
        "split": str(arguments.split),
        "mix": arguments.mix,
        "rate": arguments.rate,
        "block_seconds": arguments.block_seconds,
        "fingerprint": stack.fingerprint,
    }
    if not arguments.report:
        need_limits()
        end_on_signals()
        try:
            watch(stack, Load(arguments.total, arguments.mix, SMALL, arguments.block_seconds), same, arguments.watched)
        except KeyboardInterrupt:
            print("interrupted; what was watched is kept", flush=True)
    print(markdown([each for each in of_this_machine(read(FILE)) if same.items() <= each.items()]))
    return 0


def watch(stack: Stack, load: Load, same: Record, minutes: int) -> None:
    """One data plane, and a line for each of its minutes after the first block."""
    with stack.running() as tempo:
        mix = mix_on(load.mix, load.total.cpu_millicores)
        plane = Plane(tempo, mix, load.shape, say)
        plane.warm_up(load.warm_up_rate, load.warm_up_seconds)
        for number in range(1, minutes + 1):
            record = minute(tempo, mix, load.shape, same["rate"], plane.ids)
            append(FILE, {**same, "limits": stack.limits, "minute": number, **record})
            say(f"minute {number}: pushes wait {max(record['longest']):.1f} s, {sum(record['refused'])} refused")


def minute(tempo: Tempo, mix: Mix, shape: Shape, rate: float, ids: Sequence[bytes]) -> Record:
    """What became of the pushes sent in each second, and what the processes used in it."""
    began = datetime.now(UTC)
    with (
        ThreadPoolExecutor(1) as threads,
        Pushing.start(
            tempo.otlp_grpcs, shape, spans_per_second=rate, seconds=SECONDS, timeout_seconds=SENDER_WAITS_SECONDS
        ) as pushing,
    ):
        asked = threads.submit(
            queries,
            tempo.query,
            SECONDS,
            per_second=mix.queries_per_second,
            by_id_from=ids if mix.by_id else (),
            searches=mix.searches,
            timeout_seconds=QUERY_WAITS_SECONDS,
        )
        uses = dict(_each_second(tempo))
        pushed, queried = pushing.wait(), asked.result()
    logs = [(tempo.folder / f"{name}.log").read_text("utf-8", "replace") for name in tempo.named("ingester")]
    return {
        **by_second(pushed.answers),
        "refusals": {code: count for (code, _), count in sorted(pushed.refusals.items())},
        "query_p95_seconds": round(queried.latency_seconds(95), 3),
        "completing": sorted({second for log in logs for second in completing(log, began)}),
        "uses": uses,
    }


def by_second(answers: Iterable[Answer]) -> Mapping[str, list[float]]:
    """Of the pushes sent in each second: seconds until an answer, the median and the longest, and how many failed."""
    sent: list[list[Answer]] = [[] for _ in range(SECONDS)]
    for answer in answers:
        sent[min(int(answer.sent_seconds), SECONDS - 1)].append(answer)
    waited = [[each.latency_seconds for each in second] or [0.0] for second in sent]
    return {
        "median": [round(median(each), 3) for each in waited],
        "longest": [round(max(each), 3) for each in waited],
        "refused": [sum(each.code != OK for each in second) for second in sent],
    }


def completing(log: str, began: datetime) -> Iterator[int]:
    """The seconds since then in which an ingester completes a block, by what it logs; one more than once maybe."""
    since: float | None = None
    for when, what in _STEP.findall(log):
        at = (datetime.fromisoformat(when) - began).total_seconds()
        if what == "completing block":
            since = at
        elif since is not None:
            yield from _seconds_between(since, at)
            since = None
    if since is not None:
        yield from _seconds_between(since, SECONDS)


def _seconds_between(first: float, last: float) -> range:
    return range(max(0, int(first)), min(SECONDS, int(last) + 1))


def _each_second(tempo: Tempo) -> Iterator[tuple[str, Mapping[str, list[Any]]]]:
    """By process: millicores, and the share of its periods in which it had to wait, for each second."""
    names = [name for component in SHOWN for name in tempo.named(component)]
    looks, began = [{name: tempo.usage(name) for name in names}], time.monotonic()
    for number in range(1, SECONDS + 1):
        time.sleep(max(0.0, began + number - time.monotonic()))
        looks.append({name: tempo.usage(name) for name in names})
    for name in names:
        pairs = [(before[name], after[name]) for before, after in pairwise(looks)]
        yield (
            name,
            {
                "cpu_millicores": [round(1000 * (b.cpu_seconds - a.cpu_seconds)) for a, b in pairs],
                "throttled": [round(throttled_between(a, b), 2) for a, b in pairs],
            },
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--watched", type=a_count, default=3, help="minutes")
    parser.add_argument("--total", type=a_total, default=Total.parse("500m/1Gi"))
    parser.add_argument("--split", type=a_split, default=Split.parse(OURS))
    parser.add_argument("--mix", choices=MIXES, default="query")
    parser.add_argument("--rate", type=a_number, default=5600, help="spans per second")
    parser.add_argument("--block-seconds", type=a_count, default=60, help="how often blocks are cut and flushed")
    parser.add_argument("--report", action="store_true", help="watch nothing")
    return parser


if __name__ == "__main__":
    sys.exit(ended_with_a_line(main))
