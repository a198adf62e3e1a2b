"""Spans pushed at a rate, from processes of their own: what was offered, acknowledged, refused, and how."""

import json
import secrets
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from sandbox.errors import SandboxError
from sandbox.load.answers import OK, Answer
from sandbox.load.jobs import Job
from sandbox.load.payloads import trace_ids
from sandbox.load.shapes import Shape

_PROJECT = Path(__file__).parent.parent.parent
_UNANSWERED = "NO_ANSWER"  # not even the deadline: counts as refused, and as an error of the generator


@dataclass(frozen=True)
class Pushed:
    """What became of every request of one push. Spans are counted, unless a name says otherwise."""

    shape: Shape
    seed: int
    tenant: str | None
    seconds: float  # from the first request to the last answer
    answers: tuple[Answer, ...]
    late: int  # spans that could not be offered on time, because too many requests waited or the generator was slow
    unanswered_requests: int
    cpu_seconds: float  # of the generator

    @property
    def offered(self) -> int:
        """Acknowledged and refused."""
        return self.acknowledged + self.refused

    @property
    def acknowledged(self) -> int:
        """Tempo said that it has them."""
        return self.shape.spans_per_request * sum(answer.code == OK for answer in self.answers)

    @property
    def refused(self) -> int:
        """Everything offered that was not acknowledged."""
        return self.refusals.total()

    @property
    def acknowledged_bytes(self) -> int:
        """On the wire, about."""
        return self.acknowledged * self.shape.span_bytes

    @property
    def refusals(self) -> Counter[tuple[str, bool]]:
        """Spans by (code, whether the OTLP specification lets a sender try again)."""
        refusals: Counter[tuple[str, bool]] = Counter()
        for answer in self.answers:
            if answer.code != OK:
                refusals[answer.code, answer.retryable] += self.shape.spans_per_request
        if self.unanswered_requests:
            refusals[_UNANSWERED, False] = self.unanswered_requests * self.shape.spans_per_request
        return refusals

    @property
    def not_retryable(self) -> int:
        """Refused for good: a sender that keeps to the specification drops them."""
        return sum(count for (_, retryable), count in self.refusals.items() if not retryable)

    @property
    def trace_ids(self) -> Iterator[bytes]:
        """The ids (16 bytes) of the traces that were acknowledged, in the order of the answers."""
        for answer in self.answers:
            if answer.code == OK:
                yield from trace_ids(self.shape, self.seed, answer.request)

    @property
    def traces(self) -> int:
        """How many traces were acknowledged."""
        return self.acknowledged // self.shape.spans_per_trace

    def latency_seconds(self, percentile: int) -> float:
        """Of the acknowledged requests; 0 where there are fewer than two."""
        latencies = [answer.latency_seconds for answer in self.answers if answer.code == OK]
        return statistics.quantiles(latencies, n=100)[percentile - 1] if len(latencies) > 1 else 0.0

    @property
    def last_refusal_seconds(self) -> float | None:
        """When the last request was sent that was refused, since the push began; None where none was."""
        return max((answer.sent_seconds for answer in self.answers if answer.code != OK), default=None)

    def __str__(self) -> str:
        rate = self.acknowledged / self.seconds if self.seconds else 0.0
        refusals = ", ".join(
            f"{count:,} {code}{'' if retryable else ' (not retryable)'}"
            for (code, retryable), count in sorted(self.refusals.items())
        )
        return (
            f"{self.offered:,} spans offered, {self.acknowledged:,} acknowledged ({rate:,.0f}/s, "
            f"p95 {self.latency_seconds(95) * 1000:.0f} ms), refused: {refusals or 'none'}"
            + (f", not offered: {self.late:,}" if self.late else "")
        )


class Pushing:
    """A push under way; leaving its block ends it, whatever it still had to do."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = jobs
        command = [sys.executable, "-m", "sandbox.load.worker"]
        self._workers = [
            subprocess.Popen(command, cwd=_PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in jobs
        ]
        for worker, job in zip(self._workers, jobs, strict=True):
            assert worker.stdin
            worker.stdin.write(job.json().encode())
            worker.stdin.close()
            worker.stdin = None  # communicate() would flush it again

    @classmethod
    def start(
        cls,
        targets: Sequence[str],
        shape: Shape,
        *,
        spans_per_second: float | None,
        seconds: float,
        connections: int = 8,
        in_flight: int = 256,
        tenant: str | None = None,
        protocol: str = "grpc",
        seed: int | None = None,
        timeout_seconds: float = 10,
        late_part: float | None = None,
        workers: int = 1,
    ) -> "Pushing":
        """Push traces of one shape for so many seconds: an open loop, that does not slow down when answers do.

        `targets`: host:port of each distributor for gRPC, a URL for HTTP. `spans_per_second`: None for as fast as
        answers come. `connections`, `in_flight` (requests under way at most): of all `workers` (processes). `seed`:
        makes the ids; None for a random one. `timeout_seconds`: how long an answer is waited for.
        `late_part`: given, the push ends at the first refusal, or once more than this part of all its spans are late.
        """
        job = Job(
            targets=list(targets),
            shape=shape,
            spans_per_second=spans_per_second,
            seconds=seconds,
            connections=max(1, connections // workers),
            in_flight=max(1, in_flight // workers),
            tenant=tenant,
            protocol=protocol,
            seed=secrets.randbits(63) if seed is None else seed,
            timeout_seconds=timeout_seconds,
            late_part=late_part,
            workers=workers,
        )
        return cls([replace(job, worker=number) for number in range(workers)])

    def __enter__(self) -> "Pushing":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def running(self) -> bool:
        """Whether it still pushes."""
        return any(worker.poll() is None for worker in self._workers)

    def wait(self) -> Pushed:
        """Everything it has to say, once it is done. Raises SandboxError where a worker failed."""
        try:
            outputs = [worker.communicate()[0] for worker in self._workers]
        finally:
            self.end()
        if any(worker.returncode for worker in self._workers):
            raise SandboxError("the load generator failed; its own words are above")
        done = [json.loads(output) for output in outputs]
        job = self._jobs[0]
        return Pushed(
            shape=job.shape,
            seed=job.seed,
            tenant=job.tenant,
            seconds=max(each["seconds"] for each in done),
            answers=tuple(Answer(*answer) for each in done for answer in each["answers"]),
            late=sum(each["late"] for each in done),
            unanswered_requests=sum(each["unanswered"] for each in done),
            cpu_seconds=sum(each["cpu_seconds"] for each in done),
        )

    def end(self) -> None:
        """Kill what still runs."""
        for worker in self._workers:
            worker.kill()
            worker.wait()
            if worker.stdout:
                worker.stdout.close()
