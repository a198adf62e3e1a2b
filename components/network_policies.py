"""NetworkPolicies from the table of flows: nothing may pass between the stack's pods and others but what it lists."""

from collections.abc import Iterable, Iterator, Sequence

import pulumi
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, LabelSelectorRequirementArgs
from pulumi_kubernetes.networking.v1 import (
    IPBlockArgs,
    NetworkPolicy,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)

from components.flow_terms import STORE, Outside
from components.flows import COMPONENTS, Flow, Party, flows, runs
from components.identity import Identity
from settings import Settings
from settings.network import Peer

BOTH = ["Ingress", "Egress"]
NAMESPACE = "kubernetes.io/metadata.name"  # a label that Kubernetes itself keeps equal to the namespace's name
COMPONENT = "app.kubernetes.io/component"
DESCRIPTION = "kubernetes.io/description"


def declare_network_policies(
    name: str,
    me: Identity,
    settings: Settings,
    store_ports: Sequence[pulumi.Input[int]],
    options: pulumi.ResourceOptions,
) -> tuple[pulumi.Resource, ...]:
    """`tempo-<stack>` closes every pod of the stack; `tempo-<stack>-<component>` lets the flows of its pods through.

    `store_ports`: those of the object store, read from its Secret; none where they follow from the settings.
    """
    if not settings.spec.network_policy.enabled:
        return ()
    closed = NetworkPolicySpecArgs(pod_selector=LabelSelectorArgs(match_labels=me.selector), policy_types=BOTH)
    deny = NetworkPolicy(name, metadata=me.metadata(), spec=closed, opts=options)
    # Somebody who is nobody needs no rule: one without peers would let everybody in.
    known = [
        flow for flow in flows(settings) if all(_peers(end, me, settings) != [] for end in (flow.origin, flow.target))
    ]
    running = [component for component in COMPONENTS if runs(component, settings)]
    allow = (_policy(f"{name}-{each}", me.of(each), known, settings, store_ports, options) for each in running)
    return deny, *allow


def _policy(
    name: str,
    me: Identity,
    known: Iterable[Flow],
    settings: Settings,
    store_ports: Sequence[pulumi.Input[int]],
    options: pulumi.ResourceOptions,
) -> NetworkPolicy:
    incoming = [flow for flow in known if _has(flow.target, me.component)]
    outgoing = [flow for flow in known if _has(flow.origin, me.component)]
    sides = (("in", incoming), ("out", outgoing))
    description = "; ".join(f"{side}: {', '.join(flow.name for flow in found)}" for side, found in sides if found)
    ingress = [
        NetworkPolicyIngressRuleArgs(from_=_peers(flow.origin, me, settings), ports=_ports(flow)) for flow in incoming
    ]
    egress = [
        NetworkPolicyEgressRuleArgs(
            to=_peers(flow.target, me, settings), ports=_ports(flow, store_ports if flow.name == STORE else ())
        )
        for flow in outgoing
    ]
    return NetworkPolicy(
        name,
        metadata=me.metadata(annotations={DESCRIPTION: description}),
        spec=NetworkPolicySpecArgs(
            pod_selector=LabelSelectorArgs(match_labels=me.selector),
            policy_types=BOTH,
            ingress=ingress or None,
            egress=egress or None,
        ),
        opts=options,
    )


def _has(party: Party, component: str) -> bool:
    return not isinstance(party, Outside) and component in party


def _ports(flow: Flow, instead: Sequence[pulumi.Input[int]] = ()) -> list[NetworkPolicyPortArgs]:
    if instead:
        return [NetworkPolicyPortArgs(port=port, protocol="TCP") for port in instead]
    return [NetworkPolicyPortArgs(port=port.number, protocol=port.protocol) for port in flow.ports]


def _peers(party: Party, me: Identity, settings: Settings) -> list[NetworkPolicyPeerArgs] | None:
    """None where any address will do."""
    if isinstance(party, Outside):
        given = party.peers(settings)
        return None if given is None else [args for peer in given for args in _outside(peer)]
    if not party:
        return []
    some = LabelSelectorRequirementArgs(key=COMPONENT, operator="In", values=list(party))
    selector = LabelSelectorArgs(match_labels=me.of("").selector, match_expressions=[some])
    return [NetworkPolicyPeerArgs(pod_selector=selector)]


def _outside(peer: Peer) -> Iterator[NetworkPolicyPeerArgs]:
    """Pods of the whole cluster unless it names namespaces."""
    if peer.cidrs:
        yield from (NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=cidr)) for cidr in peer.cidrs)
        return
    named = [LabelSelectorRequirementArgs(key=NAMESPACE, operator="In", values=peer.namespaces)]
    yield NetworkPolicyPeerArgs(
        namespace_selector=LabelSelectorArgs(match_expressions=named if peer.namespaces else None),
        pod_selector=LabelSelectorArgs(match_labels=peer.pod_labels) if peer.pod_labels else None,
    )
