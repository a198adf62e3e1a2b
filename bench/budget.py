"""How much a total carries, by how it is split: the highest ingest rate that holds, under three loads, for each split.

A rate holds when for a whole minute nothing is refused, dropped or OOM-killed and queries answer with a p95 below 1 s.
Real Tempo and MinIO, each process in a cgroup with the limits its container has; MinIO is not part of the total. Blocks
are cut, flushed and compacted every minute (`--block-seconds`), so that every trial that counts has its part of that.
Every search has a data plane of its own, and every rate found is added to bench/data/budget.jsonl; a run goes on where
the last one stopped, round by round, the splits in alternating order, until there are `--rounds` of each or `--minutes`
are over. Ratios are made only of what one run measured in one round; `--first-round` begins new rounds beside those
there are. `--report` only prints.
"""

import argparse
import random
import secrets
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from statistics import median
from typing import Any

from bench.budget_report import markdown
from bench.command import a_count, a_number, a_split, a_total, exit_code, parser_of, run
from bench.held import Held, Load, alike, held
from bench.planes import Deadline, Stack
from bench.records import DATA, Record, append, of_this_machine, read
from bench.search import Effort
from bench.splits import Split, Total
from bench.trials import LONG_SECONDS
from sandbox.load import Shape

FILE = DATA / "budget.jsonl"
TOTALS = ("500m/1Gi", "1/2Gi")
SPLITS = ("operator", "operator+plan", "production", "even", "ours")
FIRST_RATE_A_MILLICORE = 5.0  # spans per second, where nothing is known yet
FIRST_OF_KNOWN = 0.8  # of the median that earlier searches found, of any split
# Of the median that a split held itself, anew in every round: the rates of a search are a grid, and rounds that began
# on the same one would find the same rate of it again, and call that agreement.
FIRST_OF_ITS_OWN = (0.94, 1.02)
RUN = secrets.token_hex(4)  # this process, that measures side by side


@dataclass(frozen=True)
class Wanted:
    """Everything that a run was asked for."""

    totals: tuple[Total, ...]
    splits: tuple[Split, ...]
    mixes: tuple[str, ...]
    shape: Shape
    block_seconds: int
    effort: Effort
    rounds: range

    @property
    def load(self) -> Record:
        """What searches must have in common to be compared."""
        return alike(self.shape, self.block_seconds, self.effort.confirm_seconds)

    def under(self, visit: "Visit") -> Load:
        """What a visit's stack is put under."""
        return Load(visit.total, visit.mix, self.shape, self.block_seconds)


