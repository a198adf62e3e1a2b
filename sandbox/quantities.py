"""Kubernetes quantities of rendered objects as whole numbers."""

from decimal import ROUND_CEILING, Decimal


def millicores_of(quantity: str | float | None) -> int | None:
    """Millicores of cpu, a part of one counted as one, as the API server does; None where nothing is said."""
    return None if quantity is None else _whole(_parsed(quantity) * 1000)


def bytes_of(quantity: str | float | None) -> int | None:
    """Bytes of memory; None where nothing is said."""
    return None if quantity is None else _whole(_parsed(quantity))


def _parsed(quantity: str | float) -> Decimal:
    from kubernetes.utils.quantity import parse_quantity  # a second, which few commands need

    return Decimal(parse_quantity(quantity))  # type: ignore[no-untyped-call]


def _whole(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_CEILING))
