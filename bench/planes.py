"""Data planes for the benchmarks: a spec rendered as a user would have it, run under its own limits, ended for sure."""

import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.records import fingerprint
from bench.splits import Split, Total, with_blocks_of, with_blocks_searched
from sandbox.load import Intake
from sandbox.rendered import render
from sandbox.tempo_processes import Tempo
from sandbox.tempo_runs import running_tempo
from settings import Quantity

Object = Mapping[str, Any]
Limits = dict[str, tuple[int, int]]  # component -> millicores, bytes of each replica
# MinIO is not what is measured: with the 512Mi of a development stack it takes few requests at once, and refuses more.
BESIDE = {
    "tempostack:name": "bench",
    "tempostack:namespace": "bench",
    "tempostack:minio": {"enabled": True, "resources": {"limits": {"cpu": "1", "memory": "3Gi"}}},
    "tempostack:minioRootPassword": "of-no-use-here",
}


@dataclass(frozen=True)
class Stack:
    """Rendered objects, ready to run."""

    objects: tuple[Object, ...]

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> "Stack":
        """A spec, rendered by the program itself. Raises SandboxError with its words."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "Pulumi.bench.yaml"
            file.write_text(yaml.safe_dump({"config": {**BESIDE, "tempostack:spec": dict(spec)}}))
            return cls(tuple(render(file)))

    @classmethod
    def of_split(cls, split: Split, total: Total, block_seconds: int = 0) -> "Stack":
        """A total, shared and with the settings as the split has them."""
        adjusted = cls(tuple(split.adjusted(cls.of(split.spec(total)).objects)))
        return adjusted.with_blocks_of(block_seconds)

    def with_blocks_of(self, seconds: int) -> "Stack":
        """The same, with blocks cut and looked for that often; as it is with 0."""
        return Stack(tuple(with_blocks_of(seconds, self.objects)))

    def with_blocks_searched(self) -> "Stack":
        """The same, with searches that read blocks as soon as they are in the bucket."""
        return Stack(tuple(with_blocks_searched(self.objects)))

    @property
    def fingerprint(self) -> str:
        """The same where it would run the same."""
        return fingerprint(self.objects)

    @property
    def limits(self) -> Limits:
        """What the containers of Tempo's five components have."""
        return dict(_limits(self.objects))

    @property
    def intake(self) -> Intake:
        """What it lets in."""
        texts = (
            item["data"]["overrides.yaml"] for item in self.objects if "overrides.yaml" in (item.get("data") or {})
        )
        return Intake.of_overrides(next(texts))

    @contextmanager
    def running(self, *, own_executables: bool = False) -> Iterator[Tempo]:
        """The data plane, in cgroups, for the length of a block. Raises SandboxError where one never gets ready.

        The pages of Tempo's executable are shared, as by pods of one image on one node, which is kind to a container
        with little memory; with `own_executables` each process pays for its own, as on nodes of their own.
        """
        with running_tempo(self.objects, limits=True, own_executables=own_executables) as tempo:
            yield tempo


class Deadline:
    """The end of the time that a run was given."""

    def __init__(self, minutes: float) -> None:
        self._end = time.monotonic() + 60 * minutes

    def left_seconds(self) -> float:
        """Until then; negative once it has passed."""
        return self._end - time.monotonic()

    def allows(self, seconds: float) -> bool:
        """Whether something that takes so long would still end in time."""
        return self.left_seconds() >= seconds


def _limits(objects: Iterable[Object]) -> Iterator[tuple[str, tuple[int, int]]]:
    for item in objects:
        if item["kind"] in ("Deployment", "StatefulSet"):
            for container in item["spec"]["template"]["spec"]["containers"]:
                targets = [a for a in container.get("args") or () if str(a).startswith("-target=")]
                if targets:
                    limits = container["resources"]["limits"]
                    cpu, memory = Quantity.parse(str(limits["cpu"])), Quantity.parse(str(limits["memory"]))
                    yield targets[0].removeprefix("-target="), (int(cpu.millicores), int(memory.bytes))
