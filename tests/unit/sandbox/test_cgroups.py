"""What is written into control groups of both versions and read from them, on folders that look like the kernel's.

The files' contents are as the kernel's documentation shows them: admin-guide/cgroup-v1/memory.rst, cgroup-v2.rst.
"""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import cgroups
from sandbox.cgroups import V1, V2, Cgroup, Limits, Reading
from sandbox.errors import SandboxError

LIMITS = Limits(cpu_millicores=517, memory_bytes=240 * 2**20)
V1_READINGS = {
    "cpu/cpu.stat": "nr_periods 600\nnr_throttled 60\nthrottled_time 1500000000\n",
    "cpu/cpu.cfs_quota_us": "51700\n",
    "cpu/cpu.cfs_period_us": "100000\n",
    "cpuacct/cpuacct.usage": "2500000000\n",
    "memory/memory.stat": "cache 9\ninactive_file 1\ntotal_inactive_file 50331648\n",
    "memory/memory.usage_in_bytes": "150994944\n",
    "memory/memory.max_usage_in_bytes": "251658240\n",
    "memory/memory.limit_in_bytes": "251658240\n",
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
}
V2_READINGS = {
    "cpu.stat": "usage_usec 2500000\nuser_usec 1\nnr_periods 600\nnr_throttled 60\nthrottled_usec 1500000\n",
    "cpu.max": "51700 100000\n",
    "memory.stat": "anon 9\ninactive_file 50331648\n",
    "memory.current": "150994944\n",
    "memory.peak": "251658240\n",
    "memory.max": "251658240\n",
    "memory.events": "low 0\nhigh 0\nmax 7\noom 2\noom_kill 2\n",
}
SAME = Reading(
    cpu_seconds=2.5,
    throttled_seconds=1.5,
    throttled_periods=60,
    periods=600,
    memory_bytes=96 * 2**20,
    memory_max_bytes=240 * 2**20,
    memory_limit_bytes=240 * 2**20,
    cpu_limit_millicores=517,
    oom_kills=2,
)


@pytest.fixture
def v1(tmp_path: Path) -> V1:
    """A group of a machine that has controllers of version 1."""
    for controller in ("cpu", "cpuacct", "memory"):
        (tmp_path / controller).mkdir()
        (tmp_path / controller / "cgroup.procs").touch()
    group = cgroups.cgroup("run/ingester-0", tmp_path, own_group(tmp_path, "/"))
    assert isinstance(group, V1)
    (tmp_path / "memory" / group.path).mkdir(parents=True)
    (tmp_path / "memory" / group.path / "memory.memsw.limit_in_bytes").touch()
    return group


@pytest.fixture
def v2(tmp_path: Path) -> V2:
    """A group of a machine that has version 2 only."""
    v2_group(tmp_path, controllers="cpu io memory")
    for above in ("tempostack", "tempostack/run"):
        v2_group(tmp_path / above, controllers="cpu memory")
    v2_group(tmp_path / "tempostack/run/ingester-0", controllers="cpu memory")
    group = cgroups.cgroup("run/ingester-0", tmp_path, own_group(tmp_path, "/"))
    assert isinstance(group, V2)
    return group


def test_version_1_holds_cpu_by_quota_and_memory_with_no_swap_beside_it(v1: V1) -> None:
    v1.create(LIMITS)
    assert written(v1, "cpu.cfs_quota_us") == "51700"
    assert written(v1, "cpu.cfs_period_us") == "100000"
    assert written(v1, "memory.limit_in_bytes") == str(240 * 2**20)
    assert written(v1, "memory.memsw.limit_in_bytes") == str(240 * 2**20)


def test_version_2_holds_cpu_by_quota_and_memory_with_no_swap_beside_it(v2: V2) -> None:
    (v2.folders[0] / "memory.swap.max").touch()
    v2.create(LIMITS)
    assert written(v2, "cpu.max") == "51700 100000"
    assert written(v2, "memory.max") == str(240 * 2**20)
    assert written(v2, "memory.swap.max") == "0"


