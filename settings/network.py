"""`spec.networkPolicy`: who may speak to the stack's pods, and how fast."""

from settings.base import Model


class NetworkPolicy(Model):
    """NetworkPolicies: nothing may pass but what the stack needs."""

    enabled: bool = True
    """Whether the stack declares NetworkPolicies."""
