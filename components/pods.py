"""Pods: containers with the plan's numbers, probes, volumes, security contexts, and how they spread."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi
from pulumi_kubernetes.core.v1 import (
    CapabilitiesArgs,
    ContainerArgs,
    ContainerPortArgs,
    EnvVarArgs,
    PodSecurityContextArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    SeccompProfileArgs,
    SecurityContextArgs,
    ServicePortArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from allocation import ContainerPlan
from allocation.go import variables
from components import placement
from components.identity import Identity
from components.volumes import Mount, brought
from settings.network import Bandwidth
from settings.pods import PodSecurityContext, PodSettings

USER = 10001  # Tempo's own user in its image; every container runs as it, unless the cluster assigns another
DEFAULT_SECURITY: dict[str, Any] = {
    "run_as_non_root": True,
    "fs_group_change_policy": "OnRootMismatch",  # a large volume would be walked through at every start
    "seccomp_profile": {"type": "RuntimeDefault"},
}


@dataclass(frozen=True)
class Port:
    """A port of a container, and of the Service in front of it."""

    name: str
    number: int
    protocol: Literal["TCP", "UDP"] = "TCP"

    def container(self) -> ContainerPortArgs:
        return ContainerPortArgs(name=self.name, container_port=self.number, protocol=self.protocol)

    def service(self) -> ServicePortArgs:
        return ServicePortArgs(name=self.name, port=self.number, target_port=self.name, protocol=self.protocol)


@dataclass(frozen=True)
class Container:
    """One container: what the plan gives it and what it runs. Every image of the stack holds a Go program."""

    plan: ContainerPlan
    image: str
    args: tuple[str, ...]
    command: tuple[str, ...] | None = None  # only where the image's own entry point is not what should run
    ports: tuple[Port, ...] = ()
    env: tuple[EnvVarArgs, ...] = ()
    mounts: tuple[Mount, ...] = ()
    readiness: ProbeArgs | None = None
    liveness: ProbeArgs | None = None

    def declare(self) -> ContainerArgs:
        follows = [EnvVarArgs(name=each.name, value=str(each.value)) for each in variables(self.plan)]
        return ContainerArgs(
            name=self.plan.name,
            image=self.image,
            command=self.command,
            args=self.args,
            ports=[port.container() for port in self.ports] or None,
            env=[*follows, *self.env] or None,
            resources=ResourceRequirementsArgs(
                limits=self.plan.quantities("limits") or None, requests=self.plan.quantities("requests") or None
            ),
            volume_mounts=[
                VolumeMountArgs(name=mount.name, mount_path=mount.path, read_only=mount.read_only or None)
                for mount in self.mounts
            ]
            or None,
            readiness_probe=self.readiness,
            liveness_probe=self.liveness,
            security_context=SecurityContextArgs(
                allow_privilege_escalation=False,
                read_only_root_filesystem=True,
                capabilities=CapabilitiesArgs(drop=["ALL"]),
            ),
        )


@dataclass(frozen=True)
class Pod:
    """The pods of one workload."""

    identity: Identity
    containers: tuple[Container, ...]
    service_account: str
    user: int | None  # its group too; None where the cluster assigns one to each namespace, and refuses any other
    settings: PodSettings = field(default_factory=PodSettings)
    checksums: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict
    )  # of what it reads: another one, another pod
    labels: Mapping[str, str] = field(default_factory=dict)  # on top of the component's own
    grace_seconds: int | None = None
    restart_policy: Literal["OnFailure"] | None = None  # of a Job

    def template(self) -> PodTemplateSpecArgs:
        return PodTemplateSpecArgs(
            metadata=ObjectMetaArgs(
                labels=self.identity.labels | dict(self.labels),
                annotations=self._annotations() or None,
            ),
            spec=PodSpecArgs(
                containers=[container.declare() for container in self._containers()],
                volumes=self._volumes() or None,
                service_account_name=self.service_account,
                automount_service_account_token=False,  # who speaks to the API mounts `api_access`
                enable_service_links=False,  # the environment of a pod is what is written here
                security_context=_security(self.user, self.settings.pod_security_context),
                node_selector=self.settings.node_selector,
                tolerations=placement.tolerations(self.settings.tolerations),
                affinity=placement.affinity(self.settings.affinity),
                topology_spread_constraints=None
                if self.restart_policy
                else placement.spread(self.settings.topology_spread_constraints, self.identity.selector),
                termination_grace_period_seconds=self.grace_seconds,
                restart_policy=self.restart_policy,
            ),
        )

    def _annotations(self) -> dict[str, pulumi.Input[str]]:
        """Hashes of what the pods read, and how fast they may be: the CNI's bandwidth plugin reads it there."""
        fast = self.settings.bandwidth or Bandwidth()
        sides = {"ingress": fast.ingress, "egress": fast.egress}
        return {f"checksum/{what}": value for what, value in self.checksums.items()} | {
            f"kubernetes.io/{side}-bandwidth": str(given) for side, given in sides.items() if given is not None
        }

    def _containers(self) -> tuple[Container, ...]:
        """The containers, of which the first sees the user's extra volumes: in place of a volume in the same folder."""
        extra = [brought(volume.name, volume.path, volume.spec) for volume in self.settings.extra_volumes or ()]
        folders = {mount.path for mount in extra}
        first, *others = self.containers
        kept = (mount for mount in first.mounts if mount.path not in folders)
        return dataclasses.replace(first, mounts=(*kept, *extra)), *others

    def _volumes(self) -> list[VolumeArgs]:
        """Each volume once, however many containers see it; a claim template's are the StatefulSet's to bring."""
        volumes = {
            mount.name: mount.declared(container.plan.quantities("limits").get("ephemeral-storage"))
            for container in self._containers()
            for mount in container.mounts
        }
        return [volume for volume in volumes.values() if volume is not None]


def with_sidecars(pod: Pod, *sidecars: Container) -> Pod:
    """The same pod with more containers."""
    return dataclasses.replace(pod, containers=(*pod.containers, *sidecars))


def plain_env(**values: str) -> tuple[EnvVarArgs, ...]:
    """Environment variables that are no secrets."""
    return tuple(EnvVarArgs(name=name, value=value) for name, value in values.items())


def _security(user: int | None, given: PodSecurityContext | None) -> PodSecurityContextArgs:
    """The pod security context from config over the stack's own, field by field."""
    identity = {} if user is None else {"run_as_user": user, "run_as_group": user, "fs_group": user}
    context = DEFAULT_SECURITY | identity | (given.model_dump(exclude_none=True) if given else {})
    profile = SeccompProfileArgs(**context["seccomp_profile"])
    return PodSecurityContextArgs(**{**context, "seccomp_profile": profile})
