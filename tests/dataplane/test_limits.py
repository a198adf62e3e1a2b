"""The plan's limits on the real kernel: cpu by quota, memory to the page, and what becomes of who wants more."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from allocation import allocate
from sandbox import cgroups
from sandbox.cgroups import Cgroup, Limits
from sandbox.rendered import render
from sandbox.state import write_json
from sandbox.supervisor import Supervisor
from sandbox.tempo_pods import with_own_executable
from sandbox.tempo_processes import Tempo
from sandbox.tempo_runs import running_tempo
from sandbox.toolchain import binary
from settings import load_file
from tests.support.dataplane.traces import eventually, new_trace, push_over_grpc, spans_by_id

UNSUITED = cgroups.missing()
pytestmark = pytest.mark.skipif(UNSUITED is not None, reason=str(UNSUITED))

DEADLINE_SECONDS = 60
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
BUSY = [sys.executable, "-c", "while True: pass"]
GREEDY = [sys.executable, "-c", "bytearray(200 * 2**20)"]
SPEC: dict[str, Any] = {
    "storage": {"secret": {"name": "minio", "type": "s3"}},
    "storageSize": "1Gi",
    "tls": {"mode": "off"},
    "resources": {"total": {"limits": {"cpu": "2000m", "memory": "2Gi"}}},
    "template": {
        "distributor": {"replicas": 2},
        "queryFrontend": {"replicas": 2, "jaegerQuery": {"enabled": True}},
    },
}


@pytest.fixture
def run() -> Iterator[str]:
    """The name of a group of the test's own, which is removed with all that is in it."""
    name = f"test-{os.getpid()}-{secrets.token_hex(4)}"
    yield name
    cgroups.cgroup(name).remove()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("limits") / "spec.yaml"
    file.write_text(yaml.safe_dump(SPEC))
    return file


@pytest.fixture(scope="module")
def limited(file: Path) -> Iterator[Tempo]:
    with running_tempo(render(file), limits=True) as running:
        yield running


def test_a_busy_process_gets_its_quota_of_every_period_and_no_more(run: str) -> None:
    group = cgroups.cgroup(f"{run}/busy")
    group.create(Limits(cpu_millicores=300, memory_bytes=64 * 2**20))
    with subprocess.Popen(group.entering(BUSY)) as busy:
        try:
            wait_until(lambda: group.read().throttled_periods >= 5)
            first = group.read()
            wait_until(lambda: group.read().throttled_periods >= first.throttled_periods + 20)
            last = group.read()
        finally:
            busy.kill()
    used, quota_seconds = last.cpu_seconds - first.cpu_seconds, 0.3 * cgroups.PERIOD_MICROSECONDS / 1e6
    assert used < 1.1 * quota_seconds * (last.periods - first.periods)
    # On a machine with more to do it may miss its quota in other periods, but not in those that ended it.
    assert used > 0.9 * quota_seconds * (last.throttled_periods - first.throttled_periods)
    assert last.throttled_seconds > first.throttled_seconds


def test_who_wants_more_memory_than_its_limit_is_killed_counted_and_started_again(run: str, tmp_path: Path) -> None:
    group = cgroups.cgroup(f"{run}/greedy")
    group.create(Limits(cpu_millicores=1000, memory_bytes=50 * 2**20))
    (tmp_path / "wanted").mkdir()
    (tmp_path / "wanted" / "greedy").touch()
    write_json(tmp_path / "run.json", {"cgroups": run})
    write_json(tmp_path / "commands.json", {"greedy": {"arguments": group.entering(GREEDY), "environment": {}}})
    supervisor = Supervisor(tmp_path)
    try:
        wait_until(lambda: supervisor.look() is not None and supervisor.children["greedy"].told.waits_until is not None)
        assert supervisor.children["greedy"].told.ended == "killed at its memory limit"
    finally:
        supervisor.stop()
    used = group.read()
    assert (used.oom_kills, supervisor.children["greedy"].told.restarts) == (2, 1)
    if used.memory_max_bytes is not None:  # an older kernel keeps it for version 1 only
        assert 45 * 2**20 < used.memory_max_bytes <= 50 * 2**20


