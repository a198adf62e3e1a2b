"""How many pods run on top while a component rolls: the reserve that its strategy asks for."""

from settings.pods import Component
from settings.rollout import Strategy
from settings.template import Template


def surge_of(template: Template, component: str, replicas: int) -> int:
    """Pods above `replicas` that the component's strategy lets run meanwhile, as Kubernetes counts them.

    Without a strategy one pod leaves before another comes, and so it is with an ingester's StatefulSet; `Recreate` has
    no numbers, and lets none come early.
    """
    block: Component = getattr(template, component.replace("-", "_"))
    surge = (block.pod.strategy or Strategy()).rolling.max_surge
    return surge if isinstance(surge, int) else -(-replicas * int(surge.removesuffix("%")) // 100)
