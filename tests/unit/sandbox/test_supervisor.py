"""When a process that has ended is started again: as the kubelet does it, and not against the user's will."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.state import read_json, write_json
from sandbox.supervisor import Backoff, Supervisor

DEADLINE_SECONDS = 30
FOREVER = [sys.executable, "-c", "import signal; signal.pause()"]


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """Of two processes: one that stays, and one that ends at once."""
    (tmp_path / "wanted").mkdir()
    commands = {"stays": FOREVER, "ends": [sys.executable, "-c", "raise SystemExit(7)"]}
    content = {name: {"arguments": command, "environment": {}} for name, command in commands.items()}
    write_json(tmp_path / "commands.json", content)
    supervisor = Supervisor(tmp_path)
    yield supervisor
    supervisor.stop()


def test_the_first_end_costs_no_wait_and_each_further_one_twice_as_long() -> None:
    backoff = Backoff()
    assert [backoff.after(1) for _ in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]


def test_ten_minutes_without_an_end_are_forgiven() -> None:
    backoff = Backoff()
    assert [backoff.after(1), backoff.after(599), backoff.after(600), backoff.after(1)] == [0, 10, 0, 10]


def test_nothing_runs_that_nobody_asked_for(supervisor: Supervisor) -> None:
    assert supervisor.look() is None
    assert supervisor.ledger.read() == []


def test_what_ends_again_and_again_is_left_down_for_a_while_with_its_reason(supervisor: Supervisor) -> None:
    (supervisor.folder / "wanted" / "ends").touch()
    look_until(supervisor, lambda: told(supervisor, "ends")["waits_until"] is not None)
    assert told(supervisor, "ends")["restarts"] == 1  # the second is still to come
    assert told(supervisor, "ends")["ended"] == "exit code 7"
    assert 9 < (supervisor.look() or 0) <= 10
    assert supervisor.ledger.read() == []


def test_who_asks_again_does_not_wait(supervisor: Supervisor) -> None:
    wanted = supervisor.folder / "wanted" / "ends"
    wanted.touch()
    look_until(supervisor, lambda: told(supervisor, "ends")["waits_until"] is not None)
    write_json(supervisor.folder / "commands.json", {"ends": {"arguments": FOREVER, "environment": {}}})
    wanted.unlink()
    wanted.touch()
    supervisor.look()
    [process] = supervisor.ledger.read()
    assert process.running()


def test_what_is_not_wanted_any_more_is_not_started_again(supervisor: Supervisor) -> None:
    wanted = supervisor.folder / "wanted" / "stays"
    wanted.touch()
    supervisor.look()
    [process] = supervisor.ledger.read()
    wanted.unlink()
    running = process.running()
    assert running
    running.terminate()
    look_until(supervisor, lambda: supervisor.ledger.read() == [])
    assert told(supervisor, "stays") == {"restarts": 0, "ended": "stopped", "waits_until": None}


def test_a_signal_that_ended_a_process_is_named(supervisor: Supervisor) -> None:
    (supervisor.folder / "wanted" / "stays").touch()
    supervisor.look()
    [process] = supervisor.ledger.read()
    running = process.running()
    assert running
    running.kill()
    look_until(supervisor, lambda: told(supervisor, "stays")["restarts"] == 1)
    assert told(supervisor, "stays")["ended"] == "signal SIGKILL"


def look_until(supervisor: Supervisor, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        supervisor.look()
        time.sleep(0.01)


def told(supervisor: Supervisor, name: str) -> dict[str, object]:
    """What anybody can read of a process."""
    return dict(
        (read_json(supervisor.folder / "supervised.json") or {}).get(name) or {"waits_until": None, "restarts": 0}
    )
