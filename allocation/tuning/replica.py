"""What one replica of a component has to work with."""

from collections.abc import Sequence
from dataclasses import dataclass

from allocation.plan import WorkloadPlan, quantity
from allocation.tuning.coefficients import HEAP_PERCENT, IDLE_BYTES
from allocation.units import MIB


@dataclass(frozen=True)
class Replica:
    """One of a component's replicas; a number that no limit decides is None."""

    component: str
    fewest: int  # replicas that run at the least, and at the most
    most: int
    cpu_millicores: int | None
    memory_bytes: int | None

    @property
    def room_bytes(self) -> int | None:
        """Heap for work: the part of the limit that the heap may fill, without what the idle process takes."""
        if self.memory_bytes is None:
            return None
        return max(0, self.memory_bytes * HEAP_PERCENT // 100 - IDLE_BYTES)

    @property
    def limited(self) -> bool:
        """Whether any limit says something."""
        return self.cpu_millicores is not None or self.memory_bytes is not None


# The least memory limit, in whole MiB, that leaves the heap any room.
LEAST_MEMORY_BYTES = (IDLE_BYTES * 100 // HEAP_PERCENT // MIB + 1) * MIB


def replica_of(component: str, workloads: Sequence[WorkloadPlan]) -> Replica:
    """By the limits of the Tempo container in it; a limit of 0 is none."""
    workload = next(each for each in workloads if each.component == component)
    limits = workload.container("tempo").limits
    return Replica(
        component,
        workload.replicas_at("min"),
        workload.replicas_at("max"),
        limits["cpu"].amount or None,
        limits["memory"].amount or None,
    )


def clamp(amount: int, least: int, most: int) -> int:
    """Not below the least, and not above the most."""
    return max(least, min(amount, most))


def mebibytes(amount_bytes: int) -> str:
    """For a reason, rounded down: whole MiB, tenths of them below 10, KiB below one."""
    if amount_bytes < 1024:
        return "nothing"
    if amount_bytes < MIB:
        return f"{amount_bytes // 1024}Ki"
    return f"{amount_bytes // MIB if amount_bytes >= 10 * MIB else amount_bytes * 10 // MIB / 10:g}Mi"


def part(amount_bytes: int, needed_bytes: int) -> str:
    """For a reason: the part of the memory that something fits into, or that it does not, being the least there is."""
    fits = needed_bytes <= amount_bytes
    return (
        f"of {mebibytes(amount_bytes)}" if fits else f"and this is the least, though there is {mebibytes(amount_bytes)}"
    )


def cpu(millicores: int) -> str:
    """For a reason."""
    return quantity("cpu", millicores)


def megabytes(amount_bytes: int) -> str:
    """For a reason: `1.2 MB`."""
    return f"{amount_bytes // 10**5 / 10:g} MB"
