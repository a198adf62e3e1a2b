"""One engine for all of its tests: it is dear to start, and each test has a stack and a namespace of its own."""

import pytest

from sandbox.engine import Engine
from tests.conftest import EngineFactory


@pytest.fixture(scope="session")
def engine(engine_factory: EngineFactory) -> Engine:
    return engine_factory()
