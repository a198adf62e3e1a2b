"""settings/tempo_keys.yaml is what the tempo executable reads: every key that it lists, and the type of each key."""

import json
import re
from collections.abc import Iterator
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import tempo_keys
from tests.support.dataplane.asked import KeyPath, defaults, example, nested, refusal, version, wrong

SECTIONS = sorted({path[0] for path, _ in tempo_keys.paths()})
TWO_SHAPES = "overrides"  # Tempo reads it in two shapes, and of a mistake says only that neither fits
_LINE = re.compile(r"^  line (\d+): ", re.MULTILINE)


@pytest.mark.parametrize("section", SECTIONS)
def test_tempo_accepts_every_key_with_a_value_of_its_type(section: str, tmp_path: Path) -> None:
    keys = {path: example(path, kind) for path, kind in tempo_keys.paths() if path[0] == section}
    text, _ = one_to_a_line(keys)
    assert refusal(tmp_path / "tempo.yaml", text) == ""


@pytest.mark.parametrize("section", [section for section in SECTIONS if section != TWO_SHAPES])
def test_tempo_refuses_every_key_with_a_value_of_another_type(section: str, tmp_path: Path) -> None:
    for keys in wrong_values(section):
        text, by_line = one_to_a_line(keys)
        said = refusal(tmp_path / "tempo.yaml", text)
        refused = {by_line[int(line)] for line in _LINE.findall(said)}
        assert {path: keys[path] for path in keys.keys() - refused} == {}


def test_tempo_refuses_every_override_with_a_value_of_another_type(tmp_path: Path) -> None:
    single = [nested(path, value) for keys in wrong_values(TWO_SHAPES) for path, value in keys.items()]
    assert len(single) > 100
    assert [each for each in single if not refusal(tmp_path / "tempo.yaml", yaml.safe_dump(each))] == []


def test_tempo_lists_no_key_that_the_table_does_not_have(tmp_path: Path) -> None:
    has = ".".join(map(str, version()))
    if has != tempo_keys.version():
        pytest.skip(f"the table is of Tempo {tempo_keys.version()}, and this is {has}, which may have more keys")
    assert list(unknown_keys(defaults(tmp_path), "root")) == []


def wrong_values(section: str) -> Iterator[dict[KeyPath, Any]]:
    """Every key of a section with the first value that the table does not allow, then with the second, and so on."""
    values = {path: wrong(kind) for path, kind in tempo_keys.paths() if path[0] == section}
    rounds = ({path: each[n] for path, each in values.items() if n < len(each)} for n in count())
    return takewhile(bool, rounds)


def one_to_a_line(keys: dict[KeyPath, Any]) -> tuple[str, dict[int, KeyPath]]:
    """A configuration with a line for each key, and which key is on which line."""
    lines: list[str] = []
    by_line: dict[int, KeyPath] = {}
    before: KeyPath = ()
    for path in sorted(keys):
        inner = len(path) - 1
        lines += (f"{'  ' * depth}{path[depth]}:" for depth in range(inner) if before[: depth + 1] != path[: depth + 1])
        lines.append(f"{'  ' * inner}{path[inner]}: {json.dumps(keys[path])}")
        by_line[len(lines)] = path
        before = path[:inner]
    return "\n".join(lines), by_line


def unknown_keys(listed: dict[str, Any], kind: str, path: KeyPath = ()) -> Iterator[str]:
    """The keys, or the sections, of what Tempo lists that the table does not have."""
    known = tempo_keys.keys_of(kind) or {}
    for key, value in listed.items():
        if key not in known:
            yield ".".join((*path, key))
        elif isinstance(value, dict) and tempo_keys.keys_of(known[key]) is not None:
            yield from unknown_keys(value, known[key], (*path, key))
