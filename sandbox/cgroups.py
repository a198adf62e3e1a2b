"""Control groups of Linux, version 1 and 2: a process with a cpu quota and a memory limit, and what it used of them.

Source: the kernel's Documentation: admin-guide/cgroup-v1/memory.rst, admin-guide/cgroup-v2.rst,
scheduler/sched-bwc.rst.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError

ROOT = Path("/sys/fs/cgroup")
PARENT = "tempostack"  # every group of the sandbox is in a group of this name
PERIOD_MICROSECONDS = 100_000  # the kubelet's
_LEAST_QUOTA_MICROSECONDS = 1_000  # the kernel's, and so the kubelet's
_V1_CONTROLLERS = ("cpu", "cpuacct", "memory")
_V2_CONTROLLERS = ("cpu", "memory")
_EMPTY_WITHIN_SECONDS = 5.0
_ENTER = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@"'


@dataclass(frozen=True)
class Limits:
    """A container's limits; None: as much as there is."""

    cpu_millicores: int | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True)
class Reading:
    """What a group's processes have used since it was made, and what holds them."""

    cpu_seconds: float
    throttled_seconds: float
    throttled_periods: int
    periods: int
    memory_bytes: int  # the working set: without the pages of files that nobody has read lately
    memory_max_bytes: int | None  # None where the kernel does not keep it
    memory_limit_bytes: int | None  # as the kernel holds it: whole pages
    cpu_limit_millicores: int | None
    oom_kills: int


class Cgroup:
    """One group, which has a folder for each controller (version 1) or a single one (version 2)."""

    controllers: tuple[str, ...]

    def __init__(self, root: Path, path: str) -> None:
        self.root, self.path = root, path

    @property
    def folders(self) -> list[Path]:
        """Where the kernel shows the group."""
        raise NotImplementedError

    def create(self, limits: Limits) -> None:
        """Make the group, or set another one's limits. Raises OSError where the kernel refuses."""
        raise NotImplementedError

    def read(self) -> Reading:
        """What it used and what holds it. Raises FileNotFoundError where the group is gone."""
        raise NotImplementedError

    def entering(self, command: list[str]) -> list[str]:
        """`command`, in the group before its first instruction: a shell enters, and becomes the command."""
        entries = [str(folder / "cgroup.procs") for folder in self.folders]
        return ["/bin/sh", "-c", _ENTER, "sh", *entries, "--", *command]

    def remove(self) -> None:
        """Kill what is in the group and in those below it, and remove them."""
        groups = [group for folder in self.folders for group in _lowest_first(folder)]
        for group in groups:
            _empty(group)
        for group in groups:
            _remove(group)


class V1(Cgroup):
    """A hierarchy for each controller; the group has the same path in all of them."""

    controllers = _V1_CONTROLLERS

    @property
    def folders(self) -> list[Path]:
        return [self.root / controller / self.path for controller in self.controllers]

    def create(self, limits: Limits) -> None:
        for folder in self.folders:
            folder.mkdir(parents=True, exist_ok=True)
        cpu, _, memory = self.folders
        _write(cpu / "cpu.cfs_period_us", PERIOD_MICROSECONDS)
        _write(cpu / "cpu.cfs_quota_us", _quota(limits) or -1)
        if (memory / "memory.memsw.limit_in_bytes").exists():
            _write(memory / "memory.memsw.limit_in_bytes", -1)  # never below the other, which is set first
        _write(memory / "memory.limit_in_bytes", limits.memory_bytes or -1)
        if limits.memory_bytes and (memory / "memory.memsw.limit_in_bytes").exists():
            _write(memory / "memory.memsw.limit_in_bytes", limits.memory_bytes)

    def read(self) -> Reading:
        cpu, cpuacct, memory = self.folders
        throttling, pages = _table(cpu / "cpu.stat"), _table(memory / "memory.stat")
        quota, period = _number(cpu / "cpu.cfs_quota_us"), _number(cpu / "cpu.cfs_period_us")
        used, limit = _number(memory / "memory.usage_in_bytes"), _number(memory / "memory.limit_in_bytes")
        return Reading(
            cpu_seconds=_number(cpuacct / "cpuacct.usage") / 1e9,
            throttled_seconds=throttling["throttled_time"] / 1e9,
            throttled_periods=throttling["nr_throttled"],
            periods=throttling["nr_periods"],
            memory_bytes=max(0, used - pages["total_inactive_file"]),
            memory_max_bytes=_number(memory / "memory.max_usage_in_bytes"),
            memory_limit_bytes=limit if limit < 2**62 else None,  # without one it is the highest number of pages
            cpu_limit_millicores=round(quota * 1000 / period) if quota > 0 else None,
            oom_kills=_table(memory / "memory.oom_control").get("oom_kill", 0),  # since Linux 4.13
        )


