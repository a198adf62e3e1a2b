"""The best split that a search finds: what ours is measured against.

The best is the one that holds the highest rate under every load, one load after the other on one data plane: nobody who
chooses a split knows which of them is to come. Begins with ours, and moves cpu or memory from the components that use
least of their own to those at their limits, in larger and larger parts, and goes on from what holds a rate that is
better by BETTER; so to find a split no better takes one trial, and not a search for what it does hold. Everything tried
is added to bench/data/best-split.jsonl; what is there is not tried again, so a run goes on where the last one stopped.
The best is written as weights, for `python -m bench.budget --splits ours @FILE`, which sets both beside each other, in
turn, for whole minutes: a single trial can be lucky.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from allocation.tuning import coefficients as c
from bench.arguments import a_number, a_total, ended_with_a_line
from bench.climb import Evaluate, Result, Used, climb, most
from bench.held import WARM_UP_A_MILLICORE, Load
from bench.mixes import MIXES, mix_on
from bench.planes import Deadline, Limits, Stack, end_on_signals, need_limits
from bench.records import DATA, PROJECT, Record, append, of_this_machine, read
from bench.splits import CONTAINERS, OURS, Split, Total, limited
from bench.trials import Measured, Plane, say
from bench.watching import binding, component_of
from sandbox.errors import SandboxError
from sandbox.load import SMALL, wire_bytes

FILE = DATA / "best-split.jsonl"
SECONDS = 60.0  # trials of seconds are borne by the burst that is let in
LET_IN = {  # bytes a second for each millicore, docs/tuning.md
    "distributor": c.DISTRIBUTOR_BYTES_PER_MILLICORE,
    "ingester": c.INGESTER_INTAKE_BYTES_PER_MILLICORE,
}


def main() -> int:
    """Searches, and writes the best as weights."""
    arguments = _parser().parse_args()
    need_limits()
    end_on_signals()
    ours = Stack.of_split(Split.parse(OURS), arguments.total)
    best, end = None, "every move was tried"
    try:
        for best in climb(evaluator(arguments), ours.limits, int(let_in(ours))):
            say(f"holds {best.rate:,} spans/s: {best.limits}")
    except TimeoutError:
        end = "the time is over; another run goes on"
    except KeyboardInterrupt:
        end = "interrupted; another run goes on"
    print(end)
    if not best:
        print(f"ours was seen to hold no rate under {', '.join(_mixes(arguments))}", file=sys.stderr)
        return 1
    file = DATA / f"best-{str(arguments.total).replace('/', '-')}-{'-'.join(_mixes(arguments))}.json"
    weights = {name.replace("-", "_"): figures for name, figures in best.limits.items()}
    file.write_text(json.dumps(weights) + "\n", encoding="utf-8")
    print(f"python -m bench.budget --totals {arguments.total} --splits ours @{file.relative_to(PROJECT)}")
    return 0


def evaluator(arguments: argparse.Namespace) -> Evaluate:
    """Tries what is not known yet, and keeps what came of it. Raises TimeoutError where the time is over.

    A split whose own rate limit ends below the rate is not started. What failed while the machine itself was full says
    nothing of the split: it is kept, and tried again by another run.
    """
    what, loads, deadline = _what(arguments), _loads(arguments), Deadline(arguments.minutes)

    def evaluate(limits: Limits, rate: int) -> Result:
        for known in of_this_machine(read(FILE)):
            same = {**what, "limits": {name: list(both) for name, both in limits.items()}, "rate": rate}
            if same.items() <= known.items() and (known["valid"] or known["failed"] is None):
                return Result(known["failed"] is None, {name: (cpu, mem) for name, (cpu, mem) in known["used"].items()})
        stack = Stack.of(limited({name.replace("-", "_"): both for name, both in limits.items()}))
        if (passes := let_in(stack)) < rate:
            tried = Tried(f"lets in {passes:,.0f} spans/s", skipped=True)
        elif not deadline.allows(loads[0].ready_seconds + SECONDS * len(loads)):
            raise TimeoutError
        else:
            say(f"{rate:,} spans/s with {limits}")
            tried = try_all(stack.with_blocks_of(arguments.block_seconds), loads, limits, rate)
        append(FILE, {**what, "limits": limits, "rate": rate, **vars(tried)})
        return Result(tried.failed is None, tried.used)

    return evaluate


@dataclass(frozen=True)
class Tried:
    """What came of a split at a rate: why it failed, and under which load; None where it held under all of them."""

    failed: str | None
    binding: str = ""  # what was nearest to its limit then
    used: Used = field(default_factory=dict)
    valid: bool = True  # the machine had processors left
    skipped: bool = False  # not started


def try_all(stack: Stack, loads: Sequence[Load], limits: Limits, rate: float) -> Tried:
    """One load after the other until one fails; all of them ask for traces of the same block."""
    used: Used = dict.fromkeys(limits, (0.0, 0.0))
    with ExitStack() as running:
        try:
            tempo = running.enter_context(stack.running())
        except SandboxError as error:
            return Tried(f"does not run: {error}"[:300])
        ids: Sequence[bytes] = ()
        for load in loads:
            plane = Plane(tempo, mix_on(load.mix, load.total.cpu_millicores), load.shape, say, ids)
            if not ids:
                plane.warm_up(load.warm_up_rate, load.warm_up_seconds)
                ids = plane.ids
            held = plane(rate, SECONDS).held
            if plane.missing:
                return Tried(f"{load.mix}: {plane.missing[0]} did not come back", used=used)
            last = plane.trials[-1]
            used = most(used, used_shares(last, limits))
            if not held:
                return Tried(f"{load.mix}: {'; '.join(last.failures[:2])}", binding(last.uses), used, last.is_valid)
    return Tried(None, used=used)


def let_in(stack: Stack) -> float:
    """Spans per second, of the benchmarks' shape, for good; its burst bears 3 % more for as long as a trial takes."""
    return stack.intake.rate_bytes / wire_bytes(SMALL)


