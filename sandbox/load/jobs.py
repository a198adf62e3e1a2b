"""The job of a load generator's worker process."""

import json
from dataclasses import asdict, dataclass

from sandbox.load.shapes import Shape


@dataclass(frozen=True)
class Job:
    """What one push sends, and how."""

    targets: list[str]
    shape: Shape
    spans_per_second: float
    seconds: float
    connections: int
    in_flight: int
    seed: int
    timeout_seconds: float
    late_part: float | None  # None: the push does not end early; else see Pushing.start

    def json(self) -> str:
        """Returns the text for the worker's stdin."""
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, text: str) -> "Job":
        """Reads what `json` returned."""
        content = json.loads(text)
        return cls(**content | {"shape": Shape(**content["shape"])})
