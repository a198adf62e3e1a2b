"""A small real Tempo from rendered objects: addresses claimed, files moved there, started, found again, ended."""

import hashlib
import json
import os
import secrets
import shutil
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import platformdirs
from filelock import FileLock

from sandbox.certs import write_private
from sandbox.cgroups import Limits, cgroup, missing
from sandbox.errors import SandboxError, Unavailable
from sandbox.issued import Issued, schemes
from sandbox.loopback import Instance
from sandbox.processes import Ledger, Process, end, launch
from sandbox.rendered import BRIDGE, Object, RenderedStack, read_stack
from sandbox.state import read_json, write_json
from sandbox.tempo_pods import MINIO_HOST, instances_of, minio, s3_of, with_own_executable, write_files
from sandbox.tempo_processes import BUCKET, S3, Command, Tempo
from sandbox.toolchain import ensure

STATE = platformdirs.user_state_path("tempostack") / "tempo"
_PROJECT = Path(__file__).resolve().parent.parent
_KILLS_WITHIN_SECONDS = 10.0


@contextmanager
def running_tempo(objects: Iterable[Object], limits: bool = False, *, own_executables: bool = False) -> Iterator[Tempo]:
    """A data plane for the length of a block; if this process is killed in it, the next start throws it away."""
    name = f"run-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        yield up(name, objects, owner=Process.of("owner", os.getpid()), limits=limits, own_executables=own_executables)
    finally:
        down(name)


def up(
    name: str,
    objects: Iterable[Object],
    owner: Process | None = None,
    limits: bool = False,
    *,
    own_executables: bool = False,
) -> Tempo:
    """The data plane `name`, started from rendered objects if it does not run.

    One that runs in part, or from other objects, is thrown away. Returns when it takes traces and finds them. With an
    `owner`, the next start throws it away once that process has ended. With `limits`, each process is held to those of
    its container by the kernel; with `own_executables` too, the pages of its executable count, as for the only pod of
    its image on a node. Raises SandboxError.
    """
    if limits and (reason := missing()):
        raise SandboxError(reason)
    objects = list(objects)
    stack, rendered = read_stack(objects), _digest(objects, limits, own_executables)
    ensure(("minio", "tempo"))
    stack = _with_what_there_is(stack)
    STATE.mkdir(parents=True, exist_ok=True, mode=0o700)
    remove_abandoned()
    with FileLock(STATE / f"{name}.lock"):
        if (running := find(name)) and running.whole() and running.rendered == rendered:
            running.wait_serving()  # whoever started it may have been killed before it was
            return running
        _remove(STATE / name)
        tempo = _claim(name, stack, rendered, owner, limits)
        write_files(tempo, stack, Issued(objects))
        if limits:
            _hold(tempo, stack, own_executables)
        try:
            _start(tempo)
        except BaseException:
            _end(tempo.folder)  # the logs stay until the next start
            raise
    return tempo


def _with_what_there_is(stack: RenderedStack) -> RenderedStack:
    """The stack without the Jaeger UI's bridge, where that is neither installed nor can be built."""
    if all(workload.component != BRIDGE for workload in stack.workloads):
        return stack
    try:
        ensure((BRIDGE,))
    except Unavailable:
        others = tuple(workload for workload in stack.workloads if workload.component != BRIDGE)
        return replace(stack, workloads=others, left_out=(*stack.left_out, BRIDGE))
    return stack


def find(name: str) -> Tempo | None:
    """The data plane of this name, whether all of it still runs or not; None where there is none."""
    state = read_json(STATE / name / "run.json")
    if state is None:
        return None
    commands = read_json(STATE / name / "commands.json") or {}
    return Tempo(
        STATE / name,
        state["stack"],
        state["rendered"],
        S3(**state["s3"]),
        {entry["name"]: Instance(**entry | {"folder": Path(entry["folder"])}) for entry in state["instances"]},
        {each: Command(**command) for each, command in commands.items()},
        state["schemes"],
        state["cgroups"],
        tuple(state["left_out"]),
    )


def down(name: str) -> bool:
    """End every process of a data plane and remove its data; False where there was nothing to end."""
    if not (STATE / name).is_dir():
        return False
    lock = FileLock(STATE / f"{name}.lock")
    with lock:
        _remove(STATE / name)
    Path(lock.lock_file).unlink(missing_ok=True)
    return True