def used_shares(measured: Measured, limits: Limits) -> Used:
    """By component; waiting for cpu counts as using it.

    So does the part that was held of the rate that a distributor's and an ingester's cpu each let in.
    """
    own = {component_of(name): use for name, use in measured.uses.items() if name != "minio"}
    found = {name: (max(use.cpu, use.throttled), use.memory) for name, use in own.items()}
    for name, bytes_per_millicore in LET_IN.items():
        cpu, memory = found[name]
        let_in = bytes_per_millicore * limits[name][0]
        found[name] = max(cpu, measured.rate * wire_bytes(SMALL) / let_in), memory
    return found


def _what(arguments: argparse.Namespace) -> Record:
    """What results must have in common; the fingerprint is of any limits, so that it is the settings'."""
    any_limits = Stack.of(limited(dict.fromkeys(CONTAINERS, (500, 2**29)))).with_blocks_of(arguments.block_seconds)
    return {
        "total": str(arguments.total),
        "mixes": _mixes(arguments),
        "block_seconds": arguments.block_seconds,
        "seconds": SECONDS,
        "warm_up": WARM_UP_A_MILLICORE,
        "fingerprint": any_limits.fingerprint,
    }


def _mixes(arguments: argparse.Namespace) -> list[str]:
    """Those wanted, the heaviest first: it ends most trials."""
    return [mix for mix in reversed(list(MIXES)) if mix in arguments.mixes]


def _loads(arguments: argparse.Namespace) -> list[Load]:
    return [Load(arguments.total, mix, SMALL, arguments.block_seconds) for mix in _mixes(arguments)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--total", type=a_total, default=Total.parse("500m/1Gi"))
    parser.add_argument("--mixes", choices=MIXES, nargs="+", default=list(MIXES))
    parser.add_argument("--minutes", type=a_number, default=60, help="nothing is started that would take longer")
    parser.add_argument("--block-seconds", type=int, default=60, help="how often blocks are cut and flushed")
    return parser


if __name__ == "__main__":
    sys.exit(ended_with_a_line(main))
