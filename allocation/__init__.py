"""Decides every container's limits and requests: settings in, a `Plan` out, by exact arithmetic and nothing else."""

from allocation.cost import Charge, ComponentCost, Cost
from allocation.decide import allocate
from allocation.findings import Finding
from allocation.plan import ContainerPlan, Figure, Plan, WorkloadPlan
from allocation.review import review_rendering

__all__ = [
    "Charge",
    "ComponentCost",
    "ContainerPlan",
    "Cost",
    "Figure",
    "Finding",
    "Plan",
    "WorkloadPlan",
    "allocate",
    "review_rendering",
]
