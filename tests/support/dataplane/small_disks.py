"""A small disk for one instance of a data plane: a file with a filesystem, mounted where its data is, for it alone.

The mount is in a namespace of the process, and goes with it, however that ends; the file goes with the run. So what is
written stays over a restart, as on a volume of a cluster, and none of it is memory.
"""

import json
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from sandbox.certs import write_private
from sandbox.state import read_json
from sandbox.tempo_processes import Tempo

_MOUNT = 'mount -o loop "$1" "$2" && shift 2 && exec "$@"'


@cache
def missing() -> str | None:
    """Why there can be no such disk here, in one line; None where there can: it is tried."""
    with tempfile.TemporaryDirectory() as folder:
        file, here = Path(folder) / "disk", Path(folder) / "here"
        here.mkdir()
        try:
            _make(file, 8 * 2**20)
            done = subprocess.run(_with(file, here, ["/bin/true"]), capture_output=True, text=True, check=False)
        except (OSError, subprocess.CalledProcessError) as error:
            return f"a disk of its own needs mkfs.ext4 ({error})"
    return None if done.returncode == 0 else f"a disk of its own needs loop devices ({done.stderr.strip()})"


def give(tempo: Tempo, name: str, size_bytes: int) -> None:
    """Start an instance anew, on an empty disk of this size."""
    tempo.stop(name)
    file = tempo.folder / f"{name}.disk"
    _make(file, size_bytes)
    commands = read_json(tempo.folder / "commands.json") or {}
    commands[name]["arguments"] = _with(file, _data(tempo, name), commands[name]["arguments"])
    write_private(tempo.folder / "commands.json", json.dumps(commands).encode())
    tempo.start(name)
    tempo.wait_ready([name])


def seen(tempo: Tempo, name: str) -> Path:
    """The folder of the disk, through the eyes of the live process, which nobody else shares."""
    process = tempo.process(name)
    assert process
    return Path(f"/proc/{process.pid}/root{_data(tempo, name)}")


def _data(tempo: Tempo, name: str) -> Path:
    return tempo.instances[name].folder / "data"


def _make(file: Path, size_bytes: int) -> None:
    with file.open("wb") as disk:
        disk.truncate(size_bytes)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(file)], check=True, capture_output=True)  # all of it for anyone


def _with(file: Path, folder: Path, command: list[str]) -> list[str]:
    return ["unshare", "--mount", "--", "/bin/sh", "-c", _MOUNT, "sh", str(file), str(folder), *command]
