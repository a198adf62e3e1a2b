"""Config as it was written: how rules find their way in it, even where other keys are broken."""

from collections.abc import Callable, Iterator
from typing import Any

from settings.mistakes import Mistake, Path, shown

Config = dict[str, Any]
Rule = Callable[[Config], Iterator[Mistake]]


def at(config: object, path: Path) -> Any:
    """The value that the keys lead to; None where a key is missing or something else than a mapping is in the way."""
    for key in path:
        config = config.get(key) if isinstance(config, dict) else None
    return config


def entries(config: object, path: Path) -> list[Any]:
    """The list that the keys lead to; an empty one where there is none."""
    value = at(config, path)
    return value if isinstance(value, list) else []


def names(config: object, path: Path, key: str) -> set[str]:
    """What a list's entries say under a key, where it is text."""
    return {value for entry in entries(config, path) if isinstance(value := at(entry, (key,)), str)}


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
