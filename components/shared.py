"""What the stack hands to each of its components."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import EnvVarArgs, EnvVarSourceArgs, SecretKeySelectorArgs
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget, PodDisruptionBudgetSpecArgs

from allocation import WorkloadPlan
from components.config_map import ConfigFiles
from components.identity import Identity
from components.transport import Transport
from components.volumes import Mount

# What the rendered files call the object store's credentials -> the key in the storage Secret.
STORAGE_ENV = {
    "S3_ENDPOINT": "endpoint",
    "S3_BUCKET": "bucket",
    "S3_ACCESS_KEY": "access_key_id",
    "S3_SECRET_KEY": "access_key_secret",
}


@dataclass(frozen=True)
class ObjectStore:
    """The Secret that says where the bucket is, its fingerprint where this stack made it, and what TLS to it needs."""

    secret: str
    fingerprint: pulumi.Output[str] | None = None
    mounts: tuple[Mount, ...] = ()  # beside the stack's own certificates

    def env(self, names: dict[str, str]) -> tuple[EnvVarArgs, ...]:
        """Environment variable -> key of the Secret, as a container takes them."""
        return tuple(EnvVarArgs(name=name, value_from=self._key(key)) for name, key in names.items())

    def checksums(self) -> dict[str, pulumi.Input[str]]:
        """What rolls the pods that read the Secret; a Secret of the user's own is not seen by this program."""
        return {} if self.fingerprint is None else {"storage-secret": self.fingerprint}

    def _key(self, key: str) -> EnvVarSourceArgs:
        return EnvVarSourceArgs(secret_key_ref=SecretKeySelectorArgs(name=self.secret, key=key))


@dataclass(frozen=True)
class After:
    """What has to exist before any object, before any pod, and before a pod of Tempo's."""

    objects: tuple[pulumi.Input[pulumi.Resource], ...] = ()  # the namespace, and Secrets that must be there
    pods: tuple[pulumi.Resource, ...] = ()  # the service account, and the quota
    tempo: tuple[pulumi.Resource, ...] = ()  # the ConfigMap, and the bucket


@dataclass(frozen=True)
class Shared:
    """What every component is given."""

    identity: Identity  # of the stack; a component's own is `identity.of(...)`
    config: ConfigFiles
    store: ObjectStore
    service_account: str
    user: int | None  # whom the pods run as; None: the cluster says
    after: After
    transport: Transport

    def options(self, parent: pulumi.Resource) -> pulumi.ResourceOptions:
        """Of any object but a workload."""
        return pulumi.ResourceOptions(parent=parent, depends_on=self.after.objects)

    def workload_options(self, parent: pulumi.Resource, *reads: pulumi.Resource) -> pulumi.ResourceOptions:
        """Of a workload whose pods read `reads`."""
        return pulumi.ResourceOptions(parent=parent, depends_on=[*self.after.objects, *self.after.pods, *reads])

    def tempo_options(self, parent: pulumi.Resource, *reads: pulumi.Resource) -> pulumi.ResourceOptions:
        """Of a workload of Tempo's, whose pods read `reads` on top of what all of them read."""
        return self.workload_options(parent, *self.after.tempo, *reads)


def disruption_budget(name: str, me: Identity, plan: WorkloadPlan, opts: pulumi.ResourceOptions) -> None:
    """Lets drained nodes take one pod at a time, wherever there can be several.

    An autoscaler may leave a single one: since it is the missing pods that are counted, that one can be moved as well.
    """
    if plan.replicas_at("max") > 1:
        PodDisruptionBudget(
            name,
            metadata=me.metadata(),
            spec=PodDisruptionBudgetSpecArgs(max_unavailable=1, selector=LabelSelectorArgs(match_labels=me.selector)),
            opts=opts,
        )
