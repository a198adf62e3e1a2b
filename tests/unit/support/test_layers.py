"""What `python -m tests` says of a layer: how many of its tests ran, and which did not, and why."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

import tests.__main__ as layers
from sandbox.catalog import COMPANIONS
from sandbox.errors import SandboxError, Unavailable

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


WHOLE_LAYER = """
import pytest

@pytest.fixture(scope="session", autouse=True)
def tools(): pytest.skip("there is no tempo")

def test_first(): pass
def test_second(): pass
"""


def test_a_layer_that_is_skipped_as_a_whole_has_one_line_and_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plane").mkdir()
    (tmp_path / "plane" / "test_plane.py").write_text(WHOLE_LAYER)
    monkeypatch.setattr(layers, "TESTS", tmp_path)
    outcomes: Counter[str] = Counter()
    told: list[str] = []
    assert layers._run("plane", outcomes, told) == 0
    assert outcomes["skipped"] == 2
    assert told == ["plane: 0 of 2 tests ran", "  2 did not run: there is no tempo"]


def find_tools(monkeypatch: pytest.MonkeyPatch, failing: dict[str, SandboxError]) -> int:
    """The tools layer, with these executables failing and every other there."""

    def ensure(names: Iterable[str]) -> None:
        for name in names:
            if name in failing:
                raise failing[name]

    monkeypatch.setattr(layers, "ensure", ensure)
    return layers._find_tools()


def test_a_tempo_that_cannot_be_had_is_one_line_and_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("tempo", *COMPANIONS)
    assert find_tools(monkeypatch, dict.fromkeys(names, Unavailable("tempo: no modules; or put it on PATH"))) == 0
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{', '.join(names)}: ")
    assert line.endswith("tempo: no modules; or put it on PATH")


@pytest.mark.parametrize("name", ["tempo", "tempo-cli", "minio", "kube-apiserver"])
def test_a_build_that_fails_fails_the_layer(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert find_tools(monkeypatch, {name: SandboxError("go build failed: undefined: x")}) == 1


@pytest.mark.parametrize("name", ["kube-apiserver", "pulumi", "kube-score"])
def test_what_other_layers_need_has_to_be_there(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert find_tools(monkeypatch, {name: Unavailable("no modules")}) == 1