def remove_abandoned() -> None:
    """Throw away the data planes whose owner has ended without doing so."""
    for file in STATE.glob("*/run.json"):
        state = read_json(file)  # None where its owner has just ended it
        if state and state["owner"] and not Process(**state["owner"]).running():
            down(file.parent.name)


def _remove(folder: Path) -> None:
    groups = (read_json(folder / "run.json") or {}).get("cgroups")
    _end(folder)
    if groups:
        cgroup(groups).remove()
    shutil.rmtree(folder, ignore_errors=True)


def _end(folder: Path) -> None:
    """Kill every process of a run, first the one that would start the others again."""
    if supervisor := read_json(folder / "supervisor.json"):
        end([Process(**supervisor)], _KILLS_WITHIN_SECONDS)
    Ledger(folder / "processes.json").stop(grace_seconds=0)  # nothing it could still save is kept


def _digest(*decided: object) -> str:
    return hashlib.sha256(json.dumps(decided, default=str).encode()).hexdigest()


def _claim(name: str, stack: RenderedStack, rendered: str, owner: Process | None, limits: bool) -> Tempo:
    """Give the run a block of 254 loopback addresses that no other has, and write that down."""
    with FileLock(STATE / "blocks.lock"):
        block = _free_block({state["block"] for f in STATE.glob("*/run.json") if (state := read_json(f))})
        folder = STATE / name
        folder.mkdir(mode=0o700)
        instances, spoken = instances_of(stack, block, folder), schemes(stack)
        s3, groups = s3_of(block, spoken["s3"]), name if limits else None
        state = {
            "block": block,
            "stack": stack.name,
            "rendered": rendered,
            "owner": asdict(owner) if owner else None,
            "s3": asdict(s3),
            "schemes": spoken,
            "cgroups": groups,
            "left_out": stack.left_out,
            "instances": [asdict(i) | {"folder": str(i.folder)} for i in instances],
        }
        write_json(folder / "run.json", state)
    commands = {"minio": minio(s3, folder, stack.minio)}
    by_name = {i.name: i for i in instances}
    return Tempo(folder, stack.name, rendered, s3, by_name, commands, spoken, groups, stack.left_out)


def _hold(tempo: Tempo, stack: RenderedStack, own_executables: bool) -> None:
    """A control group for each process, which is in it from its first instruction on."""
    limits = {workload.component: workload.limits for workload in stack.workloads}
    for name, command in tempo.commands.items():
        if group := tempo.cgroup(name):
            of_minio = stack.minio.limits if stack.minio else Limits()  # somebody else's store has no limits here
            group.create(of_minio if name == "minio" else limits[tempo.instances[name].component])
            own = with_own_executable(command.arguments, tempo.folder / "bin" / name) if own_executables else None
            tempo.commands[name] = Command(group.entering(own or command.arguments), command.environment)


def _free_block(taken: set[str]) -> str:
    """The first three numbers of 254 addresses (127.a.b.*) that neither this user nor another one listens on."""
    refused: OSError | None = None
    for _ in range(20):
        block = f"127.{64 + secrets.randbelow(190)}.{secrets.randbelow(256)}"
        if block in taken:
            continue
        try:
            with socket.create_server((f"{block}.{MINIO_HOST}", 9000)):
                return block
        except OSError as error:
            refused = error
    raise SandboxError(f"no loopback addresses for Tempo ({refused}): 127.0.0.0/8 must be usable, as it is on Linux")


def _start(tempo: Tempo) -> None:
    (tempo.folder / "minio" / BUCKET).mkdir(parents=True)  # a folder on MinIO's only drive is a bucket
    tempo.wanted.mkdir()
    commands = {name: asdict(command) for name, command in tempo.commands.items()}
    write_private(tempo.folder / "commands.json", json.dumps(commands).encode())
    tempo.start("minio")  # before there is somebody to wake, whom that would end until they can be woken
    supervise = [sys.executable, "-m", "sandbox.supervisor", str(tempo.folder)]
    started = launch("supervisor", supervise, tempo.folder, {"PYTHONPATH": str(_PROJECT)})
    write_json(tempo.folder / "supervisor.json", asdict(Process.of("supervisor", started.pid)))
    tempo.wait_ready(["minio"])
    for name in tempo.instances:
        tempo.start(name)
    tempo.wait_serving()
