"""What the program takes for Tempo's own keys, and how it writes them, is what the real binary takes and reads."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from allocation.extra import readers
from settings import load_file, tempo_keys
from settings.tempo_rules import open_to_users
from tests.support.configs import files_of
from tests.support.dataplane.asked import KeyPath, example, nested, refusal


def open_keys() -> list[tuple[KeyPath, str]]:
    """Every key that users may write, with what it takes; no secret is one of them."""
    return [(path, kind) for path, kind in tempo_keys.paths() if open_to_users(path) and kind != "secret"]


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


@pytest.mark.parametrize("section", sorted({path[0] for path, _ in open_keys()}))
def test_the_real_tempo_reads_every_key_that_users_may_write(section: str, tmp_path: Path) -> None:
    keys = [(path, kind) for path, kind in open_keys() if path[0] == section]
    extra = merged(nested(path, example(path, kind)) for path, kind in keys)
    files = stack(tmp_path, extra)
    for component in {component for path, _ in keys for component in readers(".".join(path))}:
        assert refusal(tmp_path / f"{component}.yaml", files[f"{component}.yaml"]) == ""


AWKWARD = "it's: #{not} & $x $$y $ \\d+\\\\/ \\ %w — é \" end$"


def test_awkward_text_reaches_tempo_to_the_letter(tmp_path: Path) -> None:
    """Of a level of logs that there is not, Tempo repeats all that it read."""
    text = stack(tmp_path, {"server": {"log_source_ips_header": AWKWARD}})["ingester.yaml"]
    said = refusal(tmp_path / "ingester.yaml", text.replace("log_source_ips_header:", "log_level:"))
    assert f"unrecognized log level {json.dumps(AWKWARD, ensure_ascii=False)}" in said
