"""The scalar types of stack config: what each accepts, and the line a user reads when it is something else."""

import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Annotated, NoReturn

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from settings.duration import canonical_duration
from settings.mistakes import shown
from settings.quantity import Quantity, QuantityError, Unit

# What people write where Kubernetes wants a suffix of its own, by its lower-case form.
FOREIGN_SUFFIXES = {
    "": "", "k": "k or Ki", "kb": "k or Ki", "ki": "Ki", "kib": "Ki", "m": "M or Mi", "mb": "M or Mi", "mi": "Mi", "mib": "Mi",
    "g": "G or Gi", "gb": "G or Gi", "gi": "Gi", "gib": "Gi", "t": "T or Ti", "tb": "T or Ti", "ti": "Ti", "tib": "Ti",
    "core": "", "cores": "", "cpu": "", "cpus": "", "b": "", "bytes": "", "millicores": "m",
}  # fmt: skip
EXAMPLES: dict[Unit, str] = {"cores": "2 or 500m", "bytes": "2Gi or 512Mi"}


def refuse(text: str) -> NoReturn:
    """Ends a validator with the text of a mistake, taken as it is."""
    raise PydanticCustomError("mistake", "{text}", {"text": text})


def _quantity(unit: Unit, *, zero: bool) -> Callable[[object], Quantity]:
    def validate(value: object) -> Quantity:
        quantity = value if isinstance(value, Quantity) else _parsed(value, unit)
        if quantity.value < 0:
            refuse(
                f"{shown(value)} is negative; write {'0 or more' if zero else 'more than 0'}, such as {EXAMPLES[unit]}"
            )
        if not quantity.value and not zero:
            refuse(f"{shown(value)} is no limit at all to Kubernetes; write more than 0, such as {EXAMPLES[unit]}")
        return Quantity(quantity.value, unit)

    return validate


def _parsed(value: object, unit: Unit) -> Quantity:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        refuse(f"{shown(value)} is not a quantity; write one such as {EXAMPLES[unit]}")
    if isinstance(value, float) and not math.isfinite(value):
        refuse(f"{shown(value)} is not a number; write a quantity such as {EXAMPLES[unit]}")
    try:
        return Quantity.parse(value if isinstance(value, str) else shown(value), unit)
    except QuantityError as error:
        refuse(f"{shown(value)} {error}; write {_nearest_quantity(str(shown(value)).strip(chr(39)), unit)}")


def _nearest_quantity(text: str, unit: Unit) -> str:
    """What the user may have meant by text that is no quantity."""
    parts = re.fullmatch(r"\s*([0-9]+(?:[.,][0-9]+)?)\s*([A-Za-z]*)\s*", text)
    if parts and parts[2] in ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei", *"numkMGTPE"):
        suffixes = parts[2]
    else:
        suffixes = FOREIGN_SUFFIXES.get(parts[2].lower(), "?") if parts else "?"
    if not parts or suffixes == "?" or text == parts[1] + suffixes:
        return f"one such as {EXAMPLES[unit]}"
    return " or ".join(parts[1].replace(",", ".") + suffix for suffix in suffixes.split(" or "))


def _fraction(value: object) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        refuse(f"{shown(value)} is not a number; write one such as 0.3")
    if isinstance(value, float) and not math.isfinite(value):
        refuse(f"{shown(value)} is not a number; write one such as 0.3")
    text = value if isinstance(value, str) else repr(value)
    if len(text) > 20 or not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,2})?", text):
        refuse(f"{shown(value)} is not a number; write one such as 0.3")
    return Fraction(text)


def _integer(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,10}", value):
        refuse(f"{shown(value)} is text; write {value} without quotes")
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(f"{shown(value)} is not a whole number; write one such as 3")
    return value


def _duration(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        refuse(f"{shown(value)} has no unit; write {shown(value)}h, or another of Go's units")
    if not isinstance(value, str):
        refuse(f"{shown(value)} is not a duration; write one such as 48h or 30m")
    try:
        return canonical_duration(value)
    except ValueError as error:
        days = re.fullmatch(r"([0-9]{1,6})(d|w)", value)
        hours = f"{int(days[1]) * {'d': 24, 'w': 168}[days[2]]}h" if days else "one such as 48h or 30m"
        refuse(f"{shown(value)} {error}; write {hours}")


CpuField = Annotated[Quantity, PlainValidator(_quantity("cores", zero=True))]
BytesField = Annotated[Quantity, PlainValidator(_quantity("bytes", zero=True))]
PositiveCpuField = Annotated[Quantity, PlainValidator(_quantity("cores", zero=False))]
PositiveBytesField = Annotated[Quantity, PlainValidator(_quantity("bytes", zero=False))]
FractionField = Annotated[Fraction, PlainValidator(_fraction)]
IntField = Annotated[int, PlainValidator(_integer)]
DurationField = Annotated[str, PlainValidator(_duration)]
