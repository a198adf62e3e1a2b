"""What the tempo executable says to a configuration: whether it can read it, and what it lists as its own."""

import re
import subprocess
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sandbox.toolchain import binary, version_of
from settings import tempo_bounds, tempo_keys

KeyPath = tuple[str, ...]

# A value of each scalar type of the table, and one that Tempo refuses for this type but takes for a similar one.
EXAMPLES: dict[str, Any] = {
    **dict.fromkeys(tempo_keys.WHOLE, 7),
    "bool": True,
    "float64": 0.5,
    "string": "text",
    "secret": "text",
    "duration": "1h30m0.5s",
    "prometheus duration": "1d12h",
    "bytes": "64KiB",
    "time": "2026-01-31T00:00:00Z",
    "log level": "warn",
    "any": None,
}
WRONG: dict[str, Any] = {**dict.fromkeys((*tempo_keys.WHOLE, "float64"), "7s"), "bool": 7, "duration": "text"}
ENCODINGS = ("search_encoding", "v2_encoding")  # of the old block format: Tempo knows a few words, users may write none
NO_SCALAR = {"a": {"b": "c"}}
_LISTENS = re.compile(r'msg="server listening on addresses" http=(\S+)')


def example(path: KeyPath, kind: str) -> Any:
    """A value that a key takes: one of its type, or one of its own words, or a number between its bounds."""
    if kind.startswith("[]"):
        return [example(path, kind.removeprefix("[]"))]
    if kind.startswith("map:"):
        return {"a.b": example((*path, "a.b"), kind.removeprefix("map:"))}
    if (keys := tempo_keys.keys_of(kind)) is not None:
        return {key: example((*path, key), below) for key, below in keys.items() if below != "secret"}
    if path[-1] in ENCODINGS:
        return "none"
    words = tempo_bounds.words_of(path)
    if words is not None:
        return words[1][0]
    numbers = [EXAMPLES[kind], *(end for end in tempo_bounds.bound_of(path, kind) if isinstance(end, int | float))]
    return sorted(numbers)[1] if len(numbers) == 3 else EXAMPLES[kind]  # between the least and the most


def wrong(kind: str) -> list[Any]:
    """Values that a key of this type does not take; empty where it takes anything. One for each scalar below it."""
    if kind == "any":
        return []
    if kind.startswith("[]"):
        return [[value] for value in wrong(kind.removeprefix("[]"))]
    if kind.startswith("map:"):
        return [{"a.b": value} for value in wrong(kind.removeprefix("map:"))] or [7]
    if (keys := tempo_keys.keys_of(kind)) is not None:
        return [{key: value} for key, below in keys.items() for value in wrong(below)]
    return [WRONG.get(kind, NO_SCALAR), *_beyond(kind)]


def _beyond(kind: str) -> list[int]:
    """The nearest numbers that a whole number of this size does not hold. Tempo reads 2**64 as a float, so not that."""
    size = re.fullmatch(r"(u?)int(\d*)", kind)
    if size is None:
        return []
    bits = int(size[2] or 64)
    return [-1, *([2**bits] if bits < 64 else [])] if size[1] else [2 ** (bits - 1)]


def nested(path: KeyPath, value: Any) -> dict[str, Any]:
    first, *rest = path
    return {first: nested(tuple(rest), value) if rest else value}


def refusal(file: Path, text: str) -> str:
    """What the executable has against a configuration; empty where it can read all of it."""
    file.write_text(text)
    command = [str(binary("tempo")), f"-config.file={file}", "-config.expand-env=true", "-config.verify=true"]
    said = subprocess.run(command, env={}, capture_output=True, text=True, timeout=60, check=False).stderr
    return said if "failed parsing config" in said else ""


@cache
def version() -> tuple[int, ...]:
    """The version of the executable."""
    return version_of(str(binary("tempo")), ["--version"])


def defaults(folder: Path) -> dict[str, Any]:
    """Every key that a running Tempo lists, with its default. It leaves out some that are empty by default."""
    listener = {"listen_address": "127.0.0.1", "listen_port": 0}
    config = {
        "server": {f"{protocol}_{key}": value for protocol in ("http", "grpc") for key, value in listener.items()},
        "memberlist": {"bind_addr": ["127.0.0.1"], "bind_port": 0},
        "storage": {
            "trace": {
                "backend": "local",
                "local": {"path": str(folder / "blocks")},
                "wal": {"path": str(folder / "wal")},
            }
        },
    }
    file = folder / "tempo.yaml"
    file.write_text(yaml.safe_dump(config))
    command = [str(binary("tempo")), f"-config.file={file}", "-target=compactor"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            address = next(found[1] for line in process.stderr if (found := _LISTENS.search(line)))
            return _listed(f"http://{address}/status/config?mode=defaults")
        finally:
            process.kill()


def _listed(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=60) as response:
        title, _, text = response.read().decode().partition("---\n")
    assert title.strip() == "GET /status/config"
    keys: dict[str, Any] = yaml.safe_load(text)
    return keys
