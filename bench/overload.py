"""Three times what our plan lets in, on our plan and on others' splits with their settings: reported as it comes out.

Each stack gets the same bytes a second in spans of small traces and of 10, 50 and 250 KiB, one after the other, with
heavy queries all the while, of what was there before (`filled`: whether queries find that). There is a block from
before, and in the middle of the second another is completed, to be merged and to be read by the queries (`blocks`: how
many were). Afterwards every acknowledged span is read back. Stacks alternate, round by round. Every overload is added
to bench/data/overload.jsonl; `--report` only prints.
"""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor

from bench.command import a_count, a_number, a_split, a_total, exit_code, parser_of, run
from bench.counting import block_counts
from bench.overload_report import ANSWERS_WITHIN_SECONDS, markdown, of_last_stack
from bench.planes import Deadline, Stack
from bench.records import DATA, Record, append, read
from bench.splits import OPERATOR, OURS, Split, Total
from sandbox.errors import SandboxError
from sandbox.load import FLUSHING, OVERLOAD, SIZES, SMALL, Intake, Overload, fill, flush, overload, read_back
from sandbox.tempo_processes import Tempo

FILE = DATA / "overload.jsonl"
FILL_SECONDS = 3.0
BACK_WITHIN_SECONDS = 30.0  # of whoever was killed, before the next load
READ_BACK_SECONDS = 40.0  # most of it until the last traces can be searched for
VISIT_SECONDS = 120.0  # about; one that loses spans is asked for them for longer


def main() -> int:
    """Measures the rounds that the arguments ask for, and prints the table of the stacks measured last."""
    arguments = _parser().parse_args()
    run(arguments, lambda: measure(arguments))
    print(markdown(of_last_stack(read(FILE), own_executables=arguments.own_executables)))
    return 0


def measure(arguments: argparse.Namespace) -> None:
    """Rounds on top of those that are there, the stacks the other way round each time."""
    total: Total = arguments.total
    splits: list[Split] = arguments.splits
    deadline = Deadline(arguments.minutes)
    stacks = {split: Stack.of_split(split, total).with_blocks_searched() for split in splits}
    let_in = Stack.of_split(Split.parse(OURS), total).intake
    first = max((each["round"] for each in read(FILE)), default=0) + 1
    for number in range(first, first + arguments.rounds):
        if not deadline.allows(VISIT_SECONDS * len(splits)):
            print(f"the time is over: {deadline.left_seconds():.0f} s are too few for another round", flush=True)
            return
        for split in splits if number % 2 else reversed(splits):
            print(f"round {number}, {split} of {total}", flush=True)
            start = {
                "round": number,
                "total": str(total),
                "split": str(split),
                "own_executables": arguments.own_executables,
                "bytes_per_second": OVERLOAD * let_in.rate_bytes,
                "fingerprint": stacks[split].fingerprint,
            }
            for record in visited(stacks[split], let_in, arguments):
                append(FILE, start | record)


def visited(stack: Stack, let_in: Intake, arguments: argparse.Namespace) -> list[Record]:
    """A record for each shape; of a stack that does not run, one that says so."""
    overloads: dict[str, Overload] = {}
    try:
        with stack.running(own_executables=arguments.own_executables) as tempo:
            filled = fill(tempo, SMALL, let_in.rate_bytes, FILL_SECONDS)
            flush(tempo)
            for name, shape in SIZES.items():
                overloads[name] = overload(
                    tempo,
                    shape,
                    OVERLOAD * let_in.rate_bytes,
                    arguments.seconds,
                    flushing=name == FLUSHING,
                    answers_within_seconds=ANSWERS_WITHIN_SECONDS,
                )
                print(f"  {name}: {overloads[name].pushed}", flush=True)
                _wait_for_who_was_killed(tempo)
            blocks = block_counts(tempo)
            with ThreadPoolExecutor(len(overloads)) as threads:
                lost = threads.map(lambda each: _lost(tempo, each), overloads.values())
            records = (_record(name, each, spans) for (name, each), spans in zip(overloads.items(), lost, strict=True))
            return [{"filled": filled, "blocks": blocks, **record} for record in records]
    except (SandboxError, OSError) as error:
        print(f"  does not run: {error}", flush=True)
        return [_record(name, each, None) for name, each in overloads.items()] + [{"shape": "-", "error": str(error)}]


def _lost(tempo: Tempo, each: Overload) -> int:
    return read_back(tempo, each.pushed, within_seconds=READ_BACK_SECONDS, concurrency=2).spans


def _wait_for_who_was_killed(tempo: Tempo) -> None:
    """As long as it takes, within reason: whoever is not back by then has the next load without."""
    serving = [name for name in tempo.instances if name not in tempo.named("compactor")]
    try:
        tempo.wait_ready(serving, within_seconds=BACK_WITHIN_SECONDS, through_restarts=True)
    except SandboxError as error:
        print(f"  {error}", flush=True)


def _record(name: str, each: Overload, lost: int | None) -> Record:
    """`lost`: of the acknowledged spans; None where nobody could be asked any more."""
    pushed = each.pushed
    return {
        "shape": name,
        "seconds": round(pushed.seconds, 1),
        "acknowledged": pushed.acknowledged,
        "acknowledged_bytes": pushed.acknowledged_bytes,
        "retryable": pushed.refused - pushed.not_retryable,
        "not_retryable": pushed.not_retryable,
        "refusals": {code: count for (code, _), count in sorted(pushed.refusals.items())},
        "late": pushed.late,
        "push_p95_seconds": round(pushed.latency_seconds(95), 3),
        "lost": lost,
        "oom_kills": dict(each.oom_kills),
        "restarts": dict(each.restarts),
        "heavy_queries": len(each.heavy.answers),
        "heavy_failures": dict(each.heavy.failures),
        "answers_after_seconds": None if each.answers_after_seconds is None else round(each.answers_after_seconds, 1),
    }


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__doc__, minutes=15)
    parser.add_argument("--rounds", type=a_count, default=3, help="on top of those that are there")
    parser.add_argument("--total", type=a_total, default=Total.parse("1/2Gi"))
    parser.add_argument("--splits", type=a_split, nargs="+", default=[Split.parse(OURS), Split.parse(OPERATOR)])
    parser.add_argument("--seconds", type=a_number, default=8, help="of each push")
    parser.add_argument("--own-executables", action="store_true", help="count their pages for each process")
    return parser


if __name__ == "__main__":
    sys.exit(exit_code(main))