def test_the_pages_of_an_executable_of_its_own_count_for_the_process(run: str, tmp_path: Path) -> None:
    command = [str(binary("tempo")), "--version"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # from here on its pages are somebody else's
    used: dict[str, int] = {}
    for name, arguments in (("shared", command), ("own", with_own_executable(command, tmp_path / "own"))):
        group = cgroups.cgroup(f"{run}/{name}")
        group.create(Limits(cpu_millicores=1000, memory_bytes=200 * 2**20))
        subprocess.run(group.entering(arguments), stdout=subprocess.DEVNULL, check=True)
        if (most := group.read().memory_max_bytes) is None:
            pytest.skip("this kernel does not keep the most memory that a group of version 2 held")
        used[name] = most
    assert used["own"] > used["shared"] + 10 * 2**20


def test_every_process_has_exactly_the_limits_of_the_plan(limited: Tempo, file: Path) -> None:
    plan = allocate(load_file(file))
    planned = {
        (workload.component, container.name): container
        for workload in plan.every_workload
        for container in workload.containers
    }
    for name in limited.names:
        component = limited.instances[name].component if name in limited.instances else "minio"
        containers = {"tempo-query": ("query-frontend", "tempo-query"), "minio": ("minio", "minio")}
        container = planned.get(containers.get(component, (component, "tempo")))
        if container is None:  # a bare spec brings no MinIO of its own
            assert component == "minio"
            assert limited.usage(name).memory_limit_bytes is None
            continue
        cpu, memory = container.limits["cpu"].amount, container.limits["memory"].amount
        assert cpu is not None
        assert memory is not None
        usage = limited.usage(name)
        assert (name, usage.cpu_limit_millicores) == (name, cpu)
        assert (name, usage.memory_limit_bytes) == (name, memory // PAGE_BYTES * PAGE_BYTES)


def test_every_process_is_in_its_own_group_with_the_environment_of_its_container(limited: Tempo) -> None:
    for name in limited.instances:
        [pid] = members(limited, name)
        process = limited.process(name)
        assert process
        running = process.running()
        assert running
        assert running.pid == pid
        limit = limited.usage(name).memory_limit_bytes
        assert limit
        assert int(running.environ()["GOMEMLIMIT"]) == pytest.approx(0.8 * limit, rel=0.01)


def test_who_is_killed_comes_back_into_its_group(limited: Tempo) -> None:
    before, [killed] = limited.usage("querier-0"), members(limited, "querier-0")
    limited.kill("querier-0")
    limited.wait_ready(["querier-0"])
    after, [back] = limited.usage("querier-0"), members(limited, "querier-0")
    assert back != killed
    assert after == replace(after, restarts=before.restarts + 1, oom_kills=0)
    assert after.cpu_seconds > before.cpu_seconds


def test_a_trace_is_found_through_every_query_frontend_whichever_distributor_took_it(limited: Tempo) -> None:
    trace = new_trace()
    assert len(limited.otlp_grpcs) == 2
    push_over_grpc(limited, trace)
    for name in limited.named("query-frontend"):
        found = eventually(f"the trace at {name}", lambda name=name: spans_by_id(limited.url(name), trace))  # type: ignore[misc]
        assert found == trace.identities


def members(tempo: Tempo, name: str) -> list[int]:
    """The processes in an instance's group, as every controller sees them."""
    group = tempo.cgroup(name)
    assert isinstance(group, Cgroup)
    seen = {tuple(map(int, (folder / "cgroup.procs").read_text().split())) for folder in group.folders}
    assert len(seen) == 1, "the controllers do not agree"
    return list(seen.pop())


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
