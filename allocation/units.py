"""The units a share is counted in, and the exact way from a quantity to them."""

from collections.abc import Mapping
from math import ceil, floor

from allocation.plan import Resource
from settings import Quantity

KIB, MIB, GIB = 2**10, 2**20, 2**30
# What a share is a whole number of: millicores, bytes.
UNIT: Mapping[Resource, int] = {"cpu": 1, "memory": MIB, "ephemeral-storage": MIB}


def round_up(resource: Resource, quantity: Quantity) -> int:
    """Millicores or bytes, whole ones, as Kubernetes rounds a container's quantity."""
    return ceil(quantity.millicores if resource == "cpu" else quantity.bytes)


def round_down(resource: Resource, quantity: Quantity) -> int:
    """Millicores or bytes, whole ones, of a total: what is shared never exceeds it."""
    return floor(quantity.millicores if resource == "cpu" else quantity.bytes)


def is_whole(resource: Resource, quantity: Quantity) -> bool:
    """Whether Kubernetes can hold it: no finer than a millicore, or a byte."""
    return round_up(resource, quantity) == round_down(resource, quantity)
