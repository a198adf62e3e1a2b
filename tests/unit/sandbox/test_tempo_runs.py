"""How data planes start, are found again and end, with stand-ins for the binaries that only say that they are ready."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sandbox import dataplane, tempo_pods, tempo_processes, tempo_runs
from sandbox.__main__ import main
from sandbox.cgroups import Limits
from sandbox.errors import SandboxError, Unavailable
from sandbox.processes import Process, end
from sandbox.rendered import BRIDGE, COMPONENTS, read_stack

STAND_IN = f"""#!{sys.executable}
import http.server, os, sys, yaml
if os.environ.get("REFUSE") in sys.argv[1]:
    sys.exit("level=error msg=\\"no such setting\\"")
option = dict(a.split("=", 1) for a in sys.argv[1:] if "=" in a)
if "--address" in option:
    host, port = option["--address"].split(":")
else:
    server = yaml.safe_load(open(option["-config.file"]))["server"]
    host, port = server["http_listen_address"], server["http_listen_port"]
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if os.path.exists(os.environ["NOT_READY"]) else 200)
        self.end_headers()
http.server.HTTPServer((host, int(port)), Ready).serve_forever()
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    stand_in = tmp_path / "stand-in"
    stand_in.write_text(STAND_IN)
    stand_in.chmod(0o755)
    state = tmp_path / "state"
    monkeypatch.setattr(tempo_runs, "STATE", state)
    monkeypatch.setattr(tempo_pods, "binary", lambda _: stand_in)
    monkeypatch.setattr(tempo_runs, "ensure", lambda _: [])
    monkeypatch.setenv("REFUSE", "nobody")
    monkeypatch.setenv("NOT_READY", str(tmp_path / "not-ready"))
    yield state
    for run in state.glob("*/run.json"):
        tempo_runs.down(run.parent.name)


def test_two_at_once_have_addresses_of_their_own() -> None:
    one, other = tempo_runs.up("one", objects()), tempo_runs.up("other", objects())
    assert {i.address for i in one.instances.values()}.isdisjoint(i.address for i in other.instances.values())
    assert one.s3.address != other.s3.address
    assert one.whole()
    assert other.whole()


def test_every_replica_of_every_component_is_a_process_of_its_own() -> None:
    tempo = tempo_runs.up("three", objects(ingesters=3))
    assert tempo.named("ingester") == ["ingester-0", "ingester-1", "ingester-2"]
    assert tempo.named("distributor") == ["distributor-0", "distributor-1"]
    assert len(set(tempo.otlp_grpcs)) == 2
    assert all(tempo.process(name) for name in tempo.instances)


def test_what_runs_is_found_again_and_not_started_twice() -> None:
    first = tempo_runs.up("same", objects())
    again = tempo_runs.up("same", objects())
    assert [p.pid for p in again.ledger.read()] == [p.pid for p in first.ledger.read()]


def test_what_runs_from_other_objects_is_started_anew() -> None:
    first = tempo_runs.up("edited", objects()).ledger.read()
    again = tempo_runs.up("edited", objects(ingesters=2))
    assert again.whole()
    assert again.named("ingester") == ["ingester-0", "ingester-1"]
    assert not any(p.running() for p in first)


def test_what_runs_already_is_up_only_when_it_is_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tempo_runs.up("slow", objects())
    (tmp_path / "not-ready").touch()
    monkeypatch.setattr(tempo_processes, "_READY_WITHIN_SECONDS", 0.1)
    with pytest.raises(SandboxError, match="not ready within"):
        tempo_runs.up("slow", objects())


def test_what_runs_in_part_is_started_anew() -> None:
    first = tempo_runs.up("part", objects())
    first.stop("querier-0")
    assert not first.whole()
    assert tempo_runs.up("part", objects()).whole()


def test_what_nobody_keeps_running_is_started_anew() -> None:
    first = tempo_runs.up("unkept", objects())
    before = first.process("querier-0")
    end([first.supervisor], grace_seconds=0)
    assert not first.whole()
    again = tempo_runs.up("unkept", objects())
    assert again.whole()
    assert again.process("querier-0") != before


def test_a_process_that_is_killed_is_started_again_and_counted() -> None:
    tempo = tempo_runs.up("killed", objects())
    before = tempo.process("querier-0")
    tempo.kill("querier-0")
    tempo.wait_ready(["querier-0"])
    assert tempo.process("querier-0") != before
    assert tempo.usage("querier-0").restarts == 1
    assert tempo.supervised("querier-0").ended == "signal SIGKILL"


def test_a_process_that_is_stopped_stays_down_until_it_is_started() -> None:
    tempo = tempo_runs.up("stopped", objects())
    tempo.stop("querier-0")
    tempo.kill("querier-1")
    tempo.wait_ready(["querier-1"])  # the supervisor has looked at both since
    assert tempo.process("querier-0") is None
    tempo.start("querier-0")
    tempo.wait_ready(["querier-0"])
    assert tempo.usage("querier-0").restarts == 0


