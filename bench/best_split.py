"""The best split that a search finds: what ours is measured against.

Begins with ours, and moves cpu or memory from the component that uses least of its own to those at their limits, in
smaller and smaller parts, for as long as the rate that holds grows. Everything tried is added to
bench/data/best-split.jsonl, and a run goes on from the best there is. The best is written as weights, for
`python -m bench.budget --splits ours @FILE`, which sets both beside each other, in turn, for whole minutes.
"""

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from allocation.floors import TEMPO, floor_of
from allocation.sharing import Claim, share
from allocation.tuning import coefficients as c
from bench.arguments import a_number, a_total, ended_with_a_line
from bench.held import WARM_UP_A_MILLICORE, Load, held
from bench.mixes import MIXES
from bench.planes import Deadline, Limits, Stack, end_on_signals, need_limits
from bench.records import DATA, PROJECT, Record, append, of_this_machine, read
from bench.search import Effort
from bench.splits import CONTAINERS, OURS, Split, Total, limited
from bench.trials import Measured
from bench.watching import component_of
from sandbox.load import SMALL

FILE = DATA / "best-split.jsonl"
PARTS = (0.4, 0.2, 0.1)  # of what the giver has
BETTER = 1.05  # less is noise
BUSY = 0.6  # of a limit: below, nobody is given more of it
# Whole minutes alone, and finer than what counts as better: steps of seconds are borne by the burst that is let in.
EFFORT = Effort(step_seconds=60, factor=1.06, precision=1.04, most_steps=7)
FIRST_OF_BEST = (0.94, 1.0)  # anew for every split: those that began alike would be found to hold the same
FIRST_PART = 0.8  # of what ours lets in
LET_IN = {  # bytes a second for each millicore, docs/tuning.md
    "distributor": c.DISTRIBUTOR_BYTES_PER_MILLICORE,
    "ingester": c.INGESTER_INTAKE_BYTES_PER_MILLICORE,
}


@dataclass(frozen=True)
class Result:
    """What a split held, and how much of its limits each component used: (cpu, memory), in shares."""

    rate: float
    used: Mapping[str, tuple[float, float]]


Evaluate = Callable[[Limits, float], Result]  # (limits, rate to begin with)


def main() -> int:
    """Searches, and writes the best as weights."""
    arguments = _parser().parse_args()
    need_limits()
    end_on_signals()
    deadline, known = Deadline(arguments.minutes), _known(arguments)
    ours = Stack.of_split(Split.parse(OURS), arguments.total)
    start = max(known, key=lambda r: r["rate"])["limits"] if known else ours.limits
    evaluate = evaluator(arguments)
    best = {name: (int(cpu), int(memory)) for name, (cpu, memory) in start.items()}
    try:
        best, result = climb(evaluate, best, _first_rate(ours), _allows(deadline, _loads(arguments)))
        print(f"best: {result.rate:,.0f} spans/s with {best}")
    except KeyboardInterrupt:
        known = _known(arguments)
        best = max(known, key=lambda r: r["rate"])["limits"] if known else best
        print("interrupted; what was tried is kept")
    file = DATA / f"best-{str(arguments.total).replace('/', '-')}-{'-'.join(arguments.mixes)}.json"
    weights = {name.replace("-", "_"): figures for name, figures in best.items()}
    file.write_text(json.dumps(weights) + "\n", encoding="utf-8")
    print(f"python -m bench.budget --totals {arguments.total} --splits ours @{file.relative_to(PROJECT)}")
    return 0


def climb(evaluate: Evaluate, start: Limits, first_rate: float, allows: Callable[[], bool]) -> tuple[Limits, Result]:
    """The best limits found from `start`, by moves that each make the rate better, while `allows` says so."""
    best, result = start, evaluate(start, first_rate)
    for part in PARTS:
        moved = True
        while moved:
            moved = False
            for limits in transfers(best, result.used, part):
                if not allows():
                    return best, result
                tried = evaluate(limits, random.uniform(*FIRST_OF_BEST) * result.rate or first_rate / 4)
                if tried.rate > BETTER * result.rate:
                    best, result, moved = limits, tried, True
                    break
    return best, result


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
    """Runs a split, and keeps what it held; under several mixes the geometric mean counts."""

    what, loads = _what(arguments), _loads(arguments)

    def evaluate(limits: Limits, first_rate: float) -> Result:
        stack = Stack.of(limited({name.replace("-", "_"): both for name, both in limits.items()}))
        stack = stack.with_blocks_of(arguments.block_seconds)
        print(f"{limits}", flush=True)
        rates, last, all_used = [], None, dict.fromkeys(limits, (1.0, 1.0))
        for load in loads:
            if not (result := held(stack, load, first_rate, EFFORT)):
                return Result(0.0, all_used)  # not known, so not kept: a climb goes elsewhere
            if not result.plane:
                break
            rates.append(result.found.rate)
            last = max((t for t in result.plane.trials if t.verdict.held), key=lambda t: t.rate, default=last)
        rate = prod(rates) ** (1 / len(rates)) if len(rates) == len(loads) else 0.0
        used = used_shares(last, limits) if last else all_used
        append(FILE, {**what, "limits": limits, "rate": rate, "used": used})
        return Result(rate, used)

    return evaluate


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


def _what(arguments: argparse.Namespace) -> Record:
    """What results must have in common; the fingerprint is of any limits, so that it is the settings'."""
    any_limits = Stack.of(limited(dict.fromkeys(CONTAINERS, (500, 2**29)))).with_blocks_of(arguments.block_seconds)
    return {
        "total": str(arguments.total),
        "mixes": list(arguments.mixes),
        "block_seconds": arguments.block_seconds,
        "precision": EFFORT.precision,
        "warm_up": WARM_UP_A_MILLICORE,
        "fingerprint": any_limits.fingerprint,
    }


def _known(arguments: argparse.Namespace) -> list[Record]:
    what = _what(arguments)
    return [each for each in of_this_machine(read(FILE)) if what.items() <= each.items()]


def _first_rate(ours: Stack) -> float:
    return FIRST_PART * ours.intake.rate_bytes / SMALL.span_bytes


def _loads(arguments: argparse.Namespace) -> list[Load]:
    return [Load(arguments.total, mix, SMALL, arguments.block_seconds) for mix in arguments.mixes]


def _allows(deadline: Deadline, loads: Sequence[Load]) -> Callable[[], bool]:
    return lambda: deadline.allows(sum(load.usual_seconds(EFFORT) for load in loads))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--total", type=a_total, default=Total.parse("500m/1Gi"))
    parser.add_argument("--mixes", choices=MIXES, nargs="+", default=["balanced"])
    parser.add_argument("--minutes", type=a_number, default=20, help="nothing is started that would take longer")
    parser.add_argument("--block-seconds", type=int, default=60, help="how often blocks are cut and flushed")
    return parser


if __name__ == "__main__":
    sys.exit(ended_with_a_line(main))
