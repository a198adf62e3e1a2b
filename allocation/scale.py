"""How many pods of a component run, and what says so."""

from dataclasses import dataclass

from allocation.plan import ReplicasSource
from settings.pods import PodSettings


@dataclass(frozen=True)
class Scale:
    """Replicas of one component: those that the budget counts, and the bounds of its autoscaler if it has one."""

    counted: int
    source: ReplicasSource
    autoscaled: tuple[int, int] | None = None


def own_scale(pod: PodSettings) -> Scale | None:
    """What the user says of it: an autoscaler's bound comes first, then their own number; None: nothing."""
    if pod.autoscaling is not None:
        bounds = (pod.autoscaling.min_replicas, pod.autoscaling.max_replicas)
        return Scale(bounds[pod.autoscaling.budget == "max"], "autoscaling", bounds)
    return None if pod.replicas is None else Scale(pod.replicas, "override")


def scale_of(pod: PodSettings, sized: Scale | None) -> Scale:
    """What the user says of it, else the size or the workload (`sized`), else 1."""
    return own_scale(pod) or sized or Scale(1, "default")
