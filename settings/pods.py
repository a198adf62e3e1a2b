"""What a user can say of any component's pods."""

from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model
from settings.resources import ContainerResources
from settings.types import IntField


class Toleration(Model):
    """A toleration as Kubernetes has it."""

    key: str | None = None
    operator: Literal["Equal", "Exists"] | None = None
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    toleration_seconds: IntField | None = None


class SeccompProfile(Model):
    """A seccomp profile as Kubernetes has it."""

    type: Literal["RuntimeDefault", "Localhost", "Unconfined"]
    localhost_profile: str | None = None


class PodSecurityContext(Model):
    """The pod security context's fields that a user may set; they are merged over the stack's own."""

    run_as_user: Annotated[IntField, Field(ge=0)] | None = None
    run_as_group: Annotated[IntField, Field(ge=0)] | None = None
    run_as_non_root: bool | None = None
    fs_group: Annotated[IntField, Field(ge=0)] | None = None
    fs_group_change_policy: Literal["OnRootMismatch", "Always"] | None = None
    supplemental_groups: list[IntField] | None = None
    seccomp_profile: SeccompProfile | None = None


class PodSettings(Model):
    """Replicas, resources and placement of one component's pods."""

    replicas: Annotated[IntField, Field(ge=1)] | None = None
    resources: ContainerResources | None = None
    node_selector: dict[str, str] | None = None
    tolerations: list[Toleration] | None = None
    pod_security_context: PodSecurityContext | None = None


class Component(PodSettings):
    """A component: its pod settings stand directly under it, under `component:`, or some here and some there.

    The same key in both places is a mistake (`settings.rules`); read them through `pod`.
    """

    component: PodSettings | None = None

    @property
    def pod(self) -> PodSettings:
        """Both places as one."""
        here = {key: getattr(self, key) for key in PodSettings.model_fields if getattr(self, key) is not None}
        return (self.component or PodSettings()).model_copy(update=here)

    def path_of(self, key: str) -> str:
        """Where the user wrote `key` (a config key such as `resources`), below this component."""
        return f"component.{key}" if self.component and key in self.component.model_fields_set else key
