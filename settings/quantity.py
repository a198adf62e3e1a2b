"""Kubernetes quantities, parsed exactly and printed in one canonical form."""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, Self

Unit = Literal["cores", "bytes"]

# Suffixes and what they stand for: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
DECIMAL: dict[str, Fraction] = {s: Fraction(10) ** (3 * i) for i, s in enumerate(("n", "u", "m", "", *"kMGTPE"), -3)}
BINARY: dict[str, Fraction] = {s: Fraction(1024) ** i for i, s in enumerate(("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))}

FINEST = DECIMAL["n"]  # Kubernetes rounds anything finer up, silently
LARGEST = Fraction(2**63 - 1)  # and cuts anything larger down to this
LONGEST_TEXT = 100  # characters; no quantity in range needs more
LARGEST_EXPONENT = 2 * LONGEST_TEXT  # beyond it only zero is in range, whatever stands before it

FORM = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))"
    r"(?:(?P<suffix>[KMGTPE]i|[numkMGTPE])|[eE](?P<exponent>[+-]?[0-9]+))?"
)


class QuantityError(ValueError):
    """Not a quantity, or one that Kubernetes would not keep as it is; the message says which, without a remedy."""


@dataclass(frozen=True, order=True)
class Quantity:
    """An exact amount of cores or bytes. Equal amounts are equal, hash equally and, in the same unit, print equally.

    Raises QuantityError for what Kubernetes would round (finer than 1n) or cut (beyond 2^63-1).
    """

    value: Fraction
    unit: Unit = field(default="cores", compare=False)

    def __post_init__(self) -> None:
        if (self.value / FINEST).denominator != 1:
            raise QuantityError("is finer than 1n, which Kubernetes would round up")
        if abs(self.value) > LARGEST:
            raise QuantityError("is beyond 2^63-1, the largest that Kubernetes keeps")

    @classmethod
    def parse(cls, text: str, unit: Unit | None = None) -> Self:
        """Every form Kubernetes knows: sign, decimals, n u m k M G T P E, Ki to Ei, e and E exponents.

        Without a unit, a binary suffix means bytes and anything else cores. Raises QuantityError.
        """
        form = FORM.fullmatch(text) if len(text) <= LONGEST_TEXT else None
        if form is None:
            raise QuantityError("is not a Kubernetes quantity")
        number, suffix, exponent = Fraction(form["number"]), form["suffix"] or "", form["exponent"] or "0"
        if number and len(exponent.lstrip("+-0")) > len(str(LARGEST_EXPONENT)):
            raise QuantityError("has an exponent beyond anything Kubernetes keeps")
        power = int(exponent) if number else 0
        if abs(power) > LARGEST_EXPONENT:
            raise QuantityError("has an exponent beyond anything Kubernetes keeps")
        factor = BINARY[suffix] if suffix in BINARY else DECIMAL[suffix]
        return cls(number * factor * Fraction(10) ** power, unit or ("bytes" if suffix.endswith("i") else "cores"))

    @classmethod
    def of_millicores(cls, millicores: int | Fraction) -> Self:
        """An amount of cpu."""
        return cls(Fraction(millicores) / 1000, "cores")

    @classmethod
    def of_bytes(cls, count: int | Fraction) -> Self:
        """An amount of memory or storage."""
        return cls(Fraction(count), "bytes")

    @property
    def millicores(self) -> Fraction:
        """Thousandths of a core."""
        return self.value * 1000

    @property
    def bytes(self) -> Fraction:
        """Bytes."""
        return self.value

    def __str__(self) -> str:
        """With the largest suffix for a whole number: for bytes a binary one, unless a decimal one has fewer digits."""
        decimal = _scaled(self.value, DECIMAL)
        if self.unit == "cores" or self.value.denominator != 1:
            return decimal
        return min(_scaled(self.value, BINARY), decimal, key=_digits)


def _scaled(value: Fraction, suffixes: dict[str, Fraction]) -> str:
    """The value as a whole number of the largest possible suffix."""
    if not value:
        return "0"
    suffix = max((s for s in suffixes if (value / suffixes[s]).denominator == 1), key=lambda s: suffixes[s])
    return f"{value / suffixes[suffix]}{suffix}"


def _digits(text: str) -> int:
    return sum(c.isdigit() for c in text)