@dataclass(frozen=True)
class Visit:
    """A search that is wanted in a round: one split of a total, under one load."""

    round: int
    total: Total
    split: Split
    stack: Stack
    mix: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What it has in common with other rounds of it."""
        return self.mix, self.stack.fingerprint, str(self.split)


def main() -> int:
    """Measures what is missing, and prints the report."""
    parser = _parser()
    arguments = parser.parse_args()
    if arguments.confirm_seconds < LONG_SECONDS:
        parser.error(f"--confirm-seconds {arguments.confirm_seconds:g} are too few for queries; write {LONG_SECONDS:g}")
    if arguments.first_round > arguments.rounds:
        parser.error(f"--first-round {arguments.first_round} is after the last one; write as many --rounds or more")
    wanted = _wanted(arguments)
    run(arguments, lambda: measure(wanted, Deadline(arguments.minutes)))
    print(markdown(of_this_machine(read(FILE)), wanted.load))
    return 0


def measure(wanted: Wanted, deadline: Deadline) -> None:
    """Searches for what is missing, for as long as there is time."""
    stacks = {(t, s): Stack.of_split(s, t, wanted.block_seconds) for t in wanted.totals for s in wanted.splits}
    visits = list(missing(wanted, stacks, of_this_machine(read(FILE))))
    print(f"{len(visits)} searches are missing, about {_seconds(visits, wanted) / 60:.0f} min", flush=True)
    for number, visit in enumerate(visits):
        # Ratios are made within one run: what it begins of a round of a total, it must have the time to end.
        begins = not number or (visits[number - 1].round, visits[number - 1].total) != (visit.round, visit.total)
        rest = [each for each in visits[number:] if (each.round, each.total) == (visit.round, visit.total)]
        if not deadline.allows(_seconds(rest if begins else [visit], wanted)):
            print(f"the time is over: {deadline.left_seconds() / 60:.1f} min are too few for what is next")
            return
        if visit.key in _dead(of_this_machine(read(FILE)), wanted.load):
            continue
        limits = ", ".join(f"{name} {cpu}m/{memory >> 20}Mi" for name, (cpu, memory) in visit.stack.limits.items())
        left = _seconds(visits[number:], wanted) / 60
        print(
            f"round {visit.round}, {visit.total}, {visit.mix}, {visit.split}, {left:.0f} min left: {limits}", flush=True
        )
        start, effort = beginning(visit, wanted, of_this_machine(read(FILE)))
        if result := held(visit.stack, wanted.under(visit), start, effort):
            _keep(visit, wanted, result)


def missing(wanted: Wanted, stacks: dict[tuple[Total, Split], Stack], records: Sequence[Record]) -> Iterator[Visit]:
    """What no record has yet, in the order of a run: load by load all splits, each round the other way round.

    A record counts if it is valid, and while its stack would still run the same. One that did not start is not started
    again in later rounds.
    """
    known = [each for each in records if each["valid"] and wanted.load.items() <= each.items()]
    done = {(each["round"], *_key(each)) for each in known}
    dead = _dead(records, wanted.load)
    for number, total, mix in product(wanted.rounds, wanted.totals, wanted.mixes):
        for split in wanted.splits if number % 2 else reversed(wanted.splits):
            visit = Visit(number, total, split, stacks[total, split], mix)
            if (number, *visit.key) not in done and visit.key not in dead:
                yield visit


def _dead(records: Sequence[Record], load: Record) -> set[tuple[str, str, str]]:
    """The keys of what did not start."""
    own = (each for each in records if load.items() <= each.items())
    return {_key(each) for each in own if not each["started"]}


def _key(record: Record) -> tuple[str, str, str]:
    """The key of the visit that made it."""
    return record["mix"], record["fingerprint"], record["split"]


def beginning(visit: Visit, wanted: Wanted, records: Sequence[Record]) -> tuple[float, Effort]:
    """Where a search begins, and in which steps; by the same rule for every split.

    About where the split held itself in earlier rounds: a search ends only with a rate that holds and one that does
    not, so where it begins decides how long it takes, and within its precision what it finds. In a first round, below
    what any split held; from below, where it held nothing itself.
    """
    load = {"total": str(visit.total), "mix": visit.mix, **wanted.load}
    known = [each for each in records if load.items() <= each.items() and each["valid"]]
    same = {"split": str(visit.split), "fingerprint": visit.stack.fingerprint}
    own = [each["rate"] for each in known if same.items() <= each.items() and each["round"] < visit.round]
    before = median(own) if own else None
    if before:
        return random.uniform(*FIRST_OF_ITS_OWN) * before, wanted.effort.near()
    rates = [each["rate"] for each in known if each["rate"]]
    first = FIRST_OF_KNOWN * median(rates) if rates else FIRST_RATE_A_MILLICORE * visit.total.cpu_millicores
    return (first, wanted.effort) if before is None else wanted.effort.from_below(first)


def _keep(visit: Visit, wanted: Wanted, result: Held) -> None:
    """Adds what one search found, with everything its last long trial saw.

    It is valid where the machine had processors left in that one, and in the lowest that failed.
    """
    found, plane = result.found, result.plane
    trials = plane.trials if plane else []
    whole = [trial for trial in trials if trial.rate == found.rate and trial.verdict.held]
    failed = sorted((trial for trial in trials if not trial.verdict.held), key=lambda trial: trial.rate)
    record: dict[str, Any] = {
        "run": RUN,
        "round": visit.round,
        "total": str(visit.total),
        "split": str(visit.split),
        "mix": visit.mix,
        **wanted.load,
        "rate": round(found.rate, 1),
        "binding": found.binding,
        "repeated": plane.repeated if plane else 0,
        "started": plane is not None,
        "valid": all(trial.is_valid for trial in (*whole[-1:], *failed[:1])),
        "fingerprint": visit.stack.fingerprint,
        "limits": visit.stack.limits,
        "tried": [{"rate": round(t.rate, 1), "seconds": t.seconds, **asdict(t.verdict)} for t in found.tried],
        "confirmed_by": whole[-1].as_record() if whole else None,
    }
    append(FILE, record)
    print(f"  {found.rate:,.0f} spans/s; then {found.binding}", flush=True)


def _seconds(visits: Sequence[Visit], wanted: Wanted) -> float:
    """About how long they take."""
    return sum(wanted.under(visit).usual_seconds(wanted.effort) for visit in visits)


def _wanted(arguments: argparse.Namespace) -> Wanted:
    return Wanted(
        totals=tuple(arguments.totals),
        splits=tuple(arguments.splits),
        mixes=tuple(arguments.mixes),
        shape=Shape(arguments.spans_per_trace, arguments.span_bytes),
        block_seconds=arguments.block_seconds,
        effort=Effort(step_seconds=arguments.step_seconds, confirm_seconds=arguments.confirm_seconds),
        rounds=range(arguments.first_round, arguments.rounds + 1),
    )


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__doc__, minutes=420, rounds=3, loads=True)
    parser.add_argument("--first-round", type=a_count, default=1, help="later than the last one to begin anew")
    parser.add_argument("--totals", type=a_total, nargs="+", default=[Total.parse(text) for text in TOTALS])
    parser.add_argument("--splits", type=a_split, nargs="+", default=[Split.parse(text) for text in SPLITS])
    parser.add_argument("--step-seconds", type=a_number, default=8)
    parser.add_argument("--confirm-seconds", type=a_number, default=60)
    return parser


if __name__ == "__main__":
    sys.exit(exit_code(main))
