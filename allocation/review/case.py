"""What the rules look at, and what they say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pydantic.alias_generators import to_camel

from allocation.codes import Code
from allocation.containers import Container
from allocation.plan import ContainerPlan, Plan, WorkloadPlan
from settings import Settings
from settings.pods import Component

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

    def block(self, component: str) -> Component:
        """What the config says of a component."""
        block: Component = getattr(self.settings.spec.template, component.replace("-", "_"))
        return block

    def path(self, component: str, key: str) -> str:
        """Config path of one of its keys."""
        return f"spec.template.{to_camel(component.replace('-', '_'))}.{self.block(component).path_of(key)}"


class Violation(NamedTuple):
    """A finding whose severity is not known yet."""

    code: Code
    path: str
    message: str
    remedy: str


def label(workload: WorkloadPlan, container: ContainerPlan) -> str:
    """What reports call a container."""
    return f"{workload.component}/{container.name}"
