"""The namespace's ResourceQuota and LimitRange, by which the cluster itself holds the stack to its budget."""

import pulumi
from pulumi_kubernetes.core.v1 import (
    LimitRange,
    LimitRangeItemArgs,
    LimitRangeSpecArgs,
    ResourceQuota,
    ResourceQuotaSpecArgs,
)

from allocation.quota import Quota
from components.identity import Identity


def declare_quota(
    name: str, me: Identity, quota: Quota, options: pulumi.ResourceOptions
) -> tuple[pulumi.Resource, ...]:
    """Both objects `tempo-<stack>`; the LimitRange only where the plan knows a largest container.

    A container of somebody else's that says nothing counts as the largest of the stack's own: it runs only where there
    is that much room. The stack's own have every number that the LimitRange could fill in, so it changes none of them.
    """
    held: list[pulumi.Resource] = [
        ResourceQuota(name, metadata=me.metadata(), spec=ResourceQuotaSpecArgs(hard=quota.quota), opts=options)
    ]
    if quota.limits:
        largest = LimitRangeItemArgs(
            type="Container", max=quota.limits, default=quota.limits, default_request=quota.limits
        )
        spec = LimitRangeSpecArgs(limits=[largest])
        held.append(LimitRange(name, metadata=me.metadata(), spec=spec, opts=options))
    return tuple(held)
