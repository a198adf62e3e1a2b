"""The labels of the stack's pods, by which selectors find them."""

GOSSIP_MEMBER = {"tempo-gossip-member": "true"}  # what the gossip Service selects
GOSSIPS = frozenset({"distributor", "ingester", "compactor", "querier"})  # the components with a ring to join


def selector(stack: str, component: str = "") -> dict[str, str]:
    """Labels that never change while the object lives, of a component or of the whole stack."""
    labels = {"app.kubernetes.io/name": "tempo", "app.kubernetes.io/instance": stack}
    return labels | ({"app.kubernetes.io/component": component} if component else {})


def pod_labels(stack: str, component: str, managed_by: str) -> dict[str, str]:
    """Everything that a pod template of a component is labelled with."""
    own = selector(stack, component) | {"app.kubernetes.io/managed-by": managed_by}
    return own | (GOSSIP_MEMBER if component in GOSSIPS else {})
