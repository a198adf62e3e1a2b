"""Names that only one process knows: its own /etc/hosts, as a pod has it."""

import os
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

HOSTS = Path("/etc/hosts")
_MOUNT = 'mount --bind "$1" /etc/hosts && shift && exec "$@"'


def knowing(names: Mapping[str, Iterable[str]], file: Path, command: list[str]) -> list[str]:
    """`command`, for which each name stands for all its addresses; `file` becomes its /etc/hosts."""
    lines = [f"{address} {name}\n" for name, addresses in names.items() for address in addresses]
    file.write_text(HOSTS.read_text() + "".join(lines))
    return [*_in_own_mounts(), "/bin/sh", "-c", _MOUNT, "sh", str(file), *command]


@cache
def possible() -> bool:
    """Whether this user may give a process mounts of its own: it is tried."""
    command = [*_in_own_mounts(), "/bin/sh", "-c", _MOUNT, "sh", str(HOSTS), "/bin/true"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _in_own_mounts() -> list[str]:
    return ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--"]