class V2(Cgroup):
    """One hierarchy; `root` is the group above, which is given controllers to hand on."""

    controllers = _V2_CONTROLLERS

    @property
    def folders(self) -> list[Path]:
        return [self.root / self.path]

    def create(self, limits: Limits) -> None:
        [folder] = self.folders
        folder.mkdir(parents=True, exist_ok=True)
        for above in [*folder.parents][: len(Path(self.path).parts)][::-1]:
            absent = set(self.controllers) - set((above / "cgroup.subtree_control").read_text().split())
            if absent:
                _write(above / "cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(absent)))
        _write(folder / "cpu.max", f"{_quota(limits) or 'max'} {PERIOD_MICROSECONDS}")
        _write(folder / "memory.max", limits.memory_bytes or "max")
        if (folder / "memory.swap.max").exists():  # not where the kernel counts no swap
            _write(folder / "memory.swap.max", 0 if limits.memory_bytes else "max")

    def read(self) -> Reading:
        [folder] = self.folders
        cpu, pages = _table(folder / "cpu.stat"), _table(folder / "memory.stat")
        quota, period = (folder / "cpu.max").read_text().split()
        limit, peak = (folder / "memory.max").read_text().strip(), folder / "memory.peak"
        used = _number(folder / "memory.current")
        return Reading(
            cpu_seconds=cpu["usage_usec"] / 1e6,
            throttled_seconds=cpu["throttled_usec"] / 1e6,
            throttled_periods=cpu["nr_throttled"],
            periods=cpu["nr_periods"],
            memory_bytes=max(0, used - pages["inactive_file"]),
            memory_max_bytes=_number(peak) if peak.exists() else None,  # since Linux 5.19
            memory_limit_bytes=None if limit == "max" else int(limit),
            cpu_limit_millicores=None if quota == "max" else round(int(quota) * 1000 / int(period)),
            oom_kills=_table(folder / "memory.events")["oom_kill"],
        )


def cgroup(path: str, root: Path = ROOT, own: Path = Path("/proc/self/cgroup")) -> Cgroup:
    """The group of this path below the sandbox's own, in whichever version this machine has both controllers.

    `own` tells where this process is. Raises SandboxError where a part is missing.
    """
    if all((root / controller / "cgroup.procs").exists() for controller in _V1_CONTROLLERS):
        return V1(root, f"{PARENT}/{path}")
    delegated = list(_delegated(root, own))
    above = next((group for group in delegated if _hands_on(group)), None)
    if above is None and delegated:
        group = delegated[0]
        raise SandboxError(
            f"{group} has processes, and the kernel hands controllers on only from groups without; move them into "
            f"a group below: mkdir {group}/own && for p in $(cat {group}/cgroup.procs); do echo $p > "
            f"{group}/own/cgroup.procs; done"
        )
    if above is None:
        wanted = " and ".join(_V2_CONTROLLERS)
        raise SandboxError(
            f"no group below {root} has the controllers {wanted} and is this user's to hand on; "
            "run as root, or without --limits"
        )
    return V2(above, f"{PARENT}/{path}")


def missing(root: Path = ROOT) -> str | None:
    """Why no process can be held to limits here and what to do, in one line; None where it can: it is tried."""
    try:
        tried = cgroup(f"try-{os.getpid()}-{time.monotonic_ns()}", root)
        try:
            tried.create(Limits(cpu_millicores=1000, memory_bytes=64 * 2**20))
            done = subprocess.run(tried.entering(["/bin/true"]), capture_output=True, text=True, check=False)
            tried.read()
        finally:
            tried.remove()
    except SandboxError as error:
        return f"limits need control groups: {error}"
    except (OSError, KeyError) as error:
        reason = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
    else:
        if done.returncode == 0:
            return None
        reason = done.stderr.strip().splitlines()[-1]
    return f"limits need control groups that this user may write ({reason}); run as root, or without --limits"


def _delegated(root: Path, own: Path) -> Iterator[Path]:
    """The groups of version 2 from the highest to this process's own that this user may hand on."""
    line = next((line for line in own.read_text().splitlines() if line.startswith("0::/")), "0::/")
    group = root / line.removeprefix("0::/")
    above = [each for each in group.parents if each == root or root in each.parents]
    for each in [*reversed(above), group]:
        files = [each / name for name in ("cgroup.procs", "cgroup.subtree_control", "cgroup.controllers")]
        if not all(file.exists() for file in files) or not all(os.access(f, os.W_OK) for f in (each, *files[:2])):
            continue
        if set(_V2_CONTROLLERS) <= set(files[2].read_text().split()):
            yield each


def _hands_on(group: Path) -> bool:
    """Whether the groups below may have controllers: a group with processes gives them none, but for the very root.

    Source: cgroup-v2.rst, "No Internal Process Constraint"; the root is the one without a type.
    """
    has_given = set((group / "cgroup.subtree_control").read_text().split()) >= set(_V2_CONTROLLERS)
    return has_given or not (group / "cgroup.type").exists() or not (group / "cgroup.procs").read_text().strip()


def _quota(limits: Limits) -> int | None:
    """Microseconds of cpu in a period."""
    if limits.cpu_millicores is None:
        return None
    return max(_LEAST_QUOTA_MICROSECONDS, limits.cpu_millicores * PERIOD_MICROSECONDS // 1000)


def _lowest_first(folder: Path) -> list[Path]:
    """A group and all below it."""
    return sorted((each for each in (folder, *folder.rglob("*")) if each.is_dir()), reverse=True)


def _empty(folder: Path) -> None:
    """Kill every process of one group, again until there is none."""
    deadline = time.monotonic() + _EMPTY_WITHIN_SECONDS
    procs = folder / "cgroup.procs"
    while procs.exists() and (pids := procs.read_text().split()) and time.monotonic() < deadline:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.01)


def _remove(folder: Path) -> None:
    """Remove a group that is empty; the kernel is slow to let go of its last process."""
    deadline = time.monotonic() + _EMPTY_WITHIN_SECONDS
    while folder.is_dir():
        try:
            folder.rmdir()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _write(file: Path, value: int | str) -> None:
    try:
        file.write_text(str(value))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from None  # a refused value does not say whose


def _number(file: Path) -> int:
    return int(file.read_text())


def _table(file: Path) -> dict[str, int]:
    """Lines of a name and a number."""
    return {name: int(value) for name, value in (line.split() for line in file.read_text().splitlines())}
