"""What the rules look at, and what they say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from allocation.containers import Container
from allocation.findings import Code
from allocation.plan import ContainerPlan, Plan, WorkloadPlan
from settings import Settings

TOTAL = "spec.resources.total"


@dataclass(frozen=True)
class Case:
    """The settings, every container that could run, and the plan."""

    settings: Settings
    containers: Sequence[Container]
    plan: Plan

    def planned(self) -> Iterator[tuple[WorkloadPlan, ContainerPlan]]:
        """Every container inside the total, with its workload."""
        return ((workload, container) for workload in self.plan.workloads for container in workload.containers)


class Violation(NamedTuple):
    """A finding whose severity is not known yet."""

    code: Code
    path: str
    message: str
    remedy: str


def label(workload: WorkloadPlan, container: ContainerPlan) -> str:
    """What reports call a container."""
    return f"{workload.component}/{container.name}"
