"""What `python -m tests` says of a layer: how many of its tests ran, and which did not, and why."""

from collections import Counter
from pathlib import Path

import pytest

import tests.__main__ as layers

TESTS = """
import pytest

no_root = pytest.mark.skipif(True, reason="limits need root")

def test_that_runs(): pass
def test_that_fails(): assert False
@no_root
def test_first(): pass
@no_root
@pytest.mark.parametrize("name", ["a", "b"])
def test_second(name): pass
def test_third(): pytest.skip("no compiler")
"""


def test_what_did_not_run_is_named_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel" / "test_kernel.py").write_text(TESTS)
    monkeypatch.setattr(layers, "TESTS", tmp_path)
    outcomes: Counter[str] = Counter()
    told: list[str] = []
    assert layers._run("kernel", outcomes, told) == 1
    assert outcomes == {"passed": 1, "failed": 1, "skipped": 4}
    assert told == [
        "kernel: 2 of 6 tests ran",
        "  3 did not run: limits need root",
        "    test_kernel::test_first",
        "    test_kernel::test_second[a]",
        "    test_kernel::test_second[b]",
        "  1 did not run: no compiler",
        "    test_kernel::test_third",
    ]
