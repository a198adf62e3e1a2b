"""How many pods of a component run, and what says so."""

from dataclasses import dataclass

from allocation.plan import ReplicasSource
from allocation.sizing import Sizing
from settings.pods import PodSettings


@dataclass(frozen=True)
class Scale:
    """Replicas of one component: those that the budget counts, and the bounds of its autoscaler if it has one."""

    counted: int
    source: ReplicasSource
    autoscaled: tuple[int, int] | None = None


def scale_of(component: str, pod: PodSettings, sizing: Sizing | None) -> Scale:
    """An autoscaler's bound comes first, then the user's own number, then the size's or the workload's, else 1."""
    if pod.autoscaling is not None:
        bounds = (pod.autoscaling.min_replicas, pod.autoscaling.max_replicas)
        return Scale(bounds[pod.autoscaling.budget == "max"], "autoscaling", bounds)
    if pod.replicas is not None:
        return Scale(pod.replicas, "override")
    if sizing is not None and component in sizing.replicas:
        return Scale(sizing.replicas[component], sizing.source)
    return Scale(1, "default")
