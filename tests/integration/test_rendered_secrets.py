"""`python -m ops render` on a stack whose secrets the real engine encrypted."""

import base64
import subprocess
import sys
from typing import Any

import pytest
import yaml

from sandbox.engine import Engine
from tests.support import stacks


@pytest.fixture(scope="module")
def encrypted(engine: Engine) -> Engine:
    """A stack file with `secure:` values."""
    stacks.write_with_secrets(engine, "encrypted", stacks.case("seed-global"))
    return engine


def render(engine: Engine, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ops", "render", str(engine.workspace.stack_file("encrypted")), *options]
    return subprocess.run(
        command, cwd=stacks.PROJECT, env=engine.environment(), capture_output=True, text=True, check=False
    )


def storage_secret(text: str) -> dict[str, Any]:
    data: dict[str, Any] = next(
        o["data"] for o in yaml.safe_load_all(text) if o["kind"] == "Secret" and o["metadata"]["name"] == "minio"
    )
    return data


def test_where_asked_for_they_are_read_through_the_engine(encrypted: Engine) -> None:
    done = render(encrypted, "--show-secrets", "--stack-secrets")
    assert done.returncode == 0, done.stderr
    assert base64.b64decode(storage_secret(done.stdout)["access_key_secret"]).decode() == stacks.PASSWORD


def test_unasked_they_are_masked(encrypted: Engine) -> None:
    done = render(encrypted)
    assert done.returncode == 0, done.stderr
    assert set(storage_secret(done.stdout)["access_key_secret"]) == {"*"}
    assert stacks.PASSWORD not in done.stdout


def test_shown_without_being_read_they_are_missed_in_one_line(encrypted: Engine) -> None:
    done = render(encrypted, "--show-secrets")
    assert done.returncode == 2
    assert "--stack-secrets" in done.stderr
    assert "Traceback" not in done.stderr
