"""A small real Tempo from rendered objects: addresses claimed, files moved there, started, found again, ended."""

import hashlib
import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import platformdirs
from filelock import FileLock

from sandbox.certs import write_private
from sandbox.errors import SandboxError
from sandbox.issued import Issued, schemes
from sandbox.loopback import Instance, Substitution, folders, relocate, replace_text
from sandbox.processes import Ledger, Process
from sandbox.rendered import Object, RenderedStack, Workload, read_stack
from sandbox.state import read_json, write_json
from sandbox.tempo_processes import BUCKET, S3, Command, Tempo
from sandbox.toolchain import binary, ensure

STATE = platformdirs.user_state_path("tempostack") / "tempo"
MINIO_CERTIFICATES = "minio-certs"
_MINIO_HOST, _FIRST_HOST = 9, 11


@contextmanager
def running_tempo(objects: Iterable[Object]) -> Iterator[Tempo]:
    """A data plane for the length of a block; if this process is killed in it, the next start throws it away."""
    name = f"run-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        yield up(name, objects, owner=Process.of("owner", os.getpid()))
    finally:
        down(name)


def up(name: str, objects: Iterable[Object], owner: Process | None = None) -> Tempo:
    """The data plane `name`, started from rendered objects if it does not run.

    One that runs in part, or from other objects, is thrown away. Returns when it takes traces and finds them. With an
    `owner`, the next start throws it away once that process has ended. Raises SandboxError.
    """
    objects = list(objects)
    stack, rendered = read_stack(objects), hashlib.sha256(json.dumps(objects, default=str).encode()).hexdigest()
    ensure(("minio", "tempo"))
    STATE.mkdir(parents=True, exist_ok=True, mode=0o700)
    remove_abandoned()
    with FileLock(STATE / f"{name}.lock"):
        if (running := find(name)) and running.whole() and running.rendered == rendered:
            running.wait_serving()  # whoever started it may have been killed before it was
            return running
        _remove(STATE / name)
        tempo = _claim(name, stack, rendered, owner)
        _write_files(tempo, stack, Issued(objects))
        try:
            _start(tempo)
        except BaseException:
            tempo.ledger.stop(grace_seconds=0)  # the logs stay until the next start
            raise
    return tempo


def find(name: str) -> Tempo | None:
    """The data plane of this name, whether all of it still runs or not; None where there is none."""
    state = read_json(STATE / name / "run.json")
    if state is None:
        return None
    instances = {entry["name"]: Instance(**entry | {"folder": Path(entry["folder"])}) for entry in state["instances"]}
    s3 = S3(**state["s3"])
    return Tempo(STATE / name, state["stack"], state["rendered"], s3, instances, {}, state["schemes"])


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
    Ledger(folder / "processes.json").stop(grace_seconds=0)  # nothing it could still save is kept
    shutil.rmtree(folder, ignore_errors=True)


def _claim(name: str, stack: RenderedStack, rendered: str, owner: Process | None) -> Tempo:
    """Give the run a block of 254 loopback addresses that no other has, and write that down."""
    with FileLock(STATE / "blocks.lock"):
        block = _free_block({state["block"] for f in STATE.glob("*/run.json") if (state := read_json(f))})
        folder = STATE / name
        folder.mkdir(mode=0o700)
        instances = _instances(stack, block, folder)
        spoken = schemes(stack)
        address = f"{block}.{_MINIO_HOST}:9000"
        s3 = S3(address, secrets.token_hex(8), secrets.token_hex(16), scheme=spoken["s3"])
        state = {
            "block": block,
            "stack": stack.name,
            "rendered": rendered,
            "owner": asdict(owner) if owner else None,
            "s3": asdict(s3),
            "schemes": spoken,
            "instances": [asdict(i) | {"folder": str(i.folder)} for i in instances],
        }
        write_json(folder / "run.json", state)
    by_name = {i.name: i for i in instances}
    return Tempo(folder, stack.name, rendered, s3, by_name, {"minio": _minio(s3, folder)}, spoken)


