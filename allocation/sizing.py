"""What a T-shirt size, or a workload, says of replicas and numbers, before overrides and totals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from allocation.plan import Resource, Side
from settings import Settings


@dataclass(frozen=True)
class Sizing:
    """Numbers by container (its entry in a table of weights), cpu in millicores, the others in bytes.

    What is absent is left to the other sources.
    """

    source: Literal["size", "workload"]
    replicas: Mapping[str, int]  # by component
    figures: Mapping[Side, Mapping[str, Mapping[Resource, int]]]


def sizing_of(settings: Settings) -> Sizing | None:  # noqa: ARG001
    """What `spec.size` or `spec.workload` says; None where neither is given."""
    return None
