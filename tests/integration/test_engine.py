"""The engine's own promises, on a program of three resources: a clean checkout, secrets kept, kills survived."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import client

from sandbox.api import connect
from sandbox.cluster import Cluster
from sandbox.engine import Engine
from sandbox.errors import SandboxError

NAMESPACE = "engine-test"
PROGRAM = f"""
import pulumi
import pulumi_kubernetes as k8s

config = pulumi.Config()
provider = k8s.Provider("cluster", enable_config_map_mutable=True)
child = pulumi.ResourceOptions(provider=provider)
namespace = k8s.core.v1.Namespace("namespace", metadata={{"name": "{NAMESPACE}"}}, opts=child)
k8s.core.v1.ConfigMap(
    "settings",
    metadata={{"name": "settings", "namespace": namespace.metadata.name}},
    data={{"greeting": config.require_object("words")["greeting"]}},
    opts=child,
)
pulumi.warn("this is a warning")
pulumi.export("hidden", config.get_secret("hidden"))
pulumi.export("greeting", config.require_object("words")["greeting"])
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of a dozen lines, as a user could have it."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "Pulumi.yaml").write_text("name: toy\nruntime: {name: python, options: {virtualenv: .venv}}\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  toy:words: {greeting: hello}\n")
    return folder


@pytest.fixture(scope="module")
def engine(project: Path, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    home = tmp_path_factory.mktemp("engine") / "home"
    with Engine(project, home, cluster.kubeconfig) as engine:
        engine.select("dev")
        assert engine.config_set("toy:hidden", "plain-to-see", secret=True).returncode == 0
        done = engine.up()
        assert done.returncode == 0, done.stdout + done.stderr
        assert "this is a warning" in done.stdout
        yield engine
        assert engine.destroy().returncode == 0


def greeting(cluster: Cluster) -> str:
    data = client.CoreV1Api(connect(cluster.kubeconfig)).read_namespaced_config_map("settings", NAMESPACE).data
    assert data
    return data["greeting"]


def test_the_checkout_is_left_as_it_was(engine: Engine, project: Path) -> None:
    assert sorted(p.name for p in project.iterdir()) == ["Pulumi.dev.yaml", "Pulumi.yaml", "__main__.py"]
    assert (project / "Pulumi.dev.yaml").read_text() == "config:\n  toy:words: {greeting: hello}\n"
    assert "encryptionsalt" in engine.workspace.stack_file("dev").read_text()


def test_a_secret_is_in_no_file_in_plain(engine: Engine) -> None:
    assert engine.outputs()["hidden"] == "[secret]"
    assert engine.outputs(show_secrets=True)["hidden"] == "plain-to-see"
    for file in engine.workspace.home.rglob("*"):
        if file.is_file() and not file.is_symlink() and ".venv" not in file.parts:
            assert b"plain-to-see" not in file.read_bytes(), file


def test_a_preview_without_a_change_is_empty(engine: Engine) -> None:
    assert {step["op"] for step in engine.preview_steps()} == {"same"}


def test_a_value_set_by_path_reaches_the_cluster(engine: Engine, cluster: Cluster) -> None:
    assert greeting(cluster) == "hello"
    assert engine.config_set("toy:words.greeting", "--good-bye").returncode == 0
    assert [s["op"] for s in engine.preview_steps() if s["op"] != "same"] == ["update"]
    assert engine.up().returncode == 0
    assert greeting(cluster) == "--good-bye"


def test_what_was_set_stays_until_the_projects_file_changes(engine: Engine, project: Path) -> None:
    copy = engine.workspace.stack_file("dev")
    engine.config_set("toy:words.greeting", "kept")
    engine.select("dev")
    assert "kept" in copy.read_text()

    (project / "Pulumi.dev.yaml").write_text("config:\n  toy:words: {greeting: edited}\n")
    engine.select("dev")
    assert "kept" not in copy.read_text()
    assert "edited" in copy.read_text()
    assert "encryptionsalt" in copy.read_text()
    assert engine.up().returncode == 0


def test_a_context_of_the_users_is_not_for_the_sandbox(engine: Engine, project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    text = file.read_text()
    file.write_text(text.rstrip() + "\n  tempostack:kubeContext: theirs\n")
    engine.select("dev")
    assert "theirs" not in engine.workspace.stack_file("dev").read_text()
    assert "edited" in engine.workspace.stack_file("dev").read_text()
    assert "theirs" in file.read_text()
    file.write_text(text)
    engine.select("dev")


KILLED_RUN = """
import sys
from pathlib import Path
from sandbox.engine import Engine

with Engine(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])) as engine:
    engine.select("dev")
    engine.up()
"""
SLOW_PROGRAM = """
import time
time.sleep(600)
"""


def test_a_run_killed_in_the_middle_does_not_block_the_next(project: Path, cluster: Cluster, tmp_path: Path) -> None:
    """The first run is killed while pulumi holds the stack; pulumi is left behind, with its lock."""
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "__main__.py").write_text(SLOW_PROGRAM)
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml"):
        (slow / name).write_text((project / name).read_text())
    home = tmp_path / "home"
    arguments = [sys.executable, "-c", KILLED_RUN, str(slow), str(home), str(cluster.kubeconfig)]
    first = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not list((home / "state").rglob("locks/**/*.json")):
            assert time.monotonic() < deadline
            assert first.poll() is None
            time.sleep(0.05)
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()

    (slow / "__main__.py").write_text("import pulumi\npulumi.export('done', True)\n")
    with Engine(slow, home, cluster.kubeconfig) as engine:
        engine.select("dev")
        done = engine.up()
        assert done.returncode == 0, done.stdout + done.stderr
        assert engine.outputs() == {"done": True}


def test_a_stack_without_a_file_is_refused_in_one_line(engine: Engine) -> None:
    with pytest.raises(SandboxError, match=r"there is no Pulumi\.other\.yaml"):
        engine.select("other")
    engine.select("dev")
