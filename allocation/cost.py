"""What a stack costs per month: exact amounts of money, by component and by what is paid for."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from settings.pricing import Basis

HOURS_PER_MONTH = 730  # a year's 8,760 hours in 12 equal months, as cloud providers' own price calculators count

# Whether what lies in the bucket is part of the cost: paid for by the GiB; on MinIO's volume, which is paid for as a
# volume; or not counted, because nothing says how much it is.
Bucket = Literal["counted", "on-minio", "unknown"]


@dataclass(frozen=True)
class Charge:
    """Money per month, in the currency of the prices, by what is paid for; fractions of a cent are kept."""

    cpu: Fraction = Fraction(0)
    memory: Fraction = Fraction(0)
    volumes: Fraction = Fraction(0)  # block storage
    objects: Fraction = Fraction(0)  # what lies in the bucket

    @property
    def total(self) -> Fraction:
        """All of it."""
        return self.cpu + self.memory + self.volumes + self.objects

    def __add__(self, other: "Charge") -> "Charge":
        return Charge(
            self.cpu + other.cpu,
            self.memory + other.memory,
            self.volumes + other.volumes,
            self.objects + other.objects,
        )


@dataclass(frozen=True)
class ComponentCost:
    """What all replicas of a component cost, at the least and at the most that run; equal where nothing scales."""

    component: str  # as in the plan's workloads; `bucket` for what lies in the object store
    at_min: Charge
    at_max: Charge


@dataclass(frozen=True)
class Cost:
    """The whole stack, what stands outside its total (MinIO) included; a Job that ends after seconds costs nothing.

    Components in the plan's order, then MinIO, then the bucket. Round for display only: `ops.plan.money.text`.
    """

    currency: str
    basis: Basis
    components: tuple[ComponentCost, ...]
    bucket: Bucket

    @property
    def at_min(self) -> Charge:
        """The sum over the components with as few replicas as there may be."""
        return _sum(each.at_min for each in self.components)

    @property
    def at_max(self) -> Charge:
        """The same with as many."""
        return _sum(each.at_max for each in self.components)

    @property
    def varies(self) -> bool:
        """Whether autoscalers make a difference."""
        return any(each.at_min != each.at_max for each in self.components)


def _sum(charges: Iterable[Charge]) -> Charge:
    return sum(charges, start=Charge())
