"""What the benchmarks measured, a JSON line each: with when, on what, and of which version, so that runs can go on."""

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.machine import hardware
from sandbox.toolchain import tempo_version

PROJECT = Path(__file__).parents[1]
DATA = PROJECT / "bench/data"

Record = dict[str, Any]


def read(file: Path) -> list[Record]:
    """Every whole line; one that a kill cut short is left out."""
    if not file.exists():
        return []
    records = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return records


def append(file: Path, record: Mapping[str, Any]) -> Record:
    """Adds one line, with when and where it was measured."""
    whole = {"time": datetime.now(UTC).isoformat(timespec="seconds"), **origin(), **record}
    file.parent.mkdir(exist_ok=True)
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    with file.open("a", encoding="utf-8") as lines:
        lines.write(("\n" if text and not text.endswith("\n") else "") + json.dumps(whole) + "\n")
    return whole


def origin() -> Record:
    """Where measurements of this process come from."""
    return {"commit": _commit(), "hardware": hardware(), "tempo": tempo_version()}


def of_this_machine(records: Iterable[Record]) -> list[Record]:
    """Those that may be set beside new ones."""
    here = (hardware(), tempo_version())
    return [each for each in records if (each["hardware"], each["tempo"]) == here]


def fingerprint(objects: Iterable[Mapping[str, Any]]) -> str:
    """What decides how a rendered stack runs: its files, arguments, environment and limits; nothing secret."""
    parts: list[Any] = []
    for item in objects:
        if item["kind"] == "ConfigMap":
            parts.append(item.get("data"))
        elif item["kind"] in ("Deployment", "StatefulSet"):
            for container in item["spec"]["template"]["spec"]["containers"]:
                kept = {key: container.get(key) for key in ("name", "args", "env", "resources")}
                parts.append([item["metadata"]["name"], item["spec"].get("replicas"), kept])
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def _commit() -> str:
    """The commit of the working tree, with a + where it has been changed since; empty outside of git."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=10", "--exclude=*"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
