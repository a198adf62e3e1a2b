"""How long `plan` and `render` take as whole processes, against one that only imports what `render` needs.

The three run in turn, round by round, so that whatever else the machine does slows them alike. Budgets: plan within
0.5 s and 60 MB; render within 1.5 times the imports alone. Exits 1 when a median is beyond its budget.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.machine import machine

PROJECT = Path(__file__).parents[1]
PYTHON = (sys.executable, "-I", "-c")
PLAN_SECONDS = 0.5
PLAN_MEGABYTES = 60
RENDER_RATIO = 1.5

# Renders, then says which modules of Pulumi and its Kubernetes SDK that took.
PROBE = """
import contextlib, io, json, sys
sys.path.insert(0, sys.argv[1])
from ops.cli import main
with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
    code = main(["render", sys.argv[2]])
assert code == 0
print(json.dumps(sorted(name for name in sys.modules if name.split(".")[0] in ("pulumi", "pulumi_kubernetes"))))
"""


@dataclass(frozen=True)
class Run:
    """One process: wall-clock and processor seconds, and the most memory it held, in megabytes."""

    seconds: float
    cpu_seconds: float
    megabytes: float


def main() -> int:
    """Measures, prints, and says whether the budgets are kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--file", type=Path, default=PROJECT / "tests/cases/seed-global.yaml")
    arguments = parser.parse_args()

    commands = {
        "plan": [sys.executable, "-m", "ops", "plan", str(arguments.file)],
        "imports": [*PYTHON, f"import {', '.join(_modules(arguments.file))}"],
        "render": [sys.executable, "-m", "ops", "render", str(arguments.file)],
    }
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for command in commands.values():
        _run(command)  # once unmeasured: byte code, and files in the system's cache
    for _ in range(arguments.rounds):
        for name, command in commands.items():
            runs[name].append(_run(command))
    return _report(runs, arguments.rounds, arguments.file)


def _modules(file: Path) -> list[str]:
    done = subprocess.run([*PYTHON, PROBE, str(PROJECT), str(file)], check=True, cwd=PROJECT, stdout=subprocess.PIPE)
    return list(json.loads(done.stdout))


def _run(command: Sequence[str]) -> Run:
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    kibibytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Run(seconds, usage.ru_utime + usage.ru_stime, kibibytes * 1024 / 1e6)


def _report(runs: dict[str, list[Run]], rounds: int, file: Path) -> int:
    print(f"{file.name}, {rounds} rounds, interleaved; {machine('pulumi', 'pulumi-kubernetes')}\n")
    print(f"{'':10}{'median':>9}{'fastest':>9}{'slowest':>9}{'cpu':>9}{'memory':>9}")
    for name, results in runs.items():
        seconds = [run.seconds for run in results]
        print(
            f"{name:10}{median(seconds):8.3f}s{min(seconds):8.3f}s{max(seconds):8.3f}s"
            f"{median(run.cpu_seconds for run in results):8.3f}s{max(run.megabytes for run in results):7.0f}MB"
        )
    ratios = [render.seconds / imports.seconds for render, imports in zip(runs["render"], runs["imports"], strict=True)]
    verdicts = (
        ("plan, median seconds", median(run.seconds for run in runs["plan"]), PLAN_SECONDS),
        ("plan, most megabytes", max(run.megabytes for run in runs["plan"]), PLAN_MEGABYTES),
        ("render / imports, median of the rounds", median(ratios), RENDER_RATIO),
    )
    print()
    for what, value, budget in verdicts:
        print(f"{what}: {value:.2f} of {budget:g}{'' if value <= budget else '  BEYOND THE BUDGET'}")
    return 0 if all(value <= budget for _, value, budget in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
