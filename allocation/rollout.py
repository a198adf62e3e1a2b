"""How many pods run on top while a component rolls: the reserve that its strategy asks for."""

from settings.pods import Component
from settings.rollout import Strategy
from settings.template import Template


def surge_of(template: Template, component: str, replicas: int) -> int:
    """Pods above `replicas` that the component's strategy lets run meanwhile, as Kubernetes counts them.

    Without a strategy a pod is told to end before its successor is made, and Kubernetes counts it no longer, though it
    runs for its grace (allocation/grace.py). An ingester's StatefulSet and `Recreate` wait until a pod has ended.
    """
    block: Component = getattr(template, component.replace("-", "_"))
    surge = (block.pod.strategy or Strategy()).rolling.max_surge
    return surge if isinstance(surge, int) else -(-replicas * int(surge.removesuffix("%")) // 100)
