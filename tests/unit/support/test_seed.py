"""A failure that random examples found can be found again: the run says its seed, which gives the same examples."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
RANDOM_FAILURE = """
from hypothesis import Phase, given, settings, strategies as st

@settings(database=None, phases=[Phase.generate], max_examples=50)
@given(st.lists(st.integers(0, 10**18), min_size=20, max_size=20))  # a single one may be the same constant twice
def test_numbers_are_small(n):
    assert max(n) < 10**6
"""
HANDMADE_FAILURE = "def test_nothing():\n    assert False\n"


def output_of(test: str, folder: Path, *options: str) -> str:
    file = folder / "test_failing.py"
    file.write_text(test)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", *options]
    run = subprocess.run([*command, str(file)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 1, run.stdout + run.stderr
    return run.stdout


def examples(output: str) -> set[str]:
    return set(re.findall(r"n=\[[^]]+\]", output))


def test_a_failing_property_test_shows_the_seed_that_finds_the_same_example_again(tmp_path: Path) -> None:
    first = output_of(RANDOM_FAILURE, tmp_path)
    (option,) = re.findall(r"--hypothesis-seed=\d+", first)
    again, other = output_of(RANDOM_FAILURE, tmp_path, option), output_of(RANDOM_FAILURE, tmp_path)
    assert option in again
    assert examples(again) == examples(first) != set()
    assert examples(other) != examples(first)
    assert "@reproduce_failure" in first


def test_a_failure_without_random_examples_speaks_of_no_seed(tmp_path: Path) -> None:
    assert "seed" not in output_of(HANDMADE_FAILURE, tmp_path)
