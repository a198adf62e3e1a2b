"""The stacks of tests.support.configs as fixtures."""

from collections.abc import Callable

import pytest

from tests.support.configs import STACKS, run_of
from tests.support.recording import Run


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> Run:
    """Every stack in turn."""
    return run_of(request.param)


@pytest.fixture
def stack_named() -> Callable[[str], Run]:
    """The run of a stack by name."""
    return run_of
