"""The best split that a search finds: what ours is measured against.

The best is the one that holds the highest rate under every load, one load after the other on one data plane: nobody who
chooses a split knows which of them is to come. Begins with ours, and moves cpu or memory to the components at their
limits from the others, those that use least of their own first, in larger and larger parts, and goes on from what holds
a rate that is better by BETTER; so to find a split no better takes one trial, and not a search for what it does hold.
Everything tried is added to bench/data/best-split.jsonl; what is there is not tried again, so a run goes on where the
last one stopped. The best is written as weights, for `python -m bench.budget --splits ours @FILE` with new rounds,
which sets both beside each other, in turn, for whole minutes: a single trial can be lucky.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import reduce

from allocation.tuning import coefficients as c
from bench.arguments import a_number, a_total, ended_with_a_line
from bench.budget import FILE as BUDGET
from bench.climb import Result, Used, climb, most
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
TIMES = 2  # that a rate has to hold: of some splits that are alike, one is lucky once
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
    search = Search.of(arguments)
    code = 0
    try:
        climb(search.evaluate, search.ours, search.first)
        end = "every move was tried"
    except TimeoutError:
        end = "the time was over before every move was tried"
    except KeyboardInterrupt:
        end = "it was interrupted"
    except SandboxError as error:  # not of a split, but of what measures it
        end, code = f"it ended with: {error}"[:300], 1
    print(end)
    good = held(search.known())
    if not good:
        print(f"ours was seen to hold no rate under {', '.join(search.what['mixes'])}", file=sys.stderr)
        return 1
    append(FILE, {**search.what, "end": end})
    best = max(good, key=lambda each: each["rate"])
    file = DATA / f"best-{str(arguments.total).replace('/', '-')}-{'-'.join(search.what['mixes'])}.json"
    weights = {name.replace("-", "_"): figures for name, figures in best["limits"].items()}
    file.write_text(json.dumps(weights) + "\n", encoding="utf-8")
    print(f"{best['rate']:,} spans/s with {weights}")
    print(f"python -m bench.budget {_new_rounds(arguments.total)} --splits ours @{file.relative_to(PROJECT)}")
    return code


@dataclass(frozen=True)
class Search:
    """One search: what its results have in common, and the time it has."""

    what: Record
    ours: Limits
    first: int  # spans per second
    loads: tuple[Load, ...]
    deadline: Deadline

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> "Search":
        """As asked for; the fingerprint is of any limits, so that it is the settings'."""
        ours = Stack.of_split(Split.parse(OURS), arguments.total)
        any_limits = Stack.of(limited(dict.fromkeys(CONTAINERS, (500, 2**29)))).with_blocks_of(arguments.block_seconds)
        mixes = [mix for mix in reversed(list(MIXES)) if mix in arguments.mixes]  # the heaviest ends most trials
        first = round(let_in(ours))
        what = {
            "total": str(arguments.total),
            "mixes": mixes,
            "block_seconds": arguments.block_seconds,
            "seconds": SECONDS,
            "warm_up": WARM_UP_A_MILLICORE,
            "fingerprint": any_limits.fingerprint,
            "ours": _as_json(ours.limits),
            "first": first,
        }
        loads = tuple(Load(arguments.total, mix, SMALL, arguments.block_seconds) for mix in mixes)
        return cls(what, ours.limits, first, loads, Deadline(arguments.minutes))

    def known(self) -> list[Record]:
        """What was tried before."""
        records = of_this_machine(read(FILE))
        return [each for each in records if "failed" in each and self.what.items() <= each.items()]

    def evaluate(self, limits: Limits, rate: int) -> Result:
        """Tries what is not known yet, and keeps what came of it. Raises TimeoutError where the time is over.

        A split holds a rate that it held TIMES, on as many data planes; what failed once does not. One whose own rate
        limit ends below the rate is not started. What says nothing of the split, since the machine itself was full or
        it did not start, is tried again, as often as that at most, and then by another run.
        """
        stack = Stack.of(limited({name.replace("-", "_"): both for name, both in limits.items()}))
        if round(let_in(stack)) < rate:
            return Result(False, {})
        same = {"limits": _as_json(limits), "rate": rate}
        said = [each for each in self.known() if same.items() <= each.items() and each["valid"]]
        tries = 0
        while len(said) < TIMES and not _failed(said) and tries < 2 * TIMES:
            if not self.deadline.allows(self.loads[0].ready_seconds + SECONDS * len(self.loads)):
                raise TimeoutError
            say(f"{rate:,} spans/s with {limits}")
            tried = try_all(stack.with_blocks_of(self.loads[0].block_seconds), self.loads, limits, rate)
            kept = append(FILE, {**self.what, **same, **vars(tried)})
            said += [kept] if tried.valid else []
            tries += 1
        return Result(_holds(said), reduce(most, (each["used"] for each in said), {}))


