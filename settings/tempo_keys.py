"""The keys that Tempo has, and what it takes for each: the table beside this file, and how to ask it."""

import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from settings.duration import NANOSECONDS, NO_DURATION, nanoseconds
from settings.mistakes import shown
from settings.types import IntField, OptionalDurationField

TABLE = Path(__file__).with_suffix(".yaml")
LEVELS = ("debug", "info", "warn", "error")

# Go's types of whole numbers; what each holds is in settings.tempo_bounds.
WHOLE = ("int", "int64", "uint", "uint64", "uint32", "uint8")
NUMBERS = (*WHOLE, "float64", "duration", "prometheus duration")  # what can be too little or too much
# https://pkg.go.dev/github.com/prometheus/common/model#ParseDuration
PROMETHEUS = re.compile(r"0|(?=.)(\d{1,9}y)?(\d{1,9}w)?(\d{1,9}d)?(\d{1,9}h)?(\d{1,9}m)?(\d{1,9}s)?(\d{1,9}ms)?")
DAYS = {"y": 365, "w": 7, "d": 1}
# https://pkg.go.dev/github.com/alecthomas/units#ParseBase2Bytes
BYTES = re.compile(r"(\d{1,15}(\.\d{1,9})?([KMGTPE]i?)?B)+")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@cache
def version() -> str:
    """Tempo's version that the table describes."""
    return str(_table()["version"])


def keys_of(kind: str) -> dict[str, str] | None:
    """Key -> kind of what stands below a key of such a kind; None where no named keys do. `root` is all of it."""
    table = _table()
    keys: dict[str, str] | None = table["root"] if kind == "root" else table["sections"].get(kind)
    return keys


def paths(kind: str = "root", path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every key with no named keys below it, by its path from the root, and its kind."""
    for key, below in (keys_of(kind) or {}).items():
        if keys_of(below) is None:
            yield (*path, key), below
        else:
            yield from paths(below, (*path, key))


def complaint(kind: str, value: object) -> str | None:
    """What is wrong with a single value under a key of such a kind, and what to write; None where it is one."""
    match kind:
        case "bool":
            return None if isinstance(value, bool) else _not(value, "true or false", "write true or false")
        case "float64":
            return None if _is_float(value) else _not(value, "a number", "write one such as 0.5")
        case "duration":
            return _by_type(_DURATION, value)
        case "log level":
            return None if value in LEVELS else _not(value, "a log level", f"write {' or '.join(LEVELS)}")
        case _ if kind in WHOLE:
            return _by_type(_WHOLE, value)
        case _:
            return _not_text(kind, value)


def amount(kind: str, value: Any) -> float:
    """A value that Tempo takes for a number or a duration, to compare it with another: durations in nanoseconds."""
    if kind == "duration":
        text = _DURATION.validate_python(value)
        return 0 if text == NO_DURATION else nanoseconds(text)
    if kind == "prometheus duration":
        parts = re.findall(r"(\d+)(ms|[a-z])", value)
        return sum(
            int(number) * (NANOSECONDS.get(unit) or DAYS[unit] * 24 * NANOSECONDS["h"]) for number, unit in parts
        )
    number: float = value
    return number


_DURATION: TypeAdapter[str] = TypeAdapter(OptionalDurationField)
_WHOLE: TypeAdapter[int] = TypeAdapter(IntField)
# Kinds that are text of a certain form: the form, what it is called, and how it may look.
_FORMS = {
    "prometheus duration": (PROMETHEUS, "a duration in whole units", "write one such as 48h, 7d or 30m"),
    "bytes": (BYTES, "an amount of bytes", "write one such as 64KiB"),
    "time": (RFC3339, "a time", "write one such as 2026-01-31T00:00:00Z"),
}


def _is_float(value: object) -> bool:
    """Whether it is a number that 64 bits can hold."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def _not(value: object, what: str, remedy: str) -> str:
    return f"{shown(value)} is not {what}; {remedy}"


def _by_type(adapter: TypeAdapter[Any], value: object) -> str | None:
    """The line that one of the settings' own types has about a value."""
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        return str(error.errors()[0]["ctx"]["text"])
    return None


def _not_text(kind: str, value: object) -> str | None:
    if not isinstance(value, str):
        if kind == "prometheus duration" and isinstance(value, int | float) and not isinstance(value, bool):
            return f"{shown(value)} has no unit; write one such as 48h or 30m"
        scalar = isinstance(value, bool | int | float)
        return _not(value, "text", "put it in quotes" if scalar else "write a single value")
    if kind in _FORMS:
        form, what, remedy = _FORMS[kind]
        return None if form.fullmatch(value) else _not(value, what, remedy)
    return None


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.load(TABLE.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return table
