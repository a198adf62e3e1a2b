"""A real Kubernetes control plane on loopback, with simulated nodes: started, found again, ended."""

import base64
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock

from sandbox import control_plane
from sandbox.catalog import CONTROL_PLANE
from sandbox.certs import make_certificates, write_private
from sandbox.errors import SandboxError
from sandbox.processes import Ledger, Process
from sandbox.state import read_json, write_json
from sandbox.toolchain import data_folder, ensure

STATE = platformdirs.user_state_path("tempostack") / "sandbox"
_READY_WITHIN_SECONDS = 90.0
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True)
class Cluster:
    """A control plane that answered: its API server's address, its administrator's kubeconfig, its private folder."""

    name: str
    server: str
    folder: Path

    @property
    def kubeconfig(self) -> Path:
        """Credentials of a member of system:masters."""
        return self.folder / "kubeconfig"

    @property
    def processes(self) -> list[Process]:
        """Everything that runs for this sandbox."""
        return Ledger(self.folder / "processes.json").read()


def find(name: str) -> Cluster | None:
    """The running control plane of this name; None where there is none, or where a part of it has died."""
    folder = _folder(name)
    state = read_json(folder / "cluster.json")
    if state is None:
        return None
    cluster = Cluster(name, state["server"], folder)
    return cluster if cluster.processes and all(p.running() for p in cluster.processes) else None


def names() -> list[str]:
    """Every sandbox that has a folder, whether it runs or not."""
    return sorted(p.name for p in STATE.iterdir() if p.is_dir()) if STATE.is_dir() else []


def up(name: str, owner: Process | None = None) -> Cluster:
    """The control plane `name`, started if it does not run.

    One that was killed half way is thrown away and started anew. With an `owner`, it is also thrown away by whoever
    comes next once that process has ended. Raises SandboxError.
    """
    ensure(CONTROL_PLANE)
    folder = _folder(name)
    STATE.mkdir(parents=True, exist_ok=True, mode=0o700)
    _remove_abandoned()
    with _lock(name):
        if running := find(name):
            return running
        _remove(folder)
        folder.mkdir(mode=0o700)
        if owner:
            write_json(folder / "owner.json", asdict(owner))
        try:
            return _start(name, folder)
        except BaseException:
            Ledger(folder / "processes.json").stop(grace_seconds=0)  # the logs stay until the next start
            raise


def down(name: str) -> bool:
    """End every process of a sandbox and remove its folder; False where there was nothing to end."""
    folder = _folder(name)
    if not folder.is_dir():
        return False
    with _lock(name):
        _remove(folder)
    Path(_lock(name).lock_file).unlink(missing_ok=True)
    return True


@contextmanager
def running_cluster(name: str) -> Iterator[Cluster]:
    """A control plane for the length of a block; if this process is killed in it, the next start throws it away."""
    try:
        yield up(name, owner=Process.of("owner", os.getpid()))
    finally:
        down(name)


def _start(name: str, folder: Path) -> Cluster:
    from sandbox import api  # the Kubernetes client takes long to import: only a start needs it

    ledger = Ledger(folder / "processes.json")
    certificates = make_certificates(folder / "pki", ("localhost",), ("127.0.0.1",))
    token = secrets.token_urlsafe(32)
    tokens, rules = folder / "tokens.csv", folder / "kwok.yaml"
    write_private(tokens, f"{token},admin,admin,system:masters\n".encode())
    control_plane.write_kwok_rules(rules)

    with _reserved_port() as port:
        cluster = Cluster(name, f"https://127.0.0.1:{port}", folder)
        authority = base64.b64encode(certificates.authority.read_bytes()).decode()
        config_text = control_plane.kubeconfig(name, cluster.server, authority, token)
        write_private(cluster.kubeconfig, config_text.encode())
        client = api.connect(cluster.kubeconfig)
        ledger.start("etcd", control_plane.etcd(folder / "etcd"), folder)
        ledger.start("kube-apiserver", control_plane.kube_apiserver(port, certificates, tokens), folder)
        _wait("kube-apiserver", ledger, folder, lambda: api.answers(client, "/readyz"))
    controllers = control_plane.kube_controller_manager(cluster.kubeconfig, certificates)
    ledger.start("kube-controller-manager", controllers, folder)
    ledger.start("kube-scheduler", control_plane.kube_scheduler(cluster.kubeconfig), folder)
    ledger.start("kwok", control_plane.kwok(cluster.kubeconfig, rules), folder)
    api.add_nodes_and_storage(client, data_folder("kwok") / "storage-class.yaml")
    api.add_custom_resources(client, data_folder("crds"))
    _wait("nodes", ledger, folder, lambda: api.all_nodes_ready(client))
    _wait("custom resources", ledger, folder, lambda: api.all_custom_resources_served(client))
    account = "/api/v1/namespaces/default/serviceaccounts/default"
    _wait("default service account", ledger, folder, lambda: api.answers(client, account))
    write_json(folder / "cluster.json", {"server": cluster.server})
    return cluster


def _wait(what: str, ledger: Ledger, folder: Path, ready: Callable[[], bool]) -> None:
    """Until `ready`; ends early, with the last line of its log, when a process of the control plane has died."""
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while not ready():
        for process in ledger.read():
            if not process.running():
                raise SandboxError(f"{process.name} has ended: {_last_line(folder / f'{process.name}.log')}")
        if time.monotonic() > deadline:
            raise SandboxError(f"{what}: not ready within {_READY_WITHIN_SECONDS:.0f} s; the logs are in {folder}")
        time.sleep(0.05)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


@contextmanager
def _reserved_port() -> Iterator[int]:
    """A free loopback port that no one else can be given while the block runs, except a server that shares ports."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def _folder(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise SandboxError(f"--name {name!r}: write lower-case letters, digits and dashes, at most 40")
    return STATE / name


def _lock(name: str) -> FileLock:
    return FileLock(STATE / f"{name}.lock")


def _remove(folder: Path) -> None:
    for ledger in sorted(folder.rglob("processes.json"), key=lambda file: -len(file.parts)):  # inner ones use the outer
        Ledger(ledger).stop(grace_seconds=0)  # nothing they could still write will be kept
    shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned() -> None:
    """Throw away the sandboxes whose owner has ended without doing so."""
    for name in names():
        owner = read_json(STATE / name / "owner.json")
        if owner and not Process(**owner).running():
            down(name)
