"""Where pods may run: what a component's settings say, or the stack's own wish for different places."""

from collections.abc import Iterable, Mapping

from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    NodeAffinityArgs,
    NodeSelectorArgs,
    NodeSelectorRequirementArgs,
    NodeSelectorTermArgs,
    PodAffinityArgs,
    PodAffinityTermArgs,
    PodAntiAffinityArgs,
    PreferredSchedulingTermArgs,
    TolerationArgs,
    TopologySpreadConstraintArgs,
    WeightedPodAffinityTermArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, LabelSelectorRequirementArgs

from settings.placement import (
    Affinity,
    LabelSelector,
    NodeAffinity,
    NodeSelectorTerm,
    PodAffinity,
    PodAffinityTerm,
    TopologySpreadConstraint,
)
from settings.pods import Toleration

SPREAD_OVER = ("kubernetes.io/hostname", "topology.kubernetes.io/zone")


def tolerations(given: Iterable[Toleration] | None) -> list[TolerationArgs] | None:
    """The taints that the pods accept; None where nothing is said."""
    return [TolerationArgs(**dict(each)) for each in given or ()] or None


def spread(
    given: Iterable[TopologySpreadConstraint] | None, own: Mapping[str, str]
) -> list[TopologySpreadConstraintArgs] | None:
    """The user's constraints, or the stack's own; `own` are the labels that select the component's pods.

    The stack's own only prefer different hosts and zones: a cluster of one node runs the stack too.
    """
    if given is None:
        return [
            TopologySpreadConstraintArgs(
                max_skew=1,
                topology_key=key,
                when_unsatisfiable="ScheduleAnyway",
                label_selector=LabelSelectorArgs(match_labels=own),
            )
            for key in SPREAD_OVER
        ]
    return [
        TopologySpreadConstraintArgs(
            max_skew=each.max_skew,
            topology_key=each.topology_key,
            when_unsatisfiable=each.when_unsatisfiable,
            label_selector=label_selector(each.label_selector) or LabelSelectorArgs(match_labels=own),
            min_domains=each.min_domains,
            node_affinity_policy=each.node_affinity_policy,
            node_taints_policy=each.node_taints_policy,
        )
        for each in given
    ] or None


def affinity(given: Affinity | None) -> AffinityArgs | None:
    """The nodes and the pods that the pods want; None where nothing is said."""
    if given is None:
        return None
    near, away = given.pod_affinity, given.pod_anti_affinity
    return AffinityArgs(
        node_affinity=_node_affinity(given.node_affinity),
        pod_affinity=PodAffinityArgs(
            required_during_scheduling_ignored_during_execution=_required(near),
            preferred_during_scheduling_ignored_during_execution=_preferred(near),
        )
        if near
        else None,
        pod_anti_affinity=PodAntiAffinityArgs(
            required_during_scheduling_ignored_during_execution=_required(away),
            preferred_during_scheduling_ignored_during_execution=_preferred(away),
        )
        if away
        else None,
    )


def _node_affinity(given: NodeAffinity | None) -> NodeAffinityArgs | None:
    if given is None:
        return None
    return NodeAffinityArgs(
        required_during_scheduling_ignored_during_execution=NodeSelectorArgs(
            node_selector_terms=[_node_term(term) for term in given.required.node_selector_terms]
        )
        if given.required
        else None,
        preferred_during_scheduling_ignored_during_execution=[
            PreferredSchedulingTermArgs(weight=each.weight, preference=_node_term(each.preference))
            for each in given.preferred
        ]
        or None,
    )


def _node_term(term: NodeSelectorTerm) -> NodeSelectorTermArgs:
    return NodeSelectorTermArgs(
        match_expressions=[
            NodeSelectorRequirementArgs(key=each.key, operator=each.operator, values=each.values or None)
            for each in term.match_expressions
        ]
        or None
    )


def _required(given: PodAffinity) -> list[PodAffinityTermArgs] | None:
    return [_pod_term(term) for term in given.required] or None


def _preferred(given: PodAffinity) -> list[WeightedPodAffinityTermArgs] | None:
    return [
        WeightedPodAffinityTermArgs(weight=each.weight, pod_affinity_term=_pod_term(each.pod_affinity_term))
        for each in given.preferred
    ] or None


def _pod_term(term: PodAffinityTerm) -> PodAffinityTermArgs:
    return PodAffinityTermArgs(topology_key=term.topology_key, label_selector=label_selector(term.label_selector))


def label_selector(given: LabelSelector | None) -> LabelSelectorArgs | None:
    """A label selector; an empty one is kept, for it selects every pod where none selects no pod."""
    if given is None:
        return None
    return LabelSelectorArgs(
        match_labels=given.match_labels or None,
        match_expressions=[
            LabelSelectorRequirementArgs(key=each.key, operator=each.operator, values=each.values or None)
            for each in given.match_expressions
        ]
        or None,
    )
