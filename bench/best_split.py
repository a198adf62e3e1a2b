"""The best split that a search finds: what ours is measured against.

The best is the one that holds the highest rate under every load, one load after the other on one data plane: nobody who
chooses a split knows which of them is to come. Begins with ours, and moves cpu or memory from the component that uses
least of its own to those at their limits, in smaller and smaller parts, and goes on from what holds a rate that is
better by BETTER; so to find a split no better takes one trial, and not a search for what it does hold. Everything tried
is added to bench/data/best-split.jsonl, and a run goes on from the best there is. The best is written as weights, for
`python -m bench.budget --splits ours @FILE`, which sets both beside each other, in turn, for whole minutes.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from allocation.floors import TEMPO, floor_of
from allocation.sharing import Claim, share
from allocation.tuning import coefficients as c
from bench.arguments import a_number, a_total, ended_with_a_line
from bench.held import WARM_UP_A_MILLICORE, Load
from bench.mixes import MIXES, mix_on
from bench.planes import Deadline, Limits, Stack, end_on_signals, need_limits
from bench.records import DATA, PROJECT, Record, append, of_this_machine, read
from bench.splits import CONTAINERS, OURS, Split, Total, limited
from bench.trials import Measured, Plane, say
from bench.watching import component_of
from sandbox.errors import SandboxError
from sandbox.load import SMALL

FILE = DATA / "best-split.jsonl"
PARTS = (0.4, 0.2, 0.1)  # of what the giver has
BETTER = 1.05  # less is noise
BUSY = 0.6  # of a limit: below, nobody is given more of it
SECONDS = 60.0  # trials of seconds are borne by the burst that is let in
FIRST_PART = 0.9  # of what ours lets in
LOWEST_PART = 0.5  # of that: what holds less is nowhere to begin
LET_IN = {  # bytes a second for each millicore, docs/tuning.md
    "distributor": c.DISTRIBUTOR_BYTES_PER_MILLICORE,
    "ingester": c.INGESTER_INTAKE_BYTES_PER_MILLICORE,
}

Used = Mapping[str, tuple[float, float]]  # by component: cpu and memory, in shares of its limits


@dataclass(frozen=True)
class Result:
    """Whether a split held a rate under every load, and how much of its limits each component used at the most."""

    held: bool
    used: Used


Evaluate = Callable[[Limits, float], Result]  # (limits, rate)


@dataclass(frozen=True)
class Best:
    """A split, and the highest rate that it was seen to hold under every load."""

    limits: Limits
    rate: float
    used: Used


def main() -> int:
    """Searches, and writes the best as weights."""
    arguments = _parser().parse_args()
    need_limits()
    end_on_signals()
    deadline = Deadline(arguments.minutes)
    ours = Stack.of_split(Split.parse(OURS), arguments.total)
    evaluate = evaluator(arguments)

    def allows() -> bool:
        return deadline.allows(_usual_seconds(arguments))

    try:
        begun = best_of(_known(arguments)) or beginning(evaluate, ours.limits, FIRST_PART * let_in(ours), allows)
        best = begun and climb(evaluate, begun, _failed(_known(arguments)), allows)
    except KeyboardInterrupt:
        print("interrupted; what was tried is kept")
        best = best_of(_known(arguments))
    if not best:
        print("no split held a rate under every load", file=sys.stderr)
        return 1
    print(f"best: {best.rate:,.0f} spans/s with {best.limits}")
    file = DATA / f"best-{str(arguments.total).replace('/', '-')}-{'-'.join(arguments.mixes)}.json"
    weights = {name.replace("-", "_"): figures for name, figures in best.limits.items()}
    file.write_text(json.dumps(weights) + "\n", encoding="utf-8")
    print(f"python -m bench.budget --totals {arguments.total} --splits ours @{file.relative_to(PROJECT)}")
    return 0


def beginning(evaluate: Evaluate, limits: Limits, rate: float, allows: Callable[[], bool]) -> Best | None:
    """What a split holds, to BETTER: down from `rate` until it holds one, or up until it does not."""
    best, lowest = None, LOWEST_PART * rate
    while rate >= lowest and allows():
        result = evaluate(limits, rate)
        if result.held:
            best = Best(limits, rate, result.used)
        elif best:
            break
        rate *= BETTER if best else 1 / BETTER
    return best


def climb(evaluate: Evaluate, best: Best, failed: Sequence[Best], allows: Callable[[], bool]) -> Best:
    """The best found by moves that each hold a better rate, while `allows` says so.

    What is among those that `failed` a rate as low is not tried again.
    """
    for part in PARTS:
        moved = True
        while moved:
            moved = False
            for limits in transfers(best.limits, best.used, part):
                rate = BETTER * best.rate
                if any(each.limits == limits and each.rate <= rate for each in failed):
                    continue
                if not allows():
                    return best
                result = evaluate(limits, rate)
                if result.held:
                    best, moved = Best(limits, rate, result.used), True
                    break
    return best


def transfers(limits: Limits, used: Mapping[str, tuple[float, float]], part: float) -> Iterator[Limits]:
    """Limits with a part of one component's moved to others, the most promising first; their sum stays.

    Cpu, then memory: the two that use least of theirs give, the two that use most take, both together where both are
    busy: of two that end at the same rate, more for one of them is worth nothing.
    """
    for resource in (0, 1):
        order = sorted(limits, key=lambda name: used[name][resource])
        busy = [name for name in reversed(order[-2:]) if used[name][resource] >= BUSY]
        for takers in ([busy] if len(busy) > 1 else []) + [[name] for name in busy]:
            for giver in order[:2]:
                amount = int(part * limits[giver][resource])
                enough = limits[giver][resource] - amount >= least(giver, resource)
                if giver not in takers and amount and enough:
                    yield _moved(limits, giver, takers, resource, amount)


def least(component: str, resource: int) -> int:
    """What nobody gives below: the floors that hold for weights as well, which the best are written as."""
    return floor_of(component, TEMPO, "limits", ("cpu", "memory")[resource])


def _moved(limits: Limits, giver: str, takers: Sequence[str], resource: int, amount: int) -> Limits:
    """Shared by the takers as what they have is."""
    changed = {name: list(figures) for name, figures in limits.items()}
    changed[giver][resource] -= amount
    claims = [Claim(Fraction(limits[name][resource]), 0, replicas=1) for name in takers]
    for name, own in zip(takers, share(amount, claims), strict=True):
        changed[name][resource] += own
    return {name: (cpu, memory) for name, (cpu, memory) in changed.items()}


def evaluator(arguments: argparse.Namespace) -> Evaluate:
    """Puts a split under one load after the other until one fails, on one data plane, and keeps what came of it.

    A split that lets in less than the rate is not started: by its own rule it cannot hold it.
    """
    what = _what(arguments)

    def evaluate(limits: Limits, rate: float) -> Result:
        stack = Stack.of(limited({name.replace("-", "_"): both for name, both in limits.items()}))
        if (most := let_in(stack)) < rate:
            say(f"lets in {most:,.0f} spans/s: {limits}")
            return Result(False, {})
        say(f"{rate:,.0f} spans/s with {limits}")
        try:
            used, failed = tried(stack.with_blocks_of(arguments.block_seconds), _loads(arguments), limits, rate)
        except SandboxError as error:
            used, failed = {}, f"does not run: {error}"[:300]
        append(FILE, {**what, "limits": limits, "rate": round(rate, 1), "failed": failed, "used": used})
        return Result(failed is None, used)

    return evaluate


def tried(stack: Stack, loads: Sequence[Load], limits: Limits, rate: float) -> tuple[Used, str | None]:
    """What was used at the most, and the load that failed with its reason; None where all held."""
    used: dict[str, tuple[float, float]] = dict.fromkeys(limits, (0.0, 0.0))
    with stack.running() as tempo:
        ids: Sequence[bytes] = ()
        for load in loads:
            plane = Plane(tempo, mix_on(load.mix, load.total.cpu_millicores), load.shape, say, ids)
            if not ids:
                plane.warm_up(load.warm_up_rate, load.warm_up_seconds)
                ids = plane.ids
            verdict = plane(rate, SECONDS)
            for name, shares in used_shares(plane.trials[-1], limits).items() if plane.trials else ():
                used[name] = max(used[name][0], shares[0]), max(used[name][1], shares[1])
            if not verdict.held:
                return used, f"{load.mix}: {verdict.reason}"
    return used, None


def let_in(stack: Stack) -> float:
    """Spans per second of the benchmarks' shape that its distributor takes."""
    return stack.intake.rate_bytes / SMALL.span_bytes


