"""What a sandbox writes down: JSON files that are there as a whole or not at all, whenever a run is killed."""

import json
from pathlib import Path
from typing import Any


def read_json(file: Path) -> Any | None:
    """What the file holds; None where it is missing, or where a disk without room or power cut it short."""
    try:
        return json.loads(file.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def write_json(file: Path, content: Any) -> None:
    """Replace the file: a kill at any moment leaves the old content or the new, never half of it."""
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(content))
    unfinished.replace(file)