def test_a_kernel_that_counts_no_swap_is_told_nothing_of_it(v1: V1, tmp_path: Path) -> None:
    (v1.folders[2] / "memory.memsw.limit_in_bytes").unlink()
    v1.create(LIMITS)
    assert not (v1.folders[2] / "memory.memsw.limit_in_bytes").exists()
    v2_group(tmp_path / "tempostack/run/querier-0", controllers="cpu memory")
    for above in (tmp_path, tmp_path / "tempostack", tmp_path / "tempostack/run"):
        v2_group(above, controllers="cpu memory")
    group = V2(tmp_path, "tempostack/run/querier-0")
    group.create(LIMITS)
    assert not (group.folders[0] / "memory.swap.max").exists()


def test_every_group_above_hands_the_controllers_on_before_there_are_limits(v2: V2, tmp_path: Path) -> None:
    v2.create(LIMITS)
    for above in (tmp_path, tmp_path / "tempostack", tmp_path / "tempostack/run"):
        assert (above / "cgroup.subtree_control").read_text() == "+cpu +memory"
    assert (v2.folders[0] / "cgroup.subtree_control").read_text() == ""  # it has processes, and so must not


def test_what_is_not_limited_is_written_so(v1: V1) -> None:
    v1.create(Limits())
    assert written(v1, "cpu.cfs_quota_us") == "-1"
    assert written(v1, "memory.limit_in_bytes") == "-1"
    assert written(v1, "memory.memsw.limit_in_bytes") == "-1"


def test_a_quota_is_never_below_what_the_kernel_takes(v1: V1) -> None:
    v1.create(Limits(cpu_millicores=3))
    assert written(v1, "cpu.cfs_quota_us") == "1000"


def test_both_versions_say_the_same_of_the_same_use(tmp_path: Path) -> None:
    for file, content in V1_READINGS.items():
        controller, _, name = file.partition("/")
        write(tmp_path / "one" / controller / "group" / name, content)
    for name, content in V2_READINGS.items():
        write(tmp_path / "two" / "group" / name, content)
    assert V1(tmp_path / "one", "group").read() == SAME
    assert V2(tmp_path / "two", "group").read() == SAME


def test_no_limit_is_read_as_none(tmp_path: Path) -> None:
    unlimited = {"cpu/cpu.cfs_quota_us": "-1\n", "memory/memory.limit_in_bytes": f"{2**63 - 4096}\n"}
    for file, content in (V1_READINGS | unlimited).items():
        controller, _, name = file.partition("/")
        write(tmp_path / "one" / controller / "group" / name, content)
    for name, content in (V2_READINGS | {"cpu.max": "max 100000\n", "memory.max": "max\n"}).items():
        write(tmp_path / "two" / "group" / name, content)
    for group in (V1(tmp_path / "one", "group"), V2(tmp_path / "two", "group")):
        assert (group.read().cpu_limit_millicores, group.read().memory_limit_bytes) == (None, None)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_process_is_in_its_group_before_it_becomes_the_command(version: str, request: pytest.FixtureRequest) -> None:
    group: Cgroup = request.getfixturevalue(version)
    group.create(LIMITS)
    command = group.entering(["/bin/sh", "-c", "echo $$; cat $0", str(group.folders[0] / "cgroup.procs")])
    own, entered = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert own == entered
    for folder in group.folders:
        assert (folder / "cgroup.procs").read_text() == f"{own}\n"


def test_a_process_that_cannot_enter_its_group_does_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    done = subprocess.run(V2(tmp_path, "no/group").entering(["/bin/touch", str(ran)]), capture_output=True, check=False)
    assert done.returncode != 0
    assert not ran.exists()


def test_removing_a_group_removes_those_below_it(v1: V1, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "rmdir", shutil.rmtree)  # the kernel's files go with their folder
    v1.create(LIMITS)
    run = V1(v1.root, "tempostack/run")
    run.remove()
    assert not any(folder.exists() for folder in (*v1.folders, *run.folders))


