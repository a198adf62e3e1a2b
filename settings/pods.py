"""What a user can say of any component's pods."""

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic.alias_generators import to_camel

from settings.autoscaling import Autoscaling
from settings.base import Model
from settings.names import LabelKeyField, LabelValueField, TextField
from settings.network import Bandwidth
from settings.placement import Affinity, TopologySpreadField
from settings.resources import ContainerResources, Qos
from settings.rollout import Strategy
from settings.types import IntField, refuse
from settings.volumes import ExtraVolume

# Kubernetes keeps replicas and user ids in 32 bits, seconds in 64.
ReplicasField = Annotated[IntField, Field(ge=1, le=2**31 - 1)]
UserIdField = Annotated[IntField, Field(ge=0, le=2**31 - 1)]
SecondsField = Annotated[IntField, Field(ge=-(2**63), le=2**63 - 1)]


class Toleration(Model):
    """A toleration as Kubernetes has it."""

    key: LabelKeyField | None = None
    """The taint's key; without one, every key (then `operator` is `Exists`)."""
    operator: Literal["Equal", "Exists"] | None = None
    """`Equal` (the default) compares the value, `Exists` does not."""
    value: LabelValueField | None = None
    """The taint's value, for `Equal`."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The taint's effect; without one, every effect."""
    toleration_seconds: SecondsField | None = None
    """How long a `NoExecute` taint is tolerated; without it, for ever."""

    @model_validator(mode="after")
    def _is_one_that_kubernetes_accepts(self) -> Self:
        if self.operator == "Exists" and self.value:
            refuse("has a value although its operator is Exists; remove the value or write operator: Equal")
        if not self.key and self.operator != "Exists":
            refuse("has no key; add one, or write operator: Exists to tolerate every key")
        if self.toleration_seconds is not None and self.effect != "NoExecute":
            refuse("has tolerationSeconds without effect: NoExecute; remove them or write that effect")
        return self


class SeccompProfile(Model):
    """A seccomp profile as Kubernetes has it."""

    type: Literal["RuntimeDefault", "Localhost", "Unconfined"]
    """Which kind of profile."""
    localhost_profile: TextField | None = None
    """The profile's file on the node, for `Localhost`."""

    @model_validator(mode="after")
    def _has_a_file_only_and_always_for_localhost(self) -> Self:
        if self.type == "Localhost" and self.localhost_profile is None:
            refuse("has no localhostProfile; add the file's name, or write another type")
        if self.type != "Localhost" and self.localhost_profile is not None:
            refuse(f"has a localhostProfile although its type is {self.type}; remove it or write type: Localhost")
        file = self.localhost_profile or ""
        if file.startswith("/") or ".." in file.split("/"):  # the API server refuses it too
            refuse("has a localhostProfile that leads out of the kubelet's seccomp folder; write a path below it")
        return self


class PodSecurityContext(Model):
    """The pod security context's fields that a user may set; they are merged over the stack's own."""

    run_as_user: UserIdField | None = None
    """The user that the pod's processes run as."""
    run_as_group: UserIdField | None = None
    """Their group."""
    run_as_non_root: bool | None = None
    """Whether root is refused when a container starts."""
    fs_group: UserIdField | None = None
    """The group that owns the pod's volumes."""
    fs_group_change_policy: Literal["OnRootMismatch", "Always"] | None = None
    """When the volumes' owner is corrected."""
    supplemental_groups: list[UserIdField] | None = None
    """More groups of the processes."""
    seccomp_profile: SeccompProfile | None = None
    """The system calls that the processes may make."""


class PodSettings(Model):
    """Replicas, resources and placement of one component's pods."""

    replicas: ReplicasField | None = None
    """How many pods; 1 where nothing is said."""
    resources: ContainerResources | None = None
    """The main container's own limits and requests, kept to the letter."""
    qos: Qos | None = None
    """The class its pods ask for: what is not written out follows it."""
    autoscaling: Autoscaling | None = None
    """Lets a HorizontalPodAutoscaler decide how many pods run; not for the ingester."""
    strategy: Strategy | None = None
    """How its pods are replaced, as in a Deployment; not for the ingester."""
    node_selector: dict[LabelKeyField, LabelValueField] | None = None
    """Labels of the nodes that the pods may run on."""
    tolerations: list[Toleration] | None = None
    """Taints of nodes that the pods accept."""
    affinity: Affinity | None = None
    """The nodes that the pods need or prefer, and the pods that they run with or apart from."""
    topology_spread_constraints: TopologySpreadField | None = None
    """How the pods spread, in place of the stack's own preference for different hosts and zones."""
    extra_volumes: list[ExtraVolume] | None = None
    """More folders for the main container, each a volume that comes and goes with its pod."""
    pod_security_context: PodSecurityContext | None = None
    """Merged over the stack's own, which fits the `restricted` pod security standard."""
    bandwidth: Bandwidth | None = None
    """How fast each pod may be, over what `spec.networkPolicy.bandwidth` says."""


class Component(PodSettings):
    """A component: its pod settings stand directly under it, under `component:`, or some here and some there.

    The same key in both places is a mistake (`settings.rules`); read them through `pod`.
    """

    component: PodSettings | None = None
    """The keys beside it may as well stand under this one, as in a TempoStack; each in one of the two places."""

    @cached_property
    def pod(self) -> PodSettings:
        """Both places as one."""
        here = {key: getattr(self, key) for key in PodSettings.model_fields if getattr(self, key) is not None}
        return (self.component or PodSettings()).model_copy(update=here)

    def path_of(self, key: str) -> str:
        """Where the user wrote `key` (a config key such as `resources`), below this component."""
        below = self.component.model_fields_set if self.component else ()
        return f"component.{key}" if key in map(to_camel, below) else key
