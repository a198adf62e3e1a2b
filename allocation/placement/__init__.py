"""Whether pods schedule: pods by class and nodes by group in, a verdict with its reasons out."""

from dataclasses import dataclass

from allocation.placement.bounds import Obstacle
from allocation.placement.model import NodeGroup, PodClass, node_groups
from allocation.placement.verdict import Verdict, judge

__all__ = ["NodeGroup", "Obstacle", "Placement", "PodClass", "Verdict", "judge", "node_groups"]


@dataclass(frozen=True)
class Placement:
    """The verdicts on a plan: with the fewest and with the most pods that its autoscalers allow."""

    at_min: Verdict
    at_max: Verdict
