"""A running data plane: MinIO and the Tempo processes of one run, where they listen, and how they are started again."""

import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.issued import client_context
from sandbox.loopback import Instance
from sandbox.processes import Ledger, Process, end

BUCKET = "tempo"
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


@dataclass
class Tempo:
    """A running data plane. Addresses are host:port for gRPC and URLs for HTTP."""

    folder: Path
    stack: str
    rendered: str  # the digest of the objects it was made from
    s3: S3
    instances: dict[str, Instance]
    commands: dict[str, Command]  # empty where the run was started by another process
    schemes: Mapping[str, str] = field(default_factory=lambda: {"api": "http", "otlp": "http"})

    @property
    def substitutions(self) -> Path:
        """A text file: every value of the components' files that is not the rendered one, a line each."""
        return self.folder / "substitutions.txt"

    @property
    def otlp_grpc(self) -> str:
        """Where spans are pushed over gRPC."""
        return f"{self._one('distributor').address}:4317"

    @property
    def otlp_http(self) -> str:
        """Where spans are pushed over HTTP; the path is /v1/traces."""
        return f"{self.schemes['otlp']}://{self._one('distributor').address}:4318"

    @property
    def query(self) -> str:
        """Tempo's query API, at the query frontend."""
        return self.url(self._one("query-frontend").name)

    def url(self, name: str) -> str:
        """The HTTP API of one instance."""
        return f"{self.schemes['api']}://{self.instances[name].address}:3200"

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
        """Whether every process runs."""
        return all(self.process(name) for name in ["minio", *self.instances])

    def ready(self, name: str) -> bool:
        """Whether an instance, or `minio`, says that it is ready."""
        if name == "minio":
            return _answers(f"{self.s3.url}/minio/health/ready", self.context)
        return _answers(f"{self.url(name)}/ready", self.context)

    def wait_ready(self, names: Iterable[str]) -> None:
        """Until every one of `names` (`minio` among them) is ready.

        Raises SandboxError when one has ended, or at the deadline.
        """
        deadline = time.monotonic() + _READY_WITHIN_SECONDS
        for name in names:
            log = self.folder / f"{name}.log"
            while not self.ready(name):
                if self.process(name) is None:
                    raise SandboxError(f"{name} has ended: {_reason(log)}")
                if time.monotonic() > deadline:
                    raise SandboxError(f"{name}: not ready within {_READY_WITHIN_SECONDS:.0f} s; its log is {log}")
                time.sleep(0.2)

    def wait_serving(self) -> None:
        """Until all but the compactor are ready.

        That one first watches its ring for about a minute, and nothing is written or read through it.
        """
        self.wait_ready(name for name in ("minio", *self.instances) if name not in self.named("compactor"))

    def start(self, name: str) -> None:
        """Start an instance, or `minio`."""
        command = self.commands[name]
        self.ledger.start(name, command.arguments, self.folder, command.environment)

    def restart(self, name: str) -> None:
        """End an instance at once, as a crash does, start it again with the same files, and wait until it is ready."""
        if process := self.process(name):
            end([process], grace_seconds=0)
            self.ledger.remove(process)
        self.start(name)
        self.wait_ready([name])

    @property
    def ledger(self) -> Ledger:
        """Every process of the run, MinIO first."""
        return Ledger(self.folder / "processes.json")

    def _one(self, component: str) -> Instance:
        return next(i for i in self.instances.values() if i.component == component)


def _answers(url: str, context: ssl.SSLContext) -> bool:
    """Whether a GET of `url` answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=2, context=context) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException):
        return False


def _reason(log: Path) -> str:
    """The last error in a log, or else its last line."""
    lines = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
    return next((line for line in reversed(lines) if "level=error" in line or "FATAL" in line), lines[-1])
