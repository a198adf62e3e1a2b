"""Which class of pods each component asks for."""

from collections.abc import Mapping

from settings.resources import Qos, StackResources

# Who loses data, or refuses it, when it is short of anything is guaranteed; whose load comes and goes may burst; who
# tidies up in the background asks for nothing.
RECOMMENDED: Mapping[str, Qos] = {
    "distributor": "Guaranteed",
    "ingester": "Guaranteed",
    "querier": "Burstable",
    "query-frontend": "Burstable",
    "gateway": "Burstable",
    "compactor": "BestEffort",
}


def class_of(component: str, own: Qos | None, resources: StackResources) -> Qos | None:
    """The component's own `qos`, else the stack's; None where neither says anything."""
    if own is not None or resources.qos is None:
        return own
    return RECOMMENDED[component] if resources.qos == "recommended" else resources.qos
