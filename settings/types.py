"""The scalar types of stack config: what each accepts, and the line a user reads when it is something else."""

import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Annotated, NoReturn

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from settings.duration import LONGEST_TEXT, NO_DURATION, canonical_duration
from settings.mistakes import shown
from settings.quantity import BINARY, DECIMAL, Quantity, QuantityError, Unit

# What people write where Kubernetes wants a suffix of its own, in lower case, and what they may mean.
FOREIGN_SUFFIXES = {"": "", "b": "", "bytes": "", "core": "", "cores": "", "cpu": "", "cpus": "", "millicores": "m"}
for decimal, binary in zip("kMGTP", ("Ki", "Mi", "Gi", "Ti", "Pi"), strict=True):
    FOREIGN_SUFFIXES |= dict.fromkeys((decimal.lower(), f"{decimal.lower()}b"), f"{decimal} or {binary}")
    FOREIGN_SUFFIXES |= dict.fromkeys((binary.lower(), f"{binary.lower()}b"), binary)
EXAMPLES: dict[Unit, str] = {"cores": "2 or 500m", "bytes": "2Gi or 512Mi"}
# The finest that Kubernetes keeps of each: its size, and what several are called.
FINEST: dict[Unit, tuple[Fraction, str]] = {"cores": (Fraction(1, 1000), "millicores"), "bytes": (Fraction(1), "bytes")}
MOST_THINGS = 10**9  # of one kind in a namespace; far beyond what a cluster holds


def refuse(text: str) -> NoReturn:
    """Ends a validator with the text of a mistake, taken as it is."""
    raise PydanticCustomError("mistake", "{text}", {"text": text})


def _quantity(unit: Unit, *, zero: bool = False, whole: bool = False) -> Callable[[object], Quantity]:
    """A validator for amounts of the unit: never negative, and 0 or fractions of the finest only where said."""

    def validate(value: object) -> Quantity:
        quantity = value if isinstance(value, Quantity) else quantity_of(value, unit)
        found, example = shown(value), EXAMPLES[unit]
        if quantity.value < 0:
            refuse(f"{found} is negative; write {'0 or more' if zero else 'more than 0'}, such as {example}")
        if not quantity.value and not zero:
            refuse(f"{found} is no {'size' if whole else 'limit'} at all; write more than 0, such as {example}")
        finest, several = FINEST[unit]
        if whole and (quantity.value / finest).denominator != 1:
            refuse(f"{found} is no whole number of {several}; write {_nearest_quantity(found, unit)}")
        return Quantity(quantity.value, unit)

    return validate


def _count(value: object) -> int:
    """A whole number of things, also as the quantity that Kubernetes writes: `"10"`."""
    count = int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}", value) else _integer(value)
    if not 0 <= count <= MOST_THINGS:
        refuse(f"{shown(value)} is no number of things; write a whole number from 0 to {MOST_THINGS}")
    return count


def _amount(value: object) -> Quantity:
    """A positive quantity of anything: with a binary suffix of bytes, else of whatever is counted."""
    unit: Unit = "bytes" if isinstance(value, str) and value.endswith("i") else "cores"
    quantity = value if isinstance(value, Quantity) else quantity_of(value, unit)
    if quantity.value <= 0:
        refuse(f"{shown(value)} is no amount to keep to; write more than 0, such as 1000 or 500m")
    return quantity


