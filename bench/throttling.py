"""How long processes wait for cpu they have not used: with GOMAXPROCS as planned, and as Go sets it by itself.

Go takes two threads at the least, and on two threads a small quota can be used up in the first milliseconds of a period
of 100 ms: then the process stands still for the rest of it, though it uses a part of its quota only. The same stack
runs with GOMAXPROCS and without, in turn, under one rate, and completes a block every half a minute; every run is added
to bench/data/throttling.jsonl.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from bench.arguments import a_count, a_number, a_split, a_total, ended_with_a_line
from bench.planes import Deadline, Stack, end_on_signals, need_limits
from bench.records import DATA, Record, append, of_this_machine, read
from bench.splits import OURS, Split, Total
from bench.throttling_report import GOS_OWN, PLANNED, markdown
from bench.watching import Watch
from sandbox.errors import SandboxError
from sandbox.load import LIGHT, SMALL, Pushing, queries

FILE = DATA / "throttling.jsonl"
VARIABLE = "GOMAXPROCS"
WARM_UP_SECONDS = 5.0
BLOCK_SECONDS = 30  # so that a run has its bursts: when ingesters complete a block
QUERIES_PER_SECOND = 0.5
START_SECONDS = 40.0

Object = Mapping[str, Any]


def main() -> int:
    """Measures the rounds that are asked for, and prints what there is of this load."""
    arguments = _parser().parse_args()
    planned = Stack.of_split(arguments.split, arguments.total, BLOCK_SECONDS)
    stacks = {PLANNED: planned, GOS_OWN: Stack(tuple(without_variable(VARIABLE, planned.objects)))}
    if not arguments.report:
        need_limits()
        end_on_signals()
        try:
            measure(stacks, arguments)
        except KeyboardInterrupt:
            print("interrupted; what was measured is kept", flush=True)
    known = [each for each in of_this_machine(read(FILE)) if load(arguments).items() <= each.items()]
    print(markdown([each for each in known if each["fingerprint"] == stacks[each["threads"]].fingerprint]))
    return 0


def load(arguments: argparse.Namespace) -> Record:
    """What runs must have in common to be compared."""
    return {
        "total": str(arguments.total),
        "split": str(arguments.split),
        "spans_per_second": arguments.spans_per_second,
        "wanted_seconds": arguments.seconds,
        "block_seconds": BLOCK_SECONDS,
    }


def measure(stacks: Mapping[str, Stack], arguments: argparse.Namespace) -> None:
    """Rounds on top of those that are there, one after the other first."""
    deadline = Deadline(arguments.minutes)
    first = max((each["round"] for each in read(FILE)), default=0) + 1
    for number in range(first, first + arguments.rounds):
        for threads in (PLANNED, GOS_OWN) if number % 2 else (GOS_OWN, PLANNED):
            if not deadline.allows(START_SECONDS + arguments.seconds):
                print("the time is over", flush=True)
                return
            print(f"round {number}, {VARIABLE} {threads}", flush=True)
            try:
                measured = run(stacks[threads], arguments)
            except SandboxError as error:
                print(f"  does not run: {error}", flush=True)
                continue
            append(FILE, {"round": number, "threads": threads, **load(arguments), **measured})


def run(stack: Stack, arguments: argparse.Namespace) -> Record:
    """One data plane under the rate, and what it used. Raises SandboxError where it does not start."""
    with stack.running() as tempo:
        _push(tempo.otlp_grpcs, arguments.spans_per_second, WARM_UP_SECONDS).wait()
        watch, began = Watch(tempo), time.monotonic()
        with _push(tempo.otlp_grpcs, arguments.spans_per_second, arguments.seconds) as pushing:
            queried = queries(tempo.query, arguments.seconds, per_second=QUERIES_PER_SECOND, searches=LIGHT)
            pushed = pushing.wait()
        seconds, seen = time.monotonic() - began, watch.done()
    return {
        "fingerprint": stack.fingerprint,
        "seconds": round(seconds, 1),
        "offered": pushed.offered,
        "acknowledged": pushed.acknowledged,
        "push_p50_seconds": round(pushed.latency_seconds(50), 4),
        "push_p95_seconds": round(pushed.latency_seconds(95), 4),
        "query_p95_seconds": round(queried.latency_seconds(95), 3),
        "query_failures": dict(queried.failures),
        "busy_processors": round(seen.busy, 2),
        "uses": {name: use.as_record() for name, use in seen.uses.items()},
    }


def _push(targets: list[str], spans_per_second: float, seconds: float) -> Pushing:
    return Pushing.start(targets, SMALL, spans_per_second=spans_per_second, seconds=seconds)


def without_variable(name: str, objects: Iterable[Object]) -> list[Object]:
    """Rendered objects whose containers have no such environment variable."""
    changed: list[dict[str, Any]] = [deepcopy(dict(item)) for item in objects]
    for item in changed:
        if item["kind"] in ("Deployment", "StatefulSet"):
            for container in item["spec"]["template"]["spec"]["containers"]:
                container["env"] = [each for each in container.get("env") or () if each["name"] != name]
    return [*changed]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=a_count, default=3, help="on top of those that are there")
    parser.add_argument("--minutes", type=a_number, default=15, help="no data plane is started that would take longer")
    parser.add_argument("--total", type=a_total, default=Total.parse("500m/1Gi"))
    parser.add_argument("--split", type=a_split, default=Split.parse(OURS))
    parser.add_argument("--spans-per-second", type=a_number, default=5000)
    parser.add_argument("--seconds", type=a_number, default=60, help="of each run")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    return parser


if __name__ == "__main__":
    sys.exit(ended_with_a_line(main))
