"""A running data plane: MinIO and the Tempo processes of one run, where they listen, what they use, how they end."""

import http.client
import signal
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from sandbox.cgroups import Cgroup, cgroup
from sandbox.errors import SandboxError
from sandbox.issued import client_context
from sandbox.loopback import Instance
from sandbox.processes import Ledger, Process, end
from sandbox.rendered import BRIDGE, KUBERNETES_GRACE_SECONDS
from sandbox.state import read_json
from sandbox.supervisor import Supervised

BUCKET = "tempo"
_BRIDGE_PORT = 7777
_STOPPED_WITHIN_SECONDS = 10.0
_READY_WITHIN_SECONDS = 120.0  # an ingester is ready ~15 s after it joins the ring; the rest is for a busy machine


@dataclass(frozen=True)
class S3:
    """The object store of one run, and what is in the Secret that a cluster would have."""

    address: str  # host:port
    access_key: str
    secret_key: str
    bucket: str = BUCKET
    scheme: str = "http"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://{self.address}"

    @property
    def environment(self) -> dict[str, str]:
        """What the components put into the containers' environment from the Secret."""
        return {
            "S3_ENDPOINT": self.url,
            "S3_BUCKET": self.bucket,
            "S3_ACCESS_KEY": self.access_key,
            "S3_SECRET_KEY": self.secret_key,
        }


@dataclass(frozen=True)
class Command:
    """How an instance is started."""

    arguments: list[str]
    environment: dict[str, str]


@dataclass(frozen=True)
class Usage:
    """What a process and those before it under its name have used; without limits, what the live one uses now."""

    cpu_seconds: float
    throttled_seconds: float
    throttled_periods: int
    periods: int
    memory_bytes: int  # the working set: what is used, without file pages that nobody has read lately
    memory_max_bytes: int | None  # the highest since the run began, such pages included; None: nobody kept it
    memory_limit_bytes: int | None
    cpu_limit_millicores: int | None
    oom_kills: int
    restarts: int


