"""How good the allocation's tests are: every mutant of its code that they let live is listed, and more than a few fail.

`python -m tests.mutants [PATTERN...]`, where a pattern is like `allocation.sharing.*`. Works in a copy of the tree,
`.mutants/`, and leaves it there: `mutmut browse` in it shows every mutant.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPY = ROOT / ".mutants"
SURVIVORS = COPY / "survivors.diff"
LEAST_KILLED_PERCENT = 90
# Its settings are in pyproject.toml. Hundreds of runs of the property tests: each with few examples, always the same.
MUTMUT = (sys.executable, "-m", "mutmut")
ENVIRONMENT = os.environ | {"TEMPOSTACK_EXAMPLES": "15", "PYTHONDONTWRITEBYTECODE": "1"}
JOBS = max(1, (os.cpu_count() or 2) // 2)


def main(patterns: Sequence[str]) -> int:
    """Print what was killed, file by file, and list the survivors; the exit code is 1 where too few were killed."""
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(ROOT, COPY, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    command = [*MUTMUT, "run", "--max-children", str(JOBS), *patterns]
    if code := subprocess.run(command, cwd=COPY, env=ENVIRONMENT, check=False).returncode:
        return code
    outcomes = all_outcomes()
    outcomes |= {mutant: "killed" for mutant in made_at_import(outcomes) if is_killed_in_its_own_process(mutant)}
    survivors = [mutant for mutant, outcome in outcomes.items() if not is_killed(outcome)]
    SURVIVORS.write_text(diffs_of(survivors))
    percent = report(outcomes)
    print(f"{len(survivors)} survivors: {SURVIVORS.relative_to(ROOT)}")
    return int(percent < LEAST_KILLED_PERCENT)


def all_outcomes() -> dict[str, str]:
    """Mutant -> killed, survived, timeout, no tests, ...; without those that were not asked for."""
    command = [*MUTMUT, "results", "--all", "true"]
    results = subprocess.run(command, cwd=COPY, capture_output=True, text=True, check=True).stdout
    outcomes = re.findall(r"^ +(\S+): (.+)$", results, re.MULTILINE)
    return {mutant: outcome for mutant, outcome in outcomes if outcome != "not checked"}


def diffs_of(mutants: Sequence[str]) -> str:
    """What they change; by one process, because mutmut takes long to start."""
    show_each = "for mutant in sys.argv[1:]: cli.main(['show', mutant], standalone_mode=False)"
    command = [sys.executable, "-c", f"import sys; from mutmut.__main__ import cli\n{show_each}", *mutants]
    return subprocess.run(command, cwd=COPY, capture_output=True, text=True, check=True).stdout


def made_at_import(outcomes: Mapping[str, str]) -> list[str]:
    """The survivors in functions that tables are made with: mutmut switches mutants after the modules are imported."""
    spy = "lambda frame, *_: print(frame.f_globals.get('__name__'), frame.f_code.co_name)"
    command = [sys.executable, "-c", f"import sys; sys.setprofile({spy}); import allocation"]
    calls = subprocess.run(command, cwd=COPY, capture_output=True, text=True, check=True).stdout.splitlines()
    called = {f"{module}.x_{name}" for module, name in map(str.split, calls)}
    return [m for m, outcome in outcomes.items() if not is_killed(outcome) and m.partition("__mutmut_")[0] in called]


def is_killed_in_its_own_process(mutant: str) -> bool:
    """Whether a test fails where the mutant is there from the beginning."""
    settings = tomllib.loads((COPY / "pyproject.toml").read_text())["tool"]["mutmut"]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--rootdir=.", *settings["pytest_add_cli_args"]]
    command += settings["pytest_add_cli_args_test_selection"]
    environment = ENVIRONMENT | {"MUTANT_UNDER_TEST": mutant}
    run = subprocess.run(command, cwd=COPY / "mutants", env=environment, capture_output=True, check=False)
    return run.returncode != 0


def is_killed(outcome: str) -> bool:
    """A mutant that never ends is noticed too."""
    return outcome in ("killed", "timeout")


def report(outcomes: Mapping[str, str]) -> float:
    """Print the rate of every file and of all, which is returned, in percent."""
    made = Counter(file_of(mutant) for mutant in outcomes)
    killed = Counter(file_of(mutant) for mutant, outcome in outcomes.items() if is_killed(outcome))
    for file in sorted(made):
        print(f"{file:<32} {killed[file]:>5} of {made[file]:>5}  {100 * killed[file] / made[file]:5.1f} %")
    percent = 100 * killed.total() / made.total()
    print(f"{'all':<32} {killed.total():>5} of {made.total():>5}  {percent:5.1f} %")
    return percent


def file_of(mutant: str) -> str:
    """allocation.review.case.x_name__mutmut_1 -> allocation/review/case"""
    return mutant.rpartition(".")[0].replace(".", "/")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
