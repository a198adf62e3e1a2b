"""Which Kubernetes provider the sandbox runs: one that is there, then what Pulumi installs, then a build."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import kubernetes_provider as module
from sandbox.kubernetes_provider import EXECUTABLE, PLUGIN, KubernetesProvider, kubernetes_provider
from sandbox.workspace import Workspace

BUILD = "build"


@pytest.fixture(autouse=True)
def nothing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without any provider, on which a build is a folder, and where Pulumi is asked by a fake `pulumi`."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(module, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(module, "location", lambda _: tmp_path / BUILD)
    monkeypatch.setattr(module, "ensure", lambda _: (tmp_path / BUILD).mkdir(exist_ok=True))
    monkeypatch.setattr(module, "binary", lambda name: tmp_path / BUILD / name)
    installs(monkeypatch, False)
    yield
    kubernetes_provider.cache_clear()


def installs(monkeypatch: pytest.MonkeyPatch, can: bool) -> list[Any]:
    """Pulumi can, or cannot, download its plugin; the list is of the commands that ask it to."""
    asked: list[Any] = []

    def run(command: list[str], *, env: dict[str, str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        if can:
            folder = Path(env["PULUMI_HOME"]) / "plugins" / PLUGIN
            folder.mkdir(parents=True)
            (folder / EXECUTABLE).touch()
        return subprocess.CompletedProcess(command, 0 if can else 255, "", "no such host")

    monkeypatch.setattr(subprocess, "run", run)
    return asked


def found() -> KubernetesProvider:
    kubernetes_provider.cache_clear()
    return kubernetes_provider()


def test_one_on_the_path_goes_before_all(tmp_path: Path) -> None:
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / EXECUTABLE).touch(mode=0o755)
    (tmp_path / "pulumi" / "plugins" / PLUGIN).mkdir(parents=True)
    assert (found().folder, found().is_plugin) == (tmp_path / "path", False)


def test_a_plugin_of_the_version_that_the_program_asks_for_is_used_and_linked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = installs(monkeypatch, False)
    (tmp_path / "pulumi" / "plugins" / "resource-kubernetes-v4.30.0").mkdir(parents=True)
    assert not found().is_plugin
    plugin = tmp_path / "pulumi" / "plugins" / PLUGIN
    plugin.mkdir()
    (plugin / EXECUTABLE).touch()
    asked.clear()
    assert (found().folder, found().is_plugin, asked) == (plugin, True, [])
    (tmp_path / "Pulumi.yaml").touch()
    workspace = Workspace(tmp_path, tmp_path / "home")
    workspace.prepare()
    workspace.use_plugin(PLUGIN, plugin)
    linked = Path(workspace.environment("dev")["PULUMI_HOME"]) / "plugins" / PLUGIN
    assert linked.is_dir()
    assert not linked.is_symlink()  # Pulumi follows no link to a plugin's folder
    assert (linked / EXECUTABLE).resolve() == plugin / EXECUTABLE


def test_what_pulumi_can_install_is_installed_once_and_nothing_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = installs(monkeypatch, True)
    for _ in range(2):
        provider = found()
        assert provider.is_plugin
        assert (provider.folder / EXECUTABLE).exists()
    assert len(asked) == 1
    assert not (tmp_path / BUILD).exists()


def test_without_a_plugin_the_build_is_used_and_says_its_own_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = installs(monkeypatch, False)
    provider = found()
    assert (provider.folder, provider.is_plugin, len(asked)) == (tmp_path / BUILD, False, 1)
    assert provider.said.startswith("4.25.0, built here")
    assert found() == provider
    assert len(asked) == 1  # a machine without a network is not asked again
