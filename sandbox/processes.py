"""Background processes that are written down, recognised again by id and start time, and ended for good."""

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from sandbox.state import read_json, write_json

_KILLED_WITHIN_SECONDS = 5.0


@dataclass(frozen=True)
class Process:
    """One process: an id alone can be somebody else's by now, so its start time is part of its identity."""

    name: str
    pid: int
    started: float  # seconds since the epoch, as psutil says

    @classmethod
    def of(cls, name: str, pid: int) -> "Process":
        """The process that has this id now. Raises psutil.NoSuchProcess."""
        return cls(name, pid, psutil.Process(pid).create_time())

    def running(self) -> psutil.Process | None:
        """The live process, or None where it has ended, or where its id was given to another."""
        try:
            process = psutil.Process(self.pid)
            same = process.create_time() == self.started and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return process if same else None


class Ledger:
    """The processes of one sandbox, kept in a file so that any later run can see them and end them."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> list[Process]:
        """Every process written down, alive or not, in the order they were started."""
        return [Process(**entry) for entry in read_json(self._file) or ()]

    def add(self, process: Process) -> None:
        """Write one more process down."""
        self._write([*self.read(), process])

    def remove(self, process: Process) -> None:
        """Forget a process that has ended."""
        self._write([p for p in self.read() if p != process])

    def start(
        self, name: str, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None
    ) -> Process:
        """Start `command` as `launch` does, and write it down."""
        process = Process.of(name, launch(name, command, folder, environment).pid)
        self.add(process)
        return process

    def stop(self, grace_seconds: float = 5.0) -> None:
        """End every process, the last started first, and forget them."""
        end(reversed(self.read()), grace_seconds)
        self._file.unlink(missing_ok=True)

    def _write(self, processes: list[Process]) -> None:
        write_json(self._file, [asdict(p) for p in processes])


def launch(
    name: str, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `command` in `folder`, out of reach of the terminal's Ctrl-C, its output in `name`.log there."""
    with (folder / f"{name}.log").open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end(processes: Iterable[Process], grace_seconds: float) -> None:
    """Ask every live one to stop, and kill what has not after `grace_seconds`; with none, kill at once."""
    live = [running for process in processes if (running := process.running())]
    if grace_seconds:
        for process in live:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
    _, stubborn = psutil.wait_procs(live, timeout=grace_seconds)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=_KILLED_WITHIN_SECONDS)
