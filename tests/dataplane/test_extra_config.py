"""What the program takes for Tempo's own keys, and how it writes them, is what the real binary takes and reads."""

import json
import subprocess
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import yaml

from allocation.extra import readers
from sandbox.toolchain import binary
from settings import load_file, tempo_bounds, tempo_keys
from settings.tempo_rules import open_to_users
from tests.configs import files_of

KeyPath = tuple[str, ...]

# A value of each kind that Tempo tells apart; other kinds than these would be new to the program too.
EXAMPLES: dict[str, Any] = {
    **dict.fromkeys(("int", "int64", "uint", "uint8", "uint32", "uint64"), 7),
    "bool": True,
    "float64": 0.5,
    "string": "text",
    "duration": "1h30m0.5s",
    "prometheus duration": "1d12h",
    "bytes": "64KiB",
    "time": "2026-01-31T00:00:00Z",
    "log level": "warn",
}


def open_keys() -> list[tuple[KeyPath, str]]:
    """Every key that users may write, with what it takes; no secret is one of them."""
    return [(path, kind) for path, kind in tempo_keys.paths() if open_to_users(path) and kind != "secret"]


def example(path: KeyPath, kind: str) -> Any:
    """A value that a key takes: the one of its kind, or a word or a number of its own where it has any."""
    if kind.startswith("[]"):
        return [example(path, kind.removeprefix("[]"))]
    if kind.startswith("map:"):
        return {"a.b": example((*path, "a.b"), kind.removeprefix("map:"))}
    if (keys := tempo_keys.keys_of(kind)) is not None:
        return {key: example((*path, key), below) for key, below in keys.items() if below != "secret"}
    words = tempo_bounds.words_of(path)
    if words is not None:
        return words[1][0]
    numbers = [EXAMPLES[kind], *(end for end in tempo_bounds.bound_of(path, kind) if isinstance(end, int | float))]
    return sorted(numbers)[1] if len(numbers) == 3 else EXAMPLES[kind]  # between the least and the most


def nested(path: KeyPath, value: Any) -> dict[str, Any]:
    first, *rest = path
    return {first: nested(tuple(rest), value) if rest else value}


def merged(trees: Iterator[dict[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for tree in trees:
        for key, value in tree.items():
            both = isinstance(value, dict) and isinstance(whole.get(key), dict)
            whole[key] = merged(iter((whole[key], value))) if both else value
    return whole


def stack(folder: Path, extra: dict[str, Any]) -> dict[str, str]:
    file = folder / "spec.yaml"
    spec = {"storage": {"secret": {"name": "minio", "type": "s3"}}, "extraConfig": {"tempo": extra}}
    file.write_text(yaml.safe_dump(spec))
    return files_of(load_file(file))


def refusal(folder: Path, component: str, text: str) -> str:
    """What the real binary has against a component's file; empty where it reads all of it."""
    file = folder / f"{component}.yaml"
    file.write_text(text)
    command = [str(binary("tempo")), f"-config.file={file}", "-config.expand-env=true", "-config.verify=true"]
    said = subprocess.run(command, env={}, capture_output=True, text=True, timeout=60, check=False).stderr
    return said if "failed parsing config" in said else ""


@pytest.mark.parametrize("section", sorted({path[0] for path, _ in open_keys()}))
def test_every_key_of_the_table_is_one_of_the_real_tempo_and_takes_such_a_value(section: str, tmp_path: Path) -> None:
    keys = [(path, kind) for path, kind in open_keys() if path[0] == section]
    extra = merged(nested(path, example(path, kind)) for path, kind in keys)
    files = stack(tmp_path, extra)
    for component in {component for path, _ in keys for component in readers(".".join(path))}:
        assert refusal(tmp_path, component, files[f"{component}.yaml"]) == ""


def test_a_value_that_the_table_does_not_allow_is_none_for_the_real_tempo_either(tmp_path: Path) -> None:
    by_kind = groupby(sorted(open_keys(), key=lambda key: key[1]), key=lambda key: key[1])
    for kind, (path, _) in ((kind, next(keys)) for kind, keys in by_kind if kind != "string"):
        assert refusal(tmp_path, "any", yaml.safe_dump(nested(path, {"a": {"b": "c"}}))), kind


AWKWARD = "it's: #{not} & $x $$y $ \\d+\\\\/ \\ %w — é \" end$"


def test_awkward_text_reaches_tempo_to_the_letter(tmp_path: Path) -> None:
    """Of a level of logs that there is not, Tempo repeats all that it read."""
    text = stack(tmp_path, {"server": {"log_source_ips_header": AWKWARD}})["ingester.yaml"]
    said = refusal(tmp_path, "ingester", text.replace("log_source_ips_header:", "log_level:"))
    assert f"unrecognized log level {json.dumps(AWKWARD, ensure_ascii=False)}" in said
