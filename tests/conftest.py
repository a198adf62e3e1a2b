"""What tests of several layers share: random examples, a control plane for the whole run, and Pulumi engines on it."""

import os
import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest

from sandbox.cluster import Cluster, running_cluster
from sandbox.engine import Engine
from sandbox.toolchain import kubectl as kubectl_binary

PROJECT = Path(__file__).resolve().parent.parent
CASES = PROJECT / "tests" / "cases"

# Machines are shared, so no example is too slow; a failure prints the line that replays it.
hypothesis.settings.register_profile(
    "tempostack",
    deadline=None,
    derandomize=False,  # Hypothesis' own default where CI is set: the same examples for ever
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("tempostack")
SEED = "hypothesis_seed"  # the option --hypothesis-seed

EngineFactory = Callable[[], Engine]
Kubectl = Callable[..., str]


@pytest.hookimpl(tryfirst=True)  # before Hypothesis reads the option
def pytest_configure(config: pytest.Config) -> None:
    """Every run tries other examples; the seed they grow from is known, and grows the same ones again."""
    if config.getoption(SEED) is None:
        setattr(config.option, SEED, str(random.SystemRandom().randrange(2**32)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What replays the run, wherever random examples found a failure."""
    if any("hypothesis" in report.keywords for report in terminalreporter.getreports("failed")):
        seed = config.getoption(SEED)
        terminalreporter.write_line(f"hypothesis seed {seed}: the same examples again with --hypothesis-seed={seed}")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A control plane that no other run shares; it is gone after the last test."""
    with running_cluster(f"test-{os.getpid()}") as started:
        yield started


@pytest.fixture(scope="session")
def engine_factory(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineFactory]:
    """Makes engines on `cluster`, each with a backend and a copy of the stack files of its own, open until the end."""
    with ExitStack() as engines:

        def make() -> Engine:
            home = tmp_path_factory.mktemp("engine") / "home"
            return engines.enter_context(Engine(PROJECT, home, cluster.kubeconfig))

        yield make


@pytest.fixture(scope="session")
def kubectl(cluster: Cluster) -> Kubectl:
    """`kubectl(*arguments, stdin=None)` against `cluster`: its output; fails the test when kubectl fails."""
    environment = os.environ | {"KUBECONFIG": str(cluster.kubeconfig)}

    def run(*arguments: str, stdin: str | None = None) -> str:
        command = [str(kubectl_binary()), *arguments]
        done = subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    return run
