"""Figures that tests have to tell: each is printed after the run, beside the name of its test."""

from collections.abc import Callable

import pytest

Measured = Callable[[object], None]
_PROPERTY = "measured"


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Measured:
    """`measured(figure)`: a line for the end of the run.

    As pytest's `record_property` does it, which warns of the format of a report that nobody reads the figures from.
    """
    return lambda figure: request.node.user_properties.append((_PROPERTY, str(figure)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Every figure, under the name of its test."""
    reports = [r for outcome in ("passed", "failed") for r in terminalreporter.getreports(outcome) if r.when == "call"]
    for report in reports:
        if figures := [value for key, value in report.user_properties if key == _PROPERTY]:
            terminalreporter.write_line(f"measured: {report.nodeid.rpartition('::')[2]}")
            for figure in figures:
                terminalreporter.write_line(f"  {figure}")