def _write_files(tempo: Tempo, stack: RenderedStack, issued: Issued) -> None:
    """Everything that a process reads when it starts."""
    changes = [change for i in tempo.instances.values() for change in _prepare(tempo, stack, i, issued)]
    tempo.substitutions.write_text("".join(f"{change}\n" for change in changes))
    issued.write_pair(tempo.certificates, ("tls.crt", "tls.key"), "client")
    write_private(tempo.certificates / "ca.crt", issued.authority.certificate)
    if tempo.s3.scheme == "https":
        host, _, _ = tempo.s3.address.partition(":")
        issued.write_pair(tempo.folder / MINIO_CERTIFICATES, ("public.crt", "private.key"), "minio", [host])


def _instances(stack: RenderedStack, block: str, folder: Path) -> list[Instance]:
    """One process a component, but for ingesters, of which each replica holds its own part of the data."""
    names = [
        (workload.component, f"{workload.component}-{number}")
        for workload in stack.workloads
        for number in range(workload.replicas if workload.component == "ingester" else 1)
    ]
    return [
        Instance(name, component, f"{block}.{host}", folder / name)
        for host, (component, name) in enumerate(names, start=_FIRST_HOST)
    ]


def _free_block(taken: set[str]) -> str:
    """The first three numbers of 254 addresses (127.a.b.*) that neither this user nor another one listens on."""
    refused: OSError | None = None
    for _ in range(20):
        block = f"127.{64 + secrets.randbelow(190)}.{secrets.randbelow(256)}"
        if block in taken:
            continue
        try:
            with socket.create_server((f"{block}.{_MINIO_HOST}", 9000)):
                return block
        except OSError as error:
            refused = error
    raise SandboxError(f"no loopback addresses for Tempo ({refused}): 127.0.0.0/8 must be usable, as it is on Linux")


def _minio(s3: S3, folder: Path) -> Command:
    arguments = [
        "server",
        str(folder / "minio"),
        f"--address={s3.address}",
        f"--certs-dir={folder / MINIO_CERTIFICATES}",
    ]
    credentials = {"MINIO_ROOT_USER": s3.access_key, "MINIO_ROOT_PASSWORD": s3.secret_key}
    return Command([str(binary("minio")), *arguments], {**credentials, "MINIO_BROWSER": "off"})


def _prepare(tempo: Tempo, stack: RenderedStack, instance: Instance, issued: Issued) -> list[Substitution]:
    """Write the instance's files and keep how it is started; what its files say otherwise than the rendered ones."""
    workload = next(w for w in stack.workloads if w.component == instance.component)
    text, changes = relocate(stack, instance, list(tempo.instances.values()))
    conf = instance.folder / "conf"
    conf.mkdir(parents=True)
    (instance.folder / "data").mkdir()
    (conf / "overrides.yaml").write_text(stack.files["overrides.yaml"])
    (conf / f"{instance.component}.yaml").write_text(text)
    for files in workload.certificates:
        issued.write(files, instance.folder / "tls")
    tempo.commands[instance.name] = _tempo(workload, instance, tempo.s3)
    return changes


def _tempo(workload: Workload, instance: Instance, s3: S3) -> Command:
    if unknown := workload.from_secrets - s3.environment.keys():
        raise SandboxError(f"{instance.component}: the data plane has no Secret for {', '.join(sorted(unknown))}")
    arguments = [replace_text(argument, folders(instance)) for argument in workload.arguments]
    return Command([str(binary("tempo")), *arguments], {**workload.environment, **s3.environment})


def _start(tempo: Tempo) -> None:
    (tempo.folder / "minio" / BUCKET).mkdir(parents=True)  # a folder on MinIO's only drive is a bucket
    tempo.start("minio")
    tempo.wait_ready(["minio"])
    for name in tempo.instances:
        tempo.start(name)
    tempo.wait_serving()
