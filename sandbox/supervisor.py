"""`python -m sandbox.supervisor FOLDER`: keep the processes of one run running, as the kubelet keeps containers.

In the folder it reads `commands.json` (how each is started) and `wanted/` (a file for each that is to run). It writes
`processes.json` (those that live) and `supervised.json` (what it did), and says each end and start in its own log.
SIGHUP makes it look again; SIGTERM makes it kill every process and end.
"""

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sandbox.cgroups import cgroup
from sandbox.errors import SandboxError
from sandbox.processes import Ledger, Process, launch
from sandbox.state import read_json, write_json

# The kubelet's: at once after the first end, then after 10 s, 20 s … 5 min; from the start after 10 min without an end.
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, FORGIVEN_AFTER_SECONDS = 10.0, 300.0, 600.0
_OF_THE_CALLER = ("GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT")  # a container has none but those of its pod


@dataclass(frozen=True)
class Supervised:
    """What became of one process so far."""

    restarts: int = 0
    ended: str = ""  # why it ended last
    waits_until: float | None = None  # seconds since the epoch; only while it is down for longer than a moment


@dataclass
class Backoff:
    """How long to wait until a process that has ended is started again."""

    next_wait_seconds: float = 0.0

    def after(self, ran_seconds: float) -> float:
        """The wait after a process has run for so long."""
        if ran_seconds >= FORGIVEN_AFTER_SECONDS:
            self.next_wait_seconds = 0.0
        wait = self.next_wait_seconds
        self.next_wait_seconds = min(LONGEST_WAIT_SECONDS, wait * 2 or FIRST_WAIT_SECONDS)
        return wait


@dataclass
class _Child:
    """One process over all its starts."""

    popen: subprocess.Popen[bytes] | None = None
    process: Process | None = None
    asked_at: int = 0  # when it was asked for: another time means to start it whatever happened before
    started_at: float = 0.0  # of the monotonic clock, as is `due_at`
    due_at: float = 0.0
    crashed: bool = False  # whether its next start is a restart
    oom_kills: int = 0
    backoff: Backoff = field(default_factory=Backoff)
    told: Supervised = Supervised()


class Supervisor:
    """The processes of one run's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ledger = folder, Ledger(folder / "processes.json")
        self.groups: str | None = (read_json(folder / "run.json") or {}).get("cgroups")
        self.children: dict[str, _Child] = {}

    def look(self) -> float | None:
        """See who has ended, start who is wanted and due; seconds until the next one is due."""
        for name, child in self.children.items():
            if child.popen and (code := child.popen.poll()) is not None:
                self._ended(name, child, code)
        wanted = self._wanted()
        for name, asked_at in wanted.items():
            child = self.children.setdefault(name, _Child())
            if child.popen is None and child.asked_at != asked_at:
                child.asked_at, child.backoff, child.due_at, child.crashed = asked_at, Backoff(), 0.0, False
            if child.popen is None and child.due_at <= time.monotonic():
                self._start(name, child)
        waits = [c.due_at - time.monotonic() for name, c in self.children.items() if c.popen is None and name in wanted]
        return max(0.0, min(waits)) if waits else None

    def stop(self) -> None:
        """Kill every process."""
        for child in self.children.values():
            if child.popen:
                child.popen.kill()
                child.popen.wait()

    def _wanted(self) -> dict[str, int]:
        """When each was asked for, in the order they are started."""
        asked = {each.name: each.stat().st_mtime_ns for each in (self.folder / "wanted").iterdir()}
        return {name: asked[name] for name in read_json(self.folder / "commands.json") or () if name in asked}

    def _start(self, name: str, child: _Child) -> None:
        command = (read_json(self.folder / "commands.json") or {})[name]
        child.oom_kills = self._oom_kills(name)
        child.popen = launch(name, command["arguments"], self.folder, command["environment"])
        child.started_at = time.monotonic()
        child.told = Supervised(child.told.restarts + child.crashed, child.told.ended)
        child.process = Process.of(name, child.popen.pid)  # there is one, ended or not, until the next look
        self.ledger.add(child.process)
        self._tell(name, "started")

    def _ended(self, name: str, child: _Child, code: int) -> None:
        child.popen = None
        reason = self._reason(name, child, code)
        if self._wanted().get(name) == child.asked_at:
            wait = child.backoff.after(time.monotonic() - child.started_at)
            child.due_at, child.crashed = time.monotonic() + wait, True
            child.told = Supervised(child.told.restarts, reason, time.time() + wait if wait else None)
            self._tell(name, f"has ended: {reason}; starts again {f'in {wait:.0f} s' if wait else 'at once'}")
        else:
            child.told = Supervised(child.told.restarts, "stopped")
            self._tell(name, f"was stopped ({reason})")
        if child.process:
            self.ledger.remove(child.process)  # last: who waits for that finds the rest written
            child.process = None

    def _reason(self, name: str, child: _Child, code: int) -> str:
        if code >= 0:
            return f"exit code {code}"
        if code == -signal.SIGKILL and self._oom_kills(name) > child.oom_kills:
            return "killed at its memory limit"
        return f"signal {signal.Signals(-code).name}"

    def _oom_kills(self, name: str) -> int:
        if self.groups is None:
            return 0
        with suppress(OSError, SandboxError):
            return cgroup(f"{self.groups}/{name}").read().oom_kills
        return 0

    def _tell(self, name: str, what: str) -> None:
        write_json(self.folder / "supervised.json", {each: asdict(c.told) for each, c in self.children.items()})
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        print(f"{now} {name} {what}", flush=True)


def main(folder: Path) -> None:
    """Supervise until SIGTERM."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    ending = False

    def on_signal(number: int, _: object) -> None:
        nonlocal ending
        ending = ending or number == signal.SIGTERM

    for number in (signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, on_signal)
    for name in _OF_THE_CALLER:
        os.environ.pop(name, None)
    supervisor = Supervisor(folder)
    try:
        while not ending:
            select.select([reading], [], [], supervisor.look())
            with suppress(BlockingIOError):
                os.read(reading, 4096)
    finally:
        supervisor.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