def quantity_of(value: object, unit: Unit) -> Quantity:
    """A quantity of text or a number, of any sign. Raises PydanticCustomError."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        refuse(f"{shown(value)} is not a quantity; write one such as {EXAMPLES[unit]}")
    if isinstance(value, float) and not math.isfinite(value):
        refuse(f"{shown(value)} is not a number; write a quantity such as {EXAMPLES[unit]}")
    try:
        return Quantity.parse(value if isinstance(value, str) else shown(value), unit)
    except QuantityError as error:
        refuse(f"{shown(value)} {error}; write {_nearest_quantity(shown(value), unit)}")


def _nearest_quantity(found: str, unit: Unit) -> str:
    """What the user may have meant by something that is no such quantity."""
    parts = re.fullmatch(r"'?\s*([0-9]+(?:[.,][0-9]+)?)\s*([A-Za-z]*)\s*'?", found)
    number, suffix = (parts[1].replace(",", "."), parts[2]) if parts else ("", "?")
    is_known = suffix in BINARY or suffix in DECIMAL
    if is_known and f"{number}{suffix}" not in found:
        return number + suffix
    means_bytes = FOREIGN_SUFFIXES.get(suffix.lower(), "").endswith("i")
    if suffix.lower() not in FOREIGN_SUFFIXES or not suffix or (means_bytes and unit == "cores"):
        return f"one such as {EXAMPLES[unit]}"
    return " or ".join(number + meant for meant in FOREIGN_SUFFIXES[suffix.lower()].split(" or "))


def fraction(value: object) -> Fraction:
    """A finite decimal number, exactly. Raises PydanticCustomError."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        refuse(f"{shown(value)} is not a decimal number; write one such as 0.3")
    if isinstance(value, float) and not math.isfinite(value):
        refuse(f"{shown(value)} is not a decimal number; write one such as 0.3")
    text = value if isinstance(value, str) else shown(value)
    if len(text) > 20 or not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,2})?", text):
        refuse(f"{shown(value)} is not a decimal number; write one such as 0.3")
    return Fraction(text)


def _integer(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,10}", value):
        refuse(f"{shown(value)} is text; write {value} without quotes")
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(f"{shown(value)} is not a whole number; write {_in_full(value)}")
    return value


def _in_full(value: object) -> str:
    """The whole number that may be meant by one with a unit: `15MB` is 15000000."""
    parts = re.fullmatch(r"([0-9]{1,10}) ?([kKMGT])(i?)B?", value) if isinstance(value, str) else None
    if parts is None:
        return "one such as 3"
    return str(int(parts[1]) * (1024 if parts[3] else 1000) ** ("kMGT".index(parts[2].replace("K", "k")) + 1))


def _duration(value: object) -> str:
    """A positive one, in its canonical form."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        refuse(f"{shown(value)} has no unit; write one such as 48h or 30m")
    if not isinstance(value, str):
        refuse(f"{shown(value)} is not a duration; write one such as 48h or 30m")
    try:
        return canonical_duration(value)
    except ValueError as error:
        days = re.fullmatch(r"([0-9]{1,6})(d|w)", value)
        hours = f"{int(days[1]) * {'d': 24, 'w': 168}[days[2]]}h" if days else "one such as 48h or 30m"
        refuse(f"{shown(value)} {error}; write {hours}")


def _optional_duration(value: object) -> str:
    """The same, and NO_DURATION for 0 of any unit: what TempoStacks of a cluster say where nobody said anything."""
    zero = isinstance(value, str) and len(value) <= LONGEST_TEXT and re.fullmatch(r"(0+(ns|us|µs|ms|s|m|h))+", value)
    return NO_DURATION if zero else _duration(value)


# The text at the end of each type is what docs/configuration.md calls it.
CpuField = Annotated[Quantity, PlainValidator(_quantity("cores", zero=True)), "quantity"]
BytesField = Annotated[Quantity, PlainValidator(_quantity("bytes", zero=True)), "quantity"]
WholeCpuField = Annotated[Quantity, PlainValidator(_quantity("cores", zero=True, whole=True)), "quantity"]
WholeBytesField = Annotated[Quantity, PlainValidator(_quantity("bytes", zero=True, whole=True)), "quantity"]
WholeCountField = Annotated[int, PlainValidator(_count), "whole number, 0 or more"]
PositiveCpuField = Annotated[Quantity, PlainValidator(_quantity("cores")), "quantity"]
PositiveBytesField = Annotated[Quantity, PlainValidator(_quantity("bytes")), "quantity"]
SizeField = Annotated[Quantity, PlainValidator(_quantity("bytes", whole=True)), "quantity"]
AmountField = Annotated[Quantity, PlainValidator(_amount), "quantity"]
FractionField = Annotated[Fraction, PlainValidator(fraction), "number"]
IntField = Annotated[int, PlainValidator(_integer), "whole number"]
DurationField = Annotated[str, PlainValidator(_duration), "duration"]
OptionalDurationField = Annotated[str, PlainValidator(_optional_duration), "duration"]
