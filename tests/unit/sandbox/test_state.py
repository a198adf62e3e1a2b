"""What a sandbox keeps on disk: processes that are recognised again, stack files that are private copies."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from sandbox import cluster
from sandbox.certs import make_certificates
from sandbox.errors import SandboxError
from sandbox.nodes import POOLS
from sandbox.processes import Ledger, Process
from sandbox.workspace import Workspace


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def test_a_process_is_known_by_its_start_time_too(sleeper: subprocess.Popen[bytes]) -> None:
    process = Process.of("sleeper", sleeper.pid)
    assert process.running()
    assert not replace(process, started=process.started - 1).running()


def test_an_ended_process_does_not_run_even_before_it_is_reaped(sleeper: subprocess.Popen[bytes]) -> None:
    process = Process.of("sleeper", sleeper.pid)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert psutil.pid_exists(sleeper.pid)
    assert not process.running()


def test_stopping_ends_what_was_written_down_and_nothing_else(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    ledger = Ledger(tmp_path / "processes.json")
    mine = ledger.start("mine", ["sleep", "600"], tmp_path)
    stranger = Process.of("stranger", sleeper.pid)
    ledger.add(replace(stranger, started=stranger.started - 1))  # an id that was reused
    ledger.stop()
    assert not mine.running()
    assert stranger.running()
    assert ledger.read() == []


@pytest.mark.parametrize("content", ["", '{"server": "htt'])
def test_a_state_file_that_was_cut_short_blocks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setattr(cluster, "STATE", tmp_path)
    (tmp_path / "broken").mkdir()
    for file in ("cluster.json", "processes.json", "owner.json"):
        (tmp_path / "broken" / file).write_text(content)
    assert cluster.find("broken") is None
    assert cluster.down("broken")
    assert cluster.names() == []


@pytest.mark.parametrize("command", ["up", "tempo up Pulumi.dev.yaml", "tempo status Pulumi.dev.yaml"])
def test_a_home_that_cannot_be_written_to_ends_in_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "home").touch()
    home = {"HOME": str(tmp_path / "home"), "XDG_STATE_HOME": "", "XDG_CACHE_HOME": ""}
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", *command.split()],
        cwd=cluster.__file__.rpartition("/sandbox/")[0],
        env=os.environ | home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]  # what is to be built comes first
    assert str(tmp_path / "home") in last
    assert "must be able to write there" in last


def test_one_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "processes.json")
    deaf = ledger.start("deaf", ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"], tmp_path)
    while "deaf" not in (tmp_path / "deaf.log").read_text():
        assert deaf.running()
    ledger.stop(grace_seconds=0.1)
    assert not deaf.running()


@pytest.mark.parametrize("name", ["", "../other", "Upper", "-dash", "a" * 41, "dot.dot"])
def test_a_name_that_is_no_folder_of_its_own_is_refused(name: str) -> None:
    with pytest.raises(SandboxError, match="--name"):
        cluster.find(name)


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    make_certificates(tmp_path / "pki", ("localhost",), ("127.0.0.1",))
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "pki").iterdir()} == {0o600}


def test_no_two_nodes_share_a_name() -> None:
    names = [node["metadata"]["name"] for pool in POOLS for node in pool.nodes()]
    assert len(names) == len(set(names))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: toy\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {a: 1}\n")
    (folder / "__main__.py").touch()
    return folder


@pytest.fixture
def workspace(project: Path, tmp_path: Path) -> Workspace:
    workspace = Workspace(project, tmp_path / "home")
    workspace.prepare()
    workspace.copy_stack_file("dev")
    return workspace


def test_an_edit_of_the_program_is_seen_at_once(workspace: Workspace, project: Path) -> None:
    (project / "__main__.py").write_text("edited")
    assert (workspace.project / "__main__.py").read_text() == "edited"


def test_the_copy_of_a_stack_file_keeps_its_salt_and_takes_edits(workspace: Workspace, project: Path) -> None:
    copy = workspace.stack_file("dev")
    copy.write_text("config: {a: 2}\nencryptionsalt: v1:abc\n")
    workspace.copy_stack_file("dev")
    assert copy.read_text() == "config: {a: 2}\nencryptionsalt: v1:abc\n"
    (project / "Pulumi.dev.yaml").write_text("config: {a: 3}\n")
    workspace.copy_stack_file("dev")
    assert copy.read_text() == "config: {a: 3}\nencryptionsalt: v1:abc\n"
    assert (project / "Pulumi.dev.yaml").read_text() == "config: {a: 3}\n"


def test_the_users_own_pulumi_settings_do_not_reach_the_sandbox(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "theirs")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "theirs")
    assert "theirs" not in workspace.environment("dev").values()


def test_secrets_that_were_encrypted_elsewhere_need_the_users_passphrase(
    workspace: Workspace, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "theirs")
    (project / "Pulumi.dev.yaml").write_text("encryptionsalt: v1:abc\n")
    environment = workspace.environment("dev")
    assert environment["PULUMI_CONFIG_PASSPHRASE"] == "theirs"
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in environment
