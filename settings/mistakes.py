"""What is said about a mistake in a config: one line with the config path, what was found and what to do."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]

LONGEST_SHOWN = 60  # characters of a user's value that a line repeats


@dataclass(frozen=True)
class Mistake:
    """One mistake: the keys and list indexes that lead to it, and what is wrong there and what to do.

    Of a misspelt key, `meant` is where it would stand if it were not: that it is missing there is no other mistake.
    """

    path: Path
    text: str
    meant: Path = ()

    def __str__(self) -> str:
        line = f"{dotted(self.path)}: {self.text}" if self.path else self.text
        return "".join(c if c.isprintable() else " " for c in line)


class SettingsError(Exception):
    """A config that cannot be used: all of its mistakes, at least one."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes: tuple[Mistake, ...] = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


def dotted(path: Sequence[str | int]) -> str:
    """The path as `pulumi config set --path` takes it: `spec.tenants.authentication[0].oidc`, odd keys in `["…"]`."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        elif not text or re.fullmatch(r"[A-Za-z0-9_-]+", key):
            text += f".{key}" if text else key
        else:
            text += f'["{_shortened(key)}"]'
    return text


def shown(value: object) -> str:
    """A value as a line repeats it: text in quotes, YAML's own words for the rest, no content of maps and lists."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{_shortened(value)}'"
        case dict():
            return "a mapping"
        case list() | tuple() | set() | frozenset():
            return "a list"
        case int() if abs(value) > 10**LONGEST_SHOWN:
            return f"a number of over {LONGEST_SHOWN} digits"
        case _:
            return _shortened(str(value))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