def used_shares(measured: Measured, limits: Limits) -> dict[str, tuple[float, float]]:
    """By component; waiting for cpu counts as using it.

    So does the part that was held of the rate that a distributor's and an ingester's cpu each let in.
    """
    own = {component_of(name): use for name, use in measured.uses.items() if name != "minio"}
    found = {name: (max(use.cpu, use.throttled), use.memory) for name, use in own.items()}
    for name, bytes_per_millicore in LET_IN.items():
        cpu, memory = found[name]
        let_in = bytes_per_millicore * limits[name][0]
        found[name] = max(cpu, measured.rate * SMALL.span_bytes / let_in), memory
    return found


def best_of(records: Sequence[Record]) -> Best | None:
    """What held the highest rate."""
    held = [each for each in records if each["failed"] is None]
    return _as_best(max(held, key=lambda each: each["rate"])) if held else None


def _failed(records: Sequence[Record]) -> list[Best]:
    return [_as_best(each) for each in records if each["failed"] is not None]


def _as_best(record: Record) -> Best:
    """Pairs, that JSON has as lists."""
    limits = {name: (int(cpu), int(memory)) for name, (cpu, memory) in record["limits"].items()}
    return Best(limits, record["rate"], {name: (cpu, memory) for name, (cpu, memory) in record["used"].items()})


