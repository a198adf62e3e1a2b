"""Spans pushed at a rate, from a process of its own: what was offered, acknowledged, refused, and how."""

import json
import secrets
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    """A push under way, in a process of its own; leaving the block ends it."""

    def __init__(self, job: Job) -> None:
        self._job = job
        command = [sys.executable, "-m", "sandbox.load.worker"]
        self._worker = subprocess.Popen(command, cwd=_PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._worker.stdin
        self._worker.stdin.write(job.json().encode())
        self._worker.stdin.close()
        self._worker.stdin = None  # communicate() would flush it again

    @classmethod
    def start(
        cls,
        targets: Sequence[str],
        shape: Shape,
        *,
        spans_per_second: float,
        seconds: float,
        connections: int = 8,
        in_flight: int = 256,
        seed: int | None = None,
        timeout_seconds: float = 10,
        late_part: float | None = None,
    ) -> "Pushing":
        """Starts an open loop, which does not slow down when answers do.

        `targets`: host:port of each distributor. `in_flight`: the most requests under way. `seed`: makes the ids; None
        for a random one. `timeout_seconds`: how long the push waits for an answer. `late_part`: where given, the push
        ends at the first refusal, or once more than this part of all its spans are late.
        """
        seed = secrets.randbits(63) if seed is None else seed
        return cls(
            Job(
                list(targets),
                shape,
                spans_per_second,
                seconds,
                connections,
                in_flight,
                seed,
                timeout_seconds,
                late_part,
            )
        )

    def __enter__(self) -> "Pushing":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def running(self) -> bool:
        """Returns whether it still pushes."""
        return self._worker.poll() is None

    def wait(self) -> Pushed:
        """Returns the result once the push is done. Raises SandboxError where the worker failed."""
        try:
            output, _ = self._worker.communicate()
        finally:
            self.end()
        if self._worker.returncode:
            raise SandboxError("the load generator failed; its own words are above")
        done = json.loads(output)
        return Pushed(
            shape=self._job.shape,
            seed=self._job.seed,
            seconds=done["seconds"],
            answers=tuple(Answer(*answer) for answer in done["answers"]),
            late=done["late"],
            unanswered_requests=done["unanswered"],
            cpu_seconds=done["cpu_seconds"],
        )

    def end(self) -> None:
        """Kills the worker if it still runs."""
        self._worker.kill()
        self._worker.wait()
        if self._worker.stdout:
            self._worker.stdout.close()