def test_down_leaves_no_process_and_no_data(state: Path) -> None:
    processes = tempo_runs.up("short", objects()).ledger.read()
    assert tempo_runs.down("short")
    assert not any(p.running() for p in processes)
    assert not (state / "short").exists()
    assert tempo_runs.find("short") is None
    assert not tempo_runs.down("short")


def test_a_killed_owner_s_data_plane_is_ended_by_the_next_start(state: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as owner:
        left = tempo_runs.up("left", objects(), owner=Process.of("owner", owner.pid)).ledger.read()
        tempo_runs.up("meanwhile", objects())
        assert all(p.running() for p in left)
        owner.kill()
        owner.wait()
    tempo_runs.up("next", objects())
    assert not any(p.running() for p in left)
    assert not (state / "left").exists()


def test_a_component_that_ends_at_once_is_named_with_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFUSE", "-target=querier")
    with pytest.raises(SandboxError, match=r"querier-0 has ended \(exit code 1\): .*no such setting"):
        tempo_runs.up("broken", objects())


def test_without_control_groups_nothing_is_started_under_limits(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempo_runs, "missing", lambda: "no control groups; run as root, or without --limits")
    with pytest.raises(SandboxError, match="run as root, or without --limits"):
        tempo_runs.up("limited", objects(), limits=True)
    assert not state.exists()


def test_the_command_line_says_in_one_line_why_there_are_no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataplane, "missing", lambda: "no control groups; run as root, or without --limits")
    done = CliRunner().invoke(main, ["tempo", "up", "no-such-file.yaml", "--limits"])
    assert done.exit_code == 1
    assert done.output == "Error: no control groups; run as root, or without --limits\n"


def test_containers_without_an_executable_here_are_named() -> None:
    rendered = objects()
    frontend = next(o for o in rendered if "-target=query-frontend" in str(o))
    frontend["spec"]["template"]["spec"]["containers"] += [
        {"name": "jaeger-query", "args": []},
        {"name": "tempo-query", "args": ["-config=/conf/tempo-query.yaml"]},
    ]
    gateway = {"name": "tempo-gateway", "args": ["--web.listen=0.0.0.0:8080"]}
    rendered.append(deployment("tempo-x-gateway", [gateway]))
    stack = read_stack(rendered)
    assert stack.left_out == ("jaeger-query (tempo-x-query-frontend)", "tempo-gateway (tempo-x-gateway)")
    bridge = stack.workloads[-1]
    assert (bridge.component, bridge.beside, bridge.replicas) == ("tempo-query", "query-frontend", 2)


def test_a_bridge_that_cannot_be_had_is_left_out_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = objects()
    frontend = next(o for o in rendered if "-target=query-frontend" in str(o))
    frontend["spec"]["template"]["spec"]["containers"].append({"name": BRIDGE, "args": ["-config=/conf/bridge.yaml"]})

    def ensure(names: Iterable[str]) -> None:
        if BRIDGE in names:
            raise Unavailable("no modules")

    monkeypatch.setattr(tempo_runs, "ensure", ensure)
    running = tempo_runs.up("one", rendered)
    assert running.left_out == (BRIDGE,)
    assert running.bridges == []
    assert running.whole()


def test_a_container_s_limits_are_read_from_where_it_is_rendered() -> None:
    rendered = objects()
    ingester = next(o for o in rendered if "-target=ingester" in str(o))
    limits = {"cpu": "1.5", "memory": "999Mi", "ephemeral-storage": "1Gi"}
    ingester["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": limits}
    minio = {"name": "minio", "args": ["server"], "resources": {"limits": {"cpu": "500m", "memory": "1G"}}}
    stack = read_stack([*rendered, deployment("tempo-x-minio", [minio])])
    by_component = {workload.component: workload.limits for workload in stack.workloads}
    assert by_component["ingester"] == Limits(cpu_millicores=1500, memory_bytes=999 * 2**20)
    assert by_component["querier"] == Limits()
    assert stack.minio
    assert stack.minio.limits == Limits(cpu_millicores=500, memory_bytes=10**9)


def objects(ingesters: int = 1) -> list[dict[str, Any]]:
    """Rendered objects of the least that the data plane reads."""
    files = {f"{component}.yaml": "server: {http_listen_port: 3200}" for component in COMPONENTS}
    config_map = {"kind": "ConfigMap", "metadata": {"name": "tempo-x"}, "data": files | {"overrides.yaml": ""}}
    return [config_map, *(_workload(component, ingesters) for component in COMPONENTS)]


def _workload(component: str, ingesters: int) -> dict[str, Any]:
    container = {"name": "tempo", "args": [f"-target={component}", f"-config.file=/conf/{component}.yaml"]}
    return deployment(f"tempo-x-{component}", [container], replicas=ingesters if component == "ingester" else 2)


def deployment(name: str, containers: list[dict[str, Any]], replicas: int = 1) -> dict[str, Any]:
    spec = {"replicas": replicas, "template": {"spec": {"containers": containers}}}
    return {"kind": "Deployment", "metadata": {"name": name}, "spec": spec}
