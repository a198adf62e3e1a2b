"""`affinity` and `topologySpreadConstraints`: where a component's pods may run, in Kubernetes' own shape."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from settings.base import Model
from settings.names import LabelKeyField, LabelValueField
from settings.types import IntField, refuse

WeightField = Annotated[IntField, Field(ge=1, le=100)]
CountField = Annotated[IntField, Field(ge=1, le=2**31 - 1)]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
COMPARES = ("Gt", "Lt")


class LabelRequirement(Model):
    """One condition on labels."""

    key: LabelKeyField
    """The label."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """`NotIn` and `DoesNotExist` also hold where the label is missing."""
    values: list[LabelValueField] = []  # noqa: RUF012 (pydantic copies it)
    """For `In` and `NotIn`."""

    @model_validator(mode="after")
    def _has_the_values_that_its_operator_reads(self) -> Self:
        _check_values(self.operator, self.values)
        return self


class NodeRequirement(Model):
    """One condition on a node's labels."""

    key: LabelKeyField
    """The label."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    """`NotIn` and `DoesNotExist` also hold where the label is missing; `Gt` and `Lt` compare whole numbers."""
    values: list[LabelValueField] = []  # noqa: RUF012
    """For `In` and `NotIn`; one whole number for `Gt` and `Lt`."""

    @model_validator(mode="after")
    def _has_the_values_that_its_operator_reads(self) -> Self:
        _check_values(self.operator, self.values)
        return self


class NodeSelectorTerm(Model):
    """Conditions that a node meets all of; without any, no node meets them."""

    match_expressions: list[NodeRequirement] = []  # noqa: RUF012
    """The conditions."""


class NodeSelector(Model):
    """Terms, one of which a node must meet."""

    node_selector_terms: Annotated[list[NodeSelectorTerm], Field(min_length=1)]
    """The terms."""


class PreferredNodes(Model):
    """Nodes that the scheduler prefers."""

    weight: WeightField
    """How much, against other preferences."""
    preference: NodeSelectorTerm
    """The conditions."""


class NodeAffinity(Model):
    """The nodes that a pod needs or prefers."""

    required: Annotated[NodeSelector | None, Field(alias=REQUIRED)] = None
    """Where the pods must run."""
    preferred: Annotated[list[PreferredNodes], Field(alias=PREFERRED)] = []  # noqa: RUF012
    """Where they had better run."""


class LabelSelector(Model):
    """Pods by their labels; an empty one takes all pods of the namespace."""

    match_labels: dict[LabelKeyField, LabelValueField] = {}  # noqa: RUF012
    """Labels with their values."""
    match_expressions: list[LabelRequirement] = []  # noqa: RUF012
    """Conditions."""


class PodAffinityTerm(Model):
    """Pods of the stack's namespace, and the part of the cluster they stand in."""

    label_selector: LabelSelector | None = None
    """The pods; without it, none."""
    topology_key: LabelKeyField
    """The node label whose value is the place: `kubernetes.io/hostname`, `topology.kubernetes.io/zone`."""


class WeightedPodAffinityTerm(Model):
    """Pods that the scheduler prefers to be near, or away from."""

    weight: WeightField
    """How much, against other preferences."""
    pod_affinity_term: PodAffinityTerm
    """The pods and the place."""


class PodAffinity(Model):
    """The pods that a pod must or had better be in one place with, or apart from."""

    required: Annotated[list[PodAffinityTerm], Field(alias=REQUIRED)] = []  # noqa: RUF012
    """What must hold, all of it."""
    preferred: Annotated[list[WeightedPodAffinityTerm], Field(alias=PREFERRED)] = []  # noqa: RUF012
    """What is better."""


class Affinity(Model):
    """`affinity` as Kubernetes has it."""

    node_affinity: NodeAffinity | None = None
    """The nodes that the pods need or prefer."""
    pod_affinity: PodAffinity | None = None
    """The pods that they must or had better be with."""
    pod_anti_affinity: PodAffinity | None = None
    """The pods that they must or had better be apart from."""


class TopologySpreadConstraint(Model):
    """One entry of `topologySpreadConstraints` as Kubernetes has it."""

    max_skew: CountField
    """How many more pods one place may have than the one with the fewest."""
    topology_key: LabelKeyField
    """The node label whose value is the place."""
    when_unsatisfiable: Literal["DoNotSchedule", "ScheduleAnyway"]
    """Whether a pod waits or goes where it is least bad."""
    label_selector: LabelSelector | None = None
    """The pods that are counted; the component's own where nothing is said."""
    min_domains: CountField | None = None
    """With fewer places than this, the fewest pods in a place count as none; for `DoNotSchedule`."""
    node_affinity_policy: Literal["Honor", "Ignore"] | None = None
    """With `Ignore`, nodes that the pod's node selector and affinity exclude are places too; `Honor` is the default."""
    node_taints_policy: Literal["Honor", "Ignore"] | None = None
    """With `Honor`, nodes whose taints it does not tolerate are no places; `Ignore` is the default."""

    @model_validator(mode="after")
    def _is_one_that_kubernetes_accepts(self) -> Self:
        if self.min_domains is not None and self.when_unsatisfiable != "DoNotSchedule":
            refuse("has minDomains without whenUnsatisfiable: DoNotSchedule; remove them or write that")
        return self


def _are_ones_that_kubernetes_accepts(constraints: list[TopologySpreadConstraint]) -> list[TopologySpreadConstraint]:
    pairs = [(each.topology_key, each.when_unsatisfiable) for each in constraints]
    if twice := next((pair for pair in pairs if pairs.count(pair) > 1), None):
        refuse(f"has two entries with topologyKey {twice[0]} and whenUnsatisfiable {twice[1]}; keep one")
    return constraints


TopologySpreadField = Annotated[list[TopologySpreadConstraint], AfterValidator(_are_ones_that_kubernetes_accepts)]


def _check_values(operator: str, values: Sequence[str]) -> None:
    if operator in ("In", "NotIn") and not values:
        refuse(f"has no values although its operator is {operator}; add some")
    if operator in ("Exists", "DoesNotExist") and values:
        refuse(f"has values although its operator is {operator}; remove them")
    if operator in COMPARES and (len(values) != 1 or not values[0].isdecimal() or int(values[0]) >= 2**63):
        refuse(f"has an operator {operator}, which compares one whole number; write one such as values: ['4']")
