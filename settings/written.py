"""Config as it was written: how rules find their way in it, even where other keys are broken."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from settings.mistakes import Mistake, Path, shown

Config = dict[str, Any]
Rule = Callable[[Config], Iterator[Mistake]]


def at(config: object, path: Path) -> Any:
    """The value that the keys and indexes lead to; None where one is missing or something else is in the way."""
    for key in path:
        if isinstance(config, list) and isinstance(key, int) and key < len(config):
            config = config[key]
        else:
            config = config.get(key) if isinstance(config, dict) else None
    return config


def entries(config: object, path: Path) -> list[Any]:
    """The list that the keys lead to; an empty one where there is none."""
    value = at(config, path)
    return value if isinstance(value, list) else []


def names(config: object, path: Path, key: str, legal: str) -> set[str] | None:
    """What a list's entries say under a key; nothing where nobody wrote the block that the list belongs into.

    None where that cannot be told, which has a line of its own: no list, an empty one, an entry without a legal name.
    """
    block = at(config, path[:1])
    for step in path[1:-1]:
        if isinstance(block, dict) and step not in block:
            return set()
        block = at(block, (step,))
    found = [at(entry, (key,)) for entry in entries(block, path[-1:])]
    is_legal = re.compile(legal).fullmatch
    return set(found) if found and all(isinstance(name, str) and is_legal(name) for name in found) else None


def has_minio(config: Config) -> bool:
    """Whether the stack brings its own object store."""
    return at(config, ("minio",)) is not None and at(config, ("minio", "enabled")) is not False


def repeated(config: Config, path: Path, key: str) -> Iterator[Mistake]:
    """A mistake for every entry of a list that says the same under a key as one before it."""
    first: dict[str, int] = {}
    for index, entry in enumerate(entries(config, path)):
        value = at(entry, (key,))
        if isinstance(value, str) and first.setdefault(value, index) != index:
            owner = f"{path[-1]}[{first[value]}]"
            yield Mistake((*path, index, key), f"{shown(value)} is already that of {owner}; give each its own")
