"""The namespaces in which tenants run their own programs, and what they are held to there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import (
    LimitRange,
    LimitRangeItemArgs,
    LimitRangeSpecArgs,
    Namespace,
    ResourceQuota,
    ResourceQuotaSpecArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from allocation.namespaces import NamespacePlan
from components.identity import ENFORCE, Identity
from settings import Quantity
from settings.tenant_namespaces import TenantNamespace

Before = Sequence[pulumi.Input[pulumi.Resource]]


@dataclass(frozen=True)
class TenantNamespacesArgs:
    identity: Identity  # of the stack
    namespaces: tuple[tuple[TenantNamespace, NamespacePlan], ...]
    own: Before  # the stack's own namespace, where the stack makes it


class TenantNamespaces(pulumi.ComponentResource):
    """Namespaces, each with a ResourceQuota and a LimitRange where the settings have them.

    Other people's programs live there: whoever made a namespace, it stays when the stack goes, or no longer lists it;
    what the stack held it to goes.

    Attributes: `of_the_stack`, what holds the stack's own namespace, for its pods to wait for.
    """

    of_the_stack: tuple[pulumi.Resource, ...]

    def __init__(self, name: str, args: TenantNamespacesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("tempostack:components:TenantNamespaces", name, None, opts)
        self._me, self._own = args.identity.of("tenant"), args.own
        self.of_the_stack = ()
        for wanted, plan in args.namespaces:
            held = self._held(f"{name}-{plan.name}", plan, self._namespace(f"{name}-{plan.name}", wanted, plan))
            if plan.name == args.identity.namespace:
                self.of_the_stack = held
        self.register_outputs({})

    def _namespace(self, name: str, wanted: TenantNamespace, plan: NamespacePlan) -> Before:
        """What has to be there before anything in it."""
        if not plan.made:
            return self._own if plan.name == self._me.namespace else ()
        labels = {ENFORCE: wanted.pod_security} | wanted.labels | self._me.labels
        options = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        return (Namespace(name, metadata=ObjectMetaArgs(name=plan.name, labels=labels), opts=options),)

    def _held(self, name: str, plan: NamespacePlan, namespace: Before) -> tuple[pulumi.Resource, ...]:
        metadata = ObjectMetaArgs(name=plan.quota, namespace=plan.name, labels=self._me.labels)
        options = pulumi.ResourceOptions(parent=self, depends_on=namespace)
        held: list[pulumi.Resource] = []
        if plan.hard:
            spec = ResourceQuotaSpecArgs(hard=_texts(plan.hard))
            held.append(ResourceQuota(name, metadata=metadata, spec=spec, opts=options))
        if plan.bounds:
            bounds = {bound: _texts(amounts) for bound, amounts in plan.bounds.items()}
            item = LimitRangeItemArgs(
                type="Container",
                min=bounds.get("min"),
                default_request=bounds.get("defaultRequest"),
                default=bounds.get("default"),
                max=bounds.get("max"),
            )
            held.append(LimitRange(name, metadata=metadata, spec=LimitRangeSpecArgs(limits=[item]), opts=options))
        return tuple(held)


def _texts(amounts: Mapping[str, Quantity]) -> dict[str, str]:
    return {key: str(amount) for key, amount in amounts.items()}