@dataclass
class Tempo:
    """A running data plane. Addresses are host:port for gRPC and URLs for HTTP."""

    folder: Path
    stack: str
    rendered: str  # the digest of the objects it was made from
    s3: S3
    instances: dict[str, Instance]
    commands: dict[str, Command]
    schemes: Mapping[str, str] = field(default_factory=lambda: {"api": "http", "otlp": "http"})
    cgroups: str | None = None  # the name of the group that holds one for each process; None: without limits
    left_out: tuple[str, ...] = ()  # the rendered containers that have no executable here

    @property
    def substitutions(self) -> Path:
        """A text file: every value of the components' files that is not the rendered one, a line each."""
        return self.folder / "substitutions.txt"

    @property
    def otlp_grpcs(self) -> list[str]:
        """Where spans are pushed over gRPC: every distributor."""
        return [f"{self.instances[name].address}:4317" for name in self.named("distributor")]

    @property
    def otlp_https(self) -> list[str]:
        """Where spans are pushed over HTTP, every distributor; the path is /v1/traces."""
        scheme = self.schemes["otlp"]
        return [f"{scheme}://{self.instances[name].address}:4318" for name in self.named("distributor")]

    @property
    def otlp_grpc(self) -> str:
        """The first distributor, over gRPC."""
        return self.otlp_grpcs[0]

    @property
    def otlp_http(self) -> str:
        """The first distributor, over HTTP."""
        return self.otlp_https[0]

    @property
    def bridges(self) -> list[str]:
        """Where the Jaeger UI asks for traces over gRPC: the tempo-query of every query frontend's pod."""
        return [f"{self.instances[name].address}:{_BRIDGE_PORT}" for name in self.named(BRIDGE)]

    @property
    def query(self) -> str:
        """Tempo's query API, at the first query frontend."""
        return self.url(self.named("query-frontend")[0])

    def url(self, name: str) -> str:
        """The HTTP API of one instance."""
        return f"{self.schemes['api']}://{self.instances[name].address}:3200"

    def metrics(self, name: str) -> str:
        """What one instance counts, in Prometheus' text format; empty where it does not answer."""
        try:
            with urllib.request.urlopen(f"{self.url(name)}/metrics", timeout=5, context=self.context) as response:
                return str(response.read().decode())
        except (OSError, http.client.HTTPException):
            return ""

    @property
    def certificates(self) -> Path:
        """A client's `tls.crt` and `tls.key`, and the authority's `ca.crt`, for a stack that speaks TLS."""
        return self.folder / "tls"

    @property
    def context(self) -> ssl.SSLContext:
        """What a client of the stack's own would present and trust, whether anything is encrypted or not."""
        return client_context(self.certificates)

    def named(self, component: str) -> list[str]:
        """The names of a component's instances."""
        return [i.name for i in self.instances.values() if i.component == component]

    def process(self, name: str) -> Process | None:
        """The live process of an instance, or of `minio`; None where it has ended."""
        matching = [p for p in self.ledger.read() if p.name == name and p.running()]
        return matching[-1] if matching else None

    def whole(self) -> bool:
        """Whether every process runs, and the one that keeps them running."""
        return all(self.process(name) for name in self.names) and self.supervisor.running() is not None

    @property
    def names(self) -> list[str]:
        """Every process, in the order they are started."""
        return ["minio", *self.instances]

    @property
    def wanted(self) -> Path:
        """A folder with a file for each process that is to run."""
        return self.folder / "wanted"

    @property
    def supervisor(self) -> Process:
        """The process that starts the others, and starts them again."""
        return Process(**(read_json(self.folder / "supervisor.json") or {"name": "supervisor", "pid": 0, "started": 0}))

    def supervised(self, name: str) -> Supervised:
        """What became of a process so far: restarts, and why it ended last."""
        told = read_json(self.folder / "supervised.json") or {}
        return Supervised(**told.get(name, {}))

    def usage(self, name: str) -> Usage:
        """What `minio` or an instance has used, and what holds it."""
        restarts = self.supervised(name).restarts
        if group := self.cgroup(name):
            return Usage(**asdict(group.read()), restarts=restarts)
        cpu_seconds, memory_bytes = _used_by(self.process(name))
        return Usage(cpu_seconds, 0.0, 0, 0, memory_bytes, None, None, None, 0, restarts)

    def cgroup(self, name: str) -> Cgroup | None:
        """The control group of a process; None in a run without limits."""
        return cgroup(f"{self.cgroups}/{name}") if self.cgroups else None

    def ready(self, name: str) -> bool:
        """Whether an instance, or `minio`, says that it is ready; of the bridge, whether it listens."""
        if name == "minio":
            return _answers(f"{self.s3.url}/minio/health/ready", self.context)
        if self.instances[name].component == BRIDGE:
            return _listens(self.instances[name].address, _BRIDGE_PORT)
        return _answers(f"{self.url(name)}/ready", self.context)

    def wait_ready(
        self, names: Iterable[str], *, within_seconds: float | None = None, through_restarts: bool = False
    ) -> None:
        """Until every one of `names` (`minio` among them) is ready.

        Raises SandboxError at the deadline, and where one ends again and again; `through_restarts` waits for it, too.
        """
        within_seconds = _READY_WITHIN_SECONDS if within_seconds is None else within_seconds
        deadline = time.monotonic() + within_seconds
        waiting = list(names)
        # All are asked in every round: an ingester counts its 15 s from the first time that it is asked.
        while waiting := [name for name in waiting if not self.ready(name)]:
            if self.supervisor.running() is None:
                raise SandboxError(f"{waiting[0]} is not ready, and what starts it has ended; see {self.folder}")
            for name in waiting if not through_restarts else ():
                if (told := self.supervised(name)).waits_until:
                    raise SandboxError(f"{name} has ended ({told.ended}): {_reason(self.folder / f'{name}.log')}")
            if time.monotonic() > deadline:
                log = self.folder / f"{waiting[0]}.log"
                raise SandboxError(f"{waiting[0]}: not ready within {within_seconds:.0f} s; its log is {log}")
            time.sleep(0.2)

    def wait_serving(self) -> None:
        """Until all but the compactor are ready.

        That one first watches its ring for about a minute, and nothing is written or read through it.
        """
        self.wait_ready(name for name in self.names if name not in self.named("compactor"))

    def grace_seconds(self, name: str) -> float:
        """The time that Kubernetes gives the pod of an instance, or of `minio`, to end."""
        return self.instances[name].grace_seconds if name in self.instances else KUBERNETES_GRACE_SECONDS

    def start(self, name: str) -> None:
        """Have an instance, or `minio`, started and kept running; what runs is left alone."""
        if not (self.wanted / name).exists():
            (self.wanted / name).touch()
            self._wake()

    def stop(self, name: str, grace_seconds: float | None = None) -> None:
        """End an instance, or `minio`, for good: asked first, and killed after the grace, its pod's by default."""
        if grace_seconds is None:
            grace_seconds = self.grace_seconds(name)
        (self.wanted / name).unlink(missing_ok=True)
        self._wake()
        process = self.process(name)
        end([process] if process else [], grace_seconds)
        deadline = time.monotonic() + _STOPPED_WITHIN_SECONDS
        while process in self.ledger.read():
            if time.monotonic() > deadline:
                raise SandboxError(f"{name} was ended, and nobody took note within {_STOPPED_WITHIN_SECONDS:.0f} s")
            time.sleep(0.02)

    def kill(self, name: str) -> None:
        """End an instance, or `minio`, as a crash does: it is started again as the kubelet would."""
        if process := self.process(name):
            end([process], grace_seconds=0)

    def restart(self, name: str) -> None:
        """End an instance at once, start it again with the same files, and wait until it is ready."""
        self.stop(name, grace_seconds=0)
        self.start(name)
        self.wait_ready([name])

    def _wake(self) -> None:
        if running := self.supervisor.running():
            with suppress(psutil.NoSuchProcess):
                running.send_signal(signal.SIGHUP)

    @property
    def ledger(self) -> Ledger:
        """Every process of the run, MinIO first."""
        return Ledger(self.folder / "processes.json")


def _answers(url: str, context: ssl.SSLContext) -> bool:
    """Whether a GET of `url` answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=2, context=context) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException):
        return False


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False


def _used_by(process: Process | None) -> tuple[float, int]:
    """Seconds of cpu and bytes of memory that a live process uses; nothing where it has ended."""
    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        if process and (live := process.running()):
            times = live.cpu_times()
            return times.user + times.system, live.memory_info().rss
    return 0.0, 0


def _reason(log: Path) -> str:
    """The last error in a log, or else its last line."""
    lines = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
    return next((line for line in reversed(lines) if "level=error" in line or "FATAL" in line), lines[-1])
