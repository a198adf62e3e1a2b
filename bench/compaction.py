"""Whether a compactor keeps up with what comes in: minutes of one load after the other, and the blocks in the bucket.

A minute's trial does not show it: blocks that nobody merges cost queries more only once there are many. The splits run
for as long, one after the other, with blocks of a minute and the load `balanced`, at a part of the rate that our plan
lets in; every minute is added to bench/data/compaction.jsonl. `--report` only prints.
"""

import argparse
import sys

from bench.arguments import a_count, a_split, a_total, ended_with_a_line
from bench.compaction_report import markdown, newest
from bench.counting import known_blocks
from bench.mixes import mix_on
from bench.overload import intake_of
from bench.planes import Deadline, Stack, end_on_signals, need_limits
from bench.records import DATA, append, of_this_machine, read
from bench.splits import OURS, Split, Total
from bench.trials import Plane
from sandbox.load import SMALL

FILE = DATA / "compaction.jsonl"
MIX, BLOCK_SECONDS, MINUTE = "balanced", 60, 60.0
PART = 0.8  # of what ours lets in: nobody runs at the limit for long
START_SECONDS = 120.0


def main() -> int:
    """Measures what is asked for, and prints what there is of this machine."""
    arguments = _parser().parse_args()
    if not arguments.report:
        need_limits()
        end_on_signals()
        try:
            measure(arguments)
        except KeyboardInterrupt:
            print("interrupted; what was measured is kept", flush=True)
    print(markdown(newest(of_this_machine(read(FILE)))))
    return 0


def measure(arguments: argparse.Namespace) -> None:
    """A run of every split, on top of those that are there. Raises SandboxError where one does not start."""
    total: Total = arguments.total
    let_in = intake_of(Stack.of_split(Split.parse(OURS), total).objects)
    rate, deadline = PART * let_in.rate_bytes / SMALL.span_bytes, Deadline(arguments.minutes)
    first = max((each["run"] for each in read(FILE)), default=0) + 1
    for number, split in enumerate(arguments.splits, first):
        if not deadline.allows(START_SECONDS + MINUTE * arguments.length):
            print(f"the time is over: {deadline.left_seconds():.0f} s are too few for another split", flush=True)
            return
        stack = Stack.of_split(split, total, BLOCK_SECONDS)
        print(f"{split} of {total}, {rate:,.0f} spans/s: {stack.limits}", flush=True)
        with stack.running() as tempo:
            plane = Plane(tempo, mix_on(MIX, total.cpu_millicores), SMALL, print)
            plane.warm_up(rate, BLOCK_SECONDS)
            for minute in range(1, arguments.length + 1):
                measured = plane.measure(rate, MINUTE)
                record = {
                    "run": number,
                    "minute": minute,
                    "total": str(total),
                    "split": str(split),
                    "fingerprint": stack.fingerprint,
                    "limits": stack.limits,
                    "known_blocks": known_blocks(tempo),
                    **measured.as_record(),
                }
                append(FILE, record)
                print(f"  {minute:2} min: {record['known_blocks']} blocks, {measured.verdict.reason}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--total", type=a_total, default=Total.parse("1/2Gi"))
    parser.add_argument("--splits", type=a_split, nargs="+", default=[Split.parse(OURS)])
    parser.add_argument("--length", type=a_count, default=15, help="of each run, in minutes")
    parser.add_argument("--minutes", type=float, default=60, help="no run is begun that would take longer")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    return parser


if __name__ == "__main__":
    sys.exit(ended_with_a_line(main))
