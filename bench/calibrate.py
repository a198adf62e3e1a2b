"""What a load costs each component: cpu for every MB/s, span and query, memory for every MB/s, fitted to measurements.

Runs a stack whose limits do not bind under loads of several rates, sizes and queries, and adds what each process used
to bench/data/calibration.jsonl. From the fits, which are printed with R² and residual, weights for a total and a mix
are proposed. A run goes on where the last one stopped; `--report` only fits and prints. `--write` keeps the fits in
bench/data/calibration.json, to which what sizing reckons with is held (allocation/measured.py). Only measurements of
this machine, and of the stack as it would run now, count.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from bench.command import a_number, a_total, exit_code, parser_of, run
from bench.fitting import Fit, fitted
from bench.held import FLUSHED_SECONDS
from bench.mixes import Mix, mix_on
from bench.planes import Deadline, Stack
from bench.records import DATA, Record, append, of_this_machine, origin, read
from bench.splits import Total, limited, weighted
from bench.trials import Measured, Plane
from bench.watching import component_of
from bench.weights import proposed
from sandbox.load import KIB_10, KIB_50, SMALL, Shape

FILE, RESULT = DATA / "calibration.jsonl", DATA / "calibration.json"
MIB = 2**20
LIMITS = {  # nobody is to be bound by them
    "distributor": (1000, 512 * MIB),
    "ingester": (1500, 1536 * MIB),
    "compactor": (1000, 512 * MIB),
    "querier": (1000, 512 * MIB),
    "query_frontend": (1000, 512 * MIB),
}
COMPONENTS = tuple(name.replace("_", "-") for name in LIMITS)
UNBOUND_BYTES = 10**9
COLUMNS = ("megabytes", "kilospans", "queries")  # a second, all three
READY_SECONDS, SETTLING_SECONDS = 80, 8  # of a data plane with its first blocks; between two loads


@dataclass(frozen=True)
class Point:
    """One load: spans a second of a shape, and queries beside them."""

    shape: Shape
    spans_per_second: float
    queries_per_second: float = 0

    @property
    def key(self) -> list[float]:
        """How a record names it."""
        return [self.shape.spans_per_trace, self.shape.span_bytes, self.spans_per_second, self.queries_per_second]


# In an order in which the first ones already tell all columns apart.
POINTS = (
    Point(SMALL, 500),
    Point(KIB_10, 2000),
    Point(SMALL, 2000, 4),
    Point(SMALL, 5000),
    Point(SMALL, 0),
    Point(KIB_50, 2000, 2),
    Point(SMALL, 3000),
    Point(SMALL, 500, 1),
    Point(KIB_10, 4000),
    Point(SMALL, 500, 4),
    Point(SMALL, 1500),
    Point(KIB_50, 2000),
    Point(SMALL, 2000, 1),
    Point(KIB_10, 500),
)


def main() -> int:
    """Measures what is missing, fits, and proposes weights."""
    parser = _parser()
    arguments = parser.parse_args()
    if arguments.weights and not arguments.weights.parent.is_dir():
        parser.error(f"--weights: there is no folder {arguments.weights.parent}")
    stack = Stack.of(_unbound()).with_blocks_of(arguments.block_seconds)
    run(arguments, lambda: measure(stack, arguments))
    rows = [each for each in _known(stack) if each["valid"] and not each["failures"]]
    try:
        fits = fits_of(rows)
    except ValueError as error:
        of = f"of {len(read(FILE))} measurements {len(rows)} are of this machine, version and stack, which"
        print(f"{of} is not enough: {error}; measure without --report", file=sys.stderr)
        return 1
    if arguments.write:
        RESULT.write_text(json.dumps(_result(fits, rows), indent=1) + "\n")
    print("\n".join(_lines(fits, rows)))
    try:
        return _propose(fits, arguments)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1


def _propose(fits: Mapping[str, Mapping[str, Fit]], arguments: argparse.Namespace) -> int:
    """Prints weights for each mix, and writes those of the first one. Raises ValueError where the fits give none."""
    cpu = {component: both["cpu"] for component, both in fits.items()}
    total, shape = arguments.total, Shape(arguments.spans_per_trace, arguments.span_bytes)
    proposals = {mix: proposed(cpu, mix_on(mix, total.cpu_millicores), total, shape) for mix in arguments.mixes}
    for mix, proposal in proposals.items():
        print(f"\nproposed for {total}, {mix}: about {proposal.spans_per_second:,.0f} spans/s")
        for container, weights in proposal.weights.items():
            print("  {:15} cpu {:5.1f}   memory {:5.1f}".format(container, *weights))
    if arguments.weights:
        proposal = proposals[arguments.mixes[0]]
        arguments.weights.write_text(json.dumps(proposal.weights, indent=1) + "\n")
        print(f"weights for {arguments.mixes[0]} written to {arguments.weights}; in a stack file:\n")
        print(yaml.safe_dump({"resources": weighted(proposal.weights)}, sort_keys=False))
    return 0


def _known(stack: Stack) -> list[Record]:
    """What was measured on this machine, of a stack that would still run the same."""
    return [each for each in of_this_machine(read(FILE)) if each["fingerprint"] == stack.fingerprint]


def measure(stack: Stack, arguments: argparse.Namespace) -> None:
    """Measures every point that lacks rounds, all of a round on one data plane."""
    deadline, seconds = Deadline(arguments.minutes), arguments.seconds
    for number in range(1, arguments.rounds + 1):
        own = [each for each in _known(stack) if each["round"] == number and each["valid"] and not each["failures"]]
        points = [point for point in POINTS if point.key not in [each["point"] for each in own]]
        if points and not deadline.allows(READY_SECONDS + seconds):
            print("the time is over")
            return
        if points:
            left = READY_SECONDS + len(points) * (seconds + SETTLING_SECONDS)
            print(f"round {number}: {len(points)} loads, about {left / 60:.0f} min", flush=True)
            _round(number, points, stack, seconds, arguments.block_seconds, deadline)


def _unbound() -> dict[str, Any]:
    """A spec in which neither the kernel nor a rate limit holds anybody back."""
    any_rate = {"ingestionRateLimitBytes": UNBOUND_BYTES, "ingestionBurstSizeBytes": UNBOUND_BYTES}
    return {**limited(LIMITS), "limits": {"global": {"ingestion": any_rate}}}


def _round(
    number: int, points: Sequence[Point], stack: Stack, seconds: float, block_seconds: int, deadline: Deadline
) -> None:
    """Alternately from the lightest and from the heaviest: what builds up in a data plane must not look like load."""
    with stack.running() as tempo:
        first = Plane(tempo, Mix(0), SMALL, lambda _: None)
        first.warm_up(1000, block_seconds + FLUSHED_SECONDS)
        for point in points if number % 2 else reversed(points):
            if not deadline.allows(seconds + SETTLING_SECONDS):
                return
            plane = Plane(tempo, Mix(point.queries_per_second), point.shape, lambda _: None, first.ids)
            plane.warm_up(max(point.spans_per_second, 50), 3)
            plane.settle()
            measured = plane.measure(point.spans_per_second or 1, seconds)
            record = {"round": number, "point": point.key, "fingerprint": stack.fingerprint, **measured.as_record()}
            append(FILE, {**record, **_load_of(measured, seconds)})
            used = ", ".join(f"{name} {use.cpu_millicores:.0f}m" for name, use in measured.uses.items())
            print(f"  {point.key}: {used}; {'; '.join(measured.failures) or 'all well'}", flush=True)


def _load_of(measured: Measured, wanted_seconds: float) -> Record:
    """What was really acknowledged and answered, a second; a push of next to nothing is over before its time is."""
    pushed = measured.pushed  # None: has failures, and does not count
    seconds = max(pushed.seconds if pushed else 0.0, wanted_seconds)
    return {
        "megabytes": pushed.acknowledged_bytes / seconds / 1e6 if pushed else 0.0,
        "kilospans": pushed.acknowledged / seconds / 1e3 if pushed else 0.0,
        "queries_a_second": len(measured.queried.answers) / seconds if measured.queried else 0.0,
    }


def fits_of(records: Sequence[Record]) -> dict[str, dict[str, Fit]]:
    """By component, its cpu (millicores) and its memory (bytes). Raises ValueError where the loads do not suffice."""
    fits: dict[str, dict[str, Fit]] = {}
    for component in COMPONENTS:
        rows = [
            {
                "megabytes": record["megabytes"],
                "kilospans": record["kilospans"],
                "queries": record["queries_a_second"],
                "cpu": sum(use["cpu_millicores"] for use in _of(component, record)),
                "memory": max(float(use["memory_bytes"]) for use in _of(component, record)),
            }
            for record in records
        ]
        fits[component] = {what: fitted(rows, what, COLUMNS) for what in ("cpu", "memory")}
    return fits


def _of(component: str, record: Record) -> list[dict[str, float]]:
    """What its processes used: `ingester-0`, …"""
    return [use for name, use in record["uses"].items() if component_of(name) == component]


def _result(fits: Mapping[str, Mapping[str, Fit]], rows: Sequence[Record]) -> Record:
    return {
        **origin(),
        "units": {"cpu": "millicores", "memory": "bytes", "megabytes, kilospans, queries": "a second"},
        "measurements": len(rows),
        "fits": {component: {what: asdict(fit) for what, fit in both.items()} for component, both in fits.items()},
    }


def _lines(fits: Mapping[str, Mapping[str, Fit]], rows: Sequence[Record]) -> Iterator[str]:
    yield f"\n{len(rows)} measurements; cpu in millicores, memory in MiB, for each MB/s, 1,000 spans/s and query/s"
    for component, both in fits.items():
        for what, fit in both.items():
            unit = MIB if what == "memory" else 1
            terms = "  ".join(f"{name} {value / unit:8.1f}" for name, value in fit.coefficients.items())
            yield f"{component:15} {what:6} {terms}  R² {fit.r_squared:.2f}, ± {fit.residual / unit:.1f}"
    generator = median(row["generator_millicores"] for row in rows)
    yield f"median of the generator {generator:.0f}m, most of the machine {max(r['busy_processors'] for r in rows)}"


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__doc__, minutes=30, rounds=2, loads=True)
    parser.add_argument("--seconds", type=a_number, default=30, help="of each load")
    parser.add_argument("--total", type=a_total, default=Total.parse("500m/1Gi"), help="to propose weights for")
    parser.add_argument("--weights", type=Path, help="write those of the first mix, for bench.budget --splits @FILE")
    parser.add_argument("--write", action="store_true", help="keep the fits; a test holds the plan's figures to them")
    return parser


if __name__ == "__main__":
    sys.exit(exit_code(main))