def test_the_highest_group_that_the_user_may_hand_on_is_used(tmp_path: Path) -> None:
    root = tmp_path / "cgroup"
    v2_group(root, controllers="cpu memory", writable=False)
    v2_group(root / "user.slice", controllers="memory")
    v2_group(root / "user.slice/user@1000", controllers="cpu memory")
    v2_group(root / "user.slice/user@1000/app.slice", controllers="cpu memory")
    group = cgroups.cgroup("run/x", root, own_group(tmp_path, "/user.slice/user@1000/app.slice"))
    assert group.folders == [root / "user.slice/user@1000/tempostack/run/x"]


def test_a_group_with_processes_hands_nothing_on_and_the_next_below_is_used(tmp_path: Path) -> None:
    root = tmp_path / "cgroup"
    v2_group(root / "box", controllers="cpu memory", processes="1\n")
    v2_group(root / "box/free", controllers="cpu memory")
    v2_group(root / "box/free/own", controllers="cpu memory", processes="7\n")
    group = cgroups.cgroup("run/x", root, own_group(tmp_path, "/box/free/own"))
    assert group.folders == [root / "box/free/tempostack/run/x"]


def test_a_group_that_has_handed_on_is_used_again(tmp_path: Path) -> None:
    root = tmp_path / "cgroup"
    v2_group(root / "box", controllers="cpu memory", processes="1\n")
    (root / "box/cgroup.subtree_control").write_text("cpu io memory\n")
    group = cgroups.cgroup("run/x", root, own_group(tmp_path, "/box"))
    assert group.folders == [root / "box/tempostack/run/x"]


def test_the_root_of_all_groups_hands_on_whatever_runs_in_it(tmp_path: Path) -> None:
    v2_group(tmp_path, controllers="cpu memory", processes="1\n")
    (tmp_path / "cgroup.type").unlink()  # only the root has none
    group = cgroups.cgroup("run/x", tmp_path, own_group(tmp_path, "/"))
    assert group.folders == [tmp_path / "tempostack/run/x"]


def test_where_every_group_has_processes_they_are_to_move_into_one_below(tmp_path: Path) -> None:
    """As in a container, whose only group they are in."""
    v2_group(tmp_path, controllers="cpu memory", processes="1\n")
    with pytest.raises(SandboxError, match=rf"{tmp_path} has processes.*mkdir {tmp_path}/own "):
        cgroups.cgroup("run/x", tmp_path, own_group(tmp_path, "/"))


def test_an_older_kernel_does_not_keep_the_most_memory_that_was_held(tmp_path: Path) -> None:
    for name, content in V2_READINGS.items():
        if name != "memory.peak":
            write(tmp_path / "group" / name, content)
    assert V2(tmp_path, "group").read() == replace(SAME, memory_max_bytes=None)


def test_a_machine_without_the_controllers_is_told_which_are_needed(tmp_path: Path) -> None:
    v2_group(tmp_path, controllers="memory")
    with pytest.raises(SandboxError, match="cpu and memory"):
        cgroups.cgroup("run/x", tmp_path, own_group(tmp_path, "/"))
    assert "run as root, or without --limits" in (cgroups.missing(tmp_path) or "")


def test_a_kernel_that_refuses_is_quoted_with_the_file_it_refused(tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    for controller in ("cpu", "cpuacct", "memory"):
        write(tmp_path / controller / "cgroup.procs", "")
        (tmp_path / controller / "tempostack").touch()  # no folder can be made here
    assert str(tmp_path / "cpu" / "tempostack") in (cgroups.missing(tmp_path) or "")


def own_group(folder: Path, path: str) -> Path:
    """What /proc/self/cgroup says of a process in that group."""
    file = folder / "own-group"
    file.write_text(f"1:name=systemd:/\n0::{path}\n")
    return file


def v2_group(folder: Path, controllers: str, writable: bool = True, processes: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cgroup.type").write_text("domain\n")
    (folder / "cgroup.controllers").write_text(f"{controllers}\n")
    if writable:
        (folder / "cgroup.procs").write_text(processes)
        (folder / "cgroup.subtree_control").write_text("")


def written(group: Cgroup, name: str) -> str:
    [file] = [folder / name for folder in group.folders if (folder / name).exists()]
    return file.read_text()


def write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