def _what(arguments: argparse.Namespace) -> Record:
    """What results must have in common; the fingerprint is of any limits, so that it is the settings'."""
    any_limits = Stack.of(limited(dict.fromkeys(CONTAINERS, (500, 2**29)))).with_blocks_of(arguments.block_seconds)
    return {
        "total": str(arguments.total),
        "mixes": list(arguments.mixes),
        "block_seconds": arguments.block_seconds,
        "seconds": SECONDS,
        "warm_up": WARM_UP_A_MILLICORE,
        "fingerprint": any_limits.fingerprint,
    }


def _known(arguments: argparse.Namespace) -> list[Record]:
    what = _what(arguments)
    return [each for each in of_this_machine(read(FILE)) if what.items() <= each.items()]


def _loads(arguments: argparse.Namespace) -> list[Load]:
    return [Load(arguments.total, mix, SMALL, arguments.block_seconds) for mix in arguments.mixes]


def _usual_seconds(arguments: argparse.Namespace) -> float:
    """About what a trial of one split takes, that holds under every load."""
    loads = _loads(arguments)
    return loads[0].ready_seconds + SECONDS * len(loads)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--total", type=a_total, default=Total.parse("500m/1Gi"))
    parser.add_argument("--mixes", choices=MIXES, nargs="+", default=list(MIXES)[::-1], help="in that order")
    parser.add_argument("--minutes", type=a_number, default=60, help="nothing is started that would take longer")
    parser.add_argument("--block-seconds", type=int, default=60, help="how often blocks are cut and flushed")
    return parser


if __name__ == "__main__":
    sys.exit(ended_with_a_line(main))
