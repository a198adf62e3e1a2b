"""What a container's Go program is told of its limits: two variables of its environment, each with its reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from allocation.plan import ContainerPlan, Plan, WorkloadPlan

# Part of a memory limit that the Go heap may fill before its collector works without pause (GOMEMLIMIT). The rest is
# what is no heap, and what is allocated faster than it is collected.
HEAP_PERCENT = 80


@dataclass(frozen=True)
class Variable:
    """One of them; the value is in bytes for GOMEMLIMIT, in threads for GOMAXPROCS."""

    name: Literal["GOMEMLIMIT", "GOMAXPROCS"]
    value: int
    reason: str


def environment_of(plan: Plan) -> Iterator[tuple[WorkloadPlan, ContainerPlan, Variable]]:
    """The variables of every container, inside the total and outside."""
    for workload in plan.every_workload:
        for container in workload.containers:
            for variable in variables(container):
                yield workload, container, variable


def variables(container: ContainerPlan) -> Iterator[Variable]:
    """Those that its limits decide."""
    limits, heap, threads = container.quantities("limits"), gomemlimit_bytes(container), gomaxprocs(container)
    if heap is not None:
        part = f"{HEAP_PERCENT} % of {limits['memory']}"
        yield Variable("GOMEMLIMIT", heap, f"{part}: {_WHY_HEAP}")
    if threads is not None:
        yield Variable("GOMAXPROCS", threads, f"{limits['cpu']} in whole threads, rounded up: {_WHY_THREADS}")


def gomemlimit_bytes(container: ContainerPlan) -> int | None:
    """80 % of the memory limit, whole bytes; None without a limit."""
    limit = container.limits["memory"].amount
    return limit * HEAP_PERCENT // 100 if limit else None  # to the kernel, a limit of 0 is no limit


def gomaxprocs(container: ContainerPlan) -> int | None:
    """The cpu limit in whole threads, rounded up; None without a limit, or if the container is not tuned.

    By itself Go takes two threads at the least (https://go.dev/doc/go1.25#container-aware-gomaxprocs), or those of the
    whole node (before 1.25). Measured with one and with two (docs/measured.md#threads): with one a
    distributor takes less cpu and waits for it less often; to an ingester it is the same, and the slowest pushes take
    longer.
    """
    limit = container.limits["cpu"].amount
    return -(-limit // 1000) if limit and container.tuned else None


_WHY_HEAP = (
    "so much the heap may fill before its collector works without pause; the rest is what is no heap, and what is "
    "allocated faster than it is collected"
)
_WHY_THREADS = "by itself Go takes two at the least, or before 1.25 the node's; more threads cost more cpu"
