"""What a worker of the load generator is told to push."""

import json
from dataclasses import asdict, dataclass

from sandbox.load.shapes import Shape


@dataclass(frozen=True)
class Job:
    """What one worker of `workers` pushes: the requests whose number is `worker`, and every `workers`-th from there."""

    targets: list[str]
    shape: Shape
    spans_per_second: float | None  # of all workers; None for as fast as answers come
    seconds: float
    connections: int
    in_flight: int
    tenant: str | None
    protocol: str
    seed: int
    timeout_seconds: float
    late_part: float | None = None  # None: pushes on whatever becomes of it; else see Pushing.start
    worker: int = 0
    workers: int = 1

    def json(self) -> str:
        """For the worker's stdin."""
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, text: str) -> "Job":
        """From what `json` gave."""
        content = json.loads(text)
        return cls(**content | {"shape": Shape(**content["shape"])})