def _new_rounds(total: Total) -> str:
    """Options for three that no split has yet: ratios are made of what one run measures in one round."""
    first = 1 + max((each["round"] for each in of_this_machine(read(BUDGET)) if each["total"] == str(total)), default=0)
    return f"--totals {total} --first-round {first} --rounds {first + 2}"


def _failed(said: Sequence[Record]) -> bool:
    return any(each["failed"] is not None for each in said)


def _holds(said: Sequence[Record]) -> bool:
    return len(said) >= TIMES and not _failed(said)


def held(records: Sequence[Record]) -> list[Record]:
    """Those of splits that held their rate as often as they have to."""
    by_trial: dict[str, list[Record]] = {}
    for each in records:
        if each["valid"]:
            by_trial.setdefault(json.dumps([each["limits"], each["rate"]]), []).append(each)
    return [said[0] for said in by_trial.values() if _holds(said)]


def _as_json(limits: Limits) -> dict[str, list[int]]:
    return {name: list(both) for name, both in limits.items()}


@dataclass(frozen=True)
class Tried:
    """What came of a split at a rate: why it failed, and under which load; None where it held under all of them."""

    failed: str | None
    binding: str = ""  # what was nearest to its limit then
    used: Used = field(default_factory=dict)
    valid: bool = True  # it says something of the split


def try_all(stack: Stack, loads: Sequence[Load], limits: Limits, rate: float) -> Tried:
    """One load after the other until one fails; all of them ask for traces of the same block."""
    used: Used = dict.fromkeys(limits, (0.0, 0.0))
    with ExitStack() as running:
        try:
            tempo = running.enter_context(stack.running())
        except SandboxError as error:
            return Tried(f"does not run: {error}"[:300], valid=False)
        ids: Sequence[bytes] = ()
        for load in loads:
            plane = Plane(tempo, mix_on(load.mix, load.total.cpu_millicores), load.shape, say, ids)
            if not ids:
                plane.warm_up(load.warm_up_rate, load.warm_up_seconds)
                ids = plane.ids
            verdict = plane(rate, SECONDS)
            if plane.missing:
                return Tried(f"{load.mix}: {plane.missing[0]} did not come back", used=used)
            last = plane.trials[-1]
            used = most(used, used_shares(last, limits))
            if not verdict.held:
                return Tried(f"{load.mix}: {'; '.join(last.failures[:2])}", binding(last.uses), used, last.is_valid)
    return Tried(None, used=used)


def let_in(stack: Stack) -> float:
    """Spans per second, of the benchmarks' shape, for good; its burst bears 3 % more for as long as a trial takes."""
    return stack.intake.rate_bytes / wire_bytes(SMALL)


def used_shares(measured: Measured, limits: Limits) -> Used:
    """By component; waiting for cpu counts as using it.

    So does the part of the rate, as asked for, that a distributor's and an ingester's cpu each let in.
    """
    own = {component_of(name): use for name, use in measured.uses.items() if name != "minio"}
    found = {name: (max(use.cpu, use.throttled), use.memory) for name, use in own.items()}
    for name, bytes_per_millicore in LET_IN.items():
        cpu, memory = found[name]
        bytes_let_in = bytes_per_millicore * limits[name][0]
        found[name] = max(cpu, measured.rate * wire_bytes(SMALL) / bytes_let_in), memory
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--total", type=a_total, default=Total.parse("500m/1Gi"))
    parser.add_argument("--mixes", choices=MIXES, nargs="+", default=list(MIXES))
    parser.add_argument("--minutes", type=a_number, default=60, help="nothing is started that would take longer")
    parser.add_argument("--block-seconds", type=int, default=60, help="how often blocks are cut and flushed")
    return parser


if __name__ == "__main__":
    sys.exit(ended_with_a_line(main))
