"""The command line of the benchmarks: when it measures, and how it ends."""

from argparse import Namespace

import pytest

from bench import command
from sandbox.errors import SandboxError


def measure() -> None:
    """Stands for a measurement that the user interrupts."""
    raise KeyboardInterrupt


def test_a_report_measures_nothing_and_an_interrupted_measurement_goes_on_to_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sandbox.cgroups.missing", lambda: "")
    monkeypatch.setattr("signal.signal", lambda *_: None)
    command.run(Namespace(report=True), measure)
    assert not capsys.readouterr().out
    command.run(Namespace(report=False), measure)
    assert capsys.readouterr().out == "interrupted; what was measured is kept\n"


def test_without_limits_of_the_kernel_nothing_is_measured_and_the_report_still_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sandbox.cgroups.missing", lambda: "no cpu controller")
    command.run(Namespace(report=True), measure)
    with pytest.raises(SystemExit, match="no cpu controller"):
        command.run(Namespace(report=False), measure)


def test_an_error_of_the_sandbox_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> int:
        raise SandboxError("the store does not start")

    assert command.exit_code(main) == 1
    assert capsys.readouterr().err == "the store does not start\n"
