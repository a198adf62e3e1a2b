"""`tenantNamespaces`: the namespaces in which tenants run their own programs, each inside a quota."""

from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model
from settings.names import LabelField, LabelKeyField, LabelValueField, SubdomainField
from settings.types import WholeBytesField, WholeCountField, WholeCpuField

PodSecurity = Literal["restricted", "baseline", "privileged"]


class QuotaHard(Model):
    """`spec.hard` of a ResourceQuota: the most of each that all of the namespace's objects may come to."""

    requests_cpu: Annotated[WholeCpuField | None, Field(alias="requests.cpu")] = None
    """Requests of cpu."""
    requests_memory: Annotated[WholeBytesField | None, Field(alias="requests.memory")] = None
    """Requests of memory."""
    requests_ephemeral_storage: Annotated[WholeBytesField | None, Field(alias="requests.ephemeral-storage")] = None
    """Requests of the nodes' own disks."""
    limits_cpu: Annotated[WholeCpuField | None, Field(alias="limits.cpu")] = None
    """Limits of cpu."""
    limits_memory: Annotated[WholeBytesField | None, Field(alias="limits.memory")] = None
    """Limits of memory."""
    limits_ephemeral_storage: Annotated[WholeBytesField | None, Field(alias="limits.ephemeral-storage")] = None
    """Limits of the nodes' own disks."""
    requests_storage: Annotated[WholeBytesField | None, Field(alias="requests.storage")] = None
    """What all persistent volume claims ask for together."""
    persistentvolumeclaims: WholeCountField | None = None
    """Persistent volume claims."""
    pods: WholeCountField | None = None
    """Pods that have not ended."""
    services: WholeCountField | None = None
    """Services."""
    services_loadbalancers: Annotated[WholeCountField | None, Field(alias="services.loadbalancers")] = None
    """Services of type LoadBalancer."""
    services_nodeports: Annotated[WholeCountField | None, Field(alias="services.nodeports")] = None
    """Ports that Services take on the nodes."""
    configmaps: WholeCountField | None = None
    """ConfigMaps; a cluster puts one or two of its own into each namespace."""
    secrets: WholeCountField | None = None
    """Secrets."""
    count_deployments: Annotated[WholeCountField | None, Field(alias="count/deployments.apps")] = None
    """Deployments."""
    count_statefulsets: Annotated[WholeCountField | None, Field(alias="count/statefulsets.apps")] = None
    """StatefulSets."""
    count_jobs: Annotated[WholeCountField | None, Field(alias="count/jobs.batch")] = None
    """Jobs."""
    count_cronjobs: Annotated[WholeCountField | None, Field(alias="count/cronjobs.batch")] = None
    """CronJobs."""


class NamespaceQuota(Model):
    """A ResourceQuota."""

    name: SubdomainField | None = None
    """The object's name; `<tenantName>-tenant-quota` where nothing is said, without a tenant `tenant-quota`."""
    hard: QuotaHard
    """The most of each that all of the namespace's objects may come to."""


class ContainerAmounts(Model):
    """Amounts of one container."""

    cpu: WholeCpuField | None = None
    """Cores."""
    memory: WholeBytesField | None = None
    """Bytes."""
    ephemeral_storage: Annotated[WholeBytesField | None, Field(alias="ephemeral-storage")] = None
    """Bytes on the node's own disk."""


class NamespaceLimitRange(Model):
    """A LimitRange for containers: what one gets that says nothing, and between what each has to stay."""

    min: ContainerAmounts = ContainerAmounts()
    """The least that a container may request."""
    default_request: ContainerAmounts = ContainerAmounts()
    """The requests of a container that has none."""
    default: ContainerAmounts = ContainerAmounts()
    """The limits of a container that has none."""
    max: ContainerAmounts = ContainerAmounts()
    """The most that a container's limits may be."""


class TenantNamespace(Model):
    """A namespace of a tenant's own."""

    name: LabelField
    """The namespace; the stack's own may be listed as well, for its quota."""
    tenant_name: LabelField | None = None
    """Whose it is: the name of one of `spec.tenants`."""
    create: bool = True
    """Whether the stack makes it; else it has to be there. It never goes with the stack, whoever made it."""
    labels: Annotated[dict[LabelKeyField, LabelValueField], Field(default_factory=dict)]
    """Labels of a namespace that the stack makes."""
    pod_security: PodSecurity = "restricted"
    """What pods have to keep to in a namespace that the stack makes."""
    quota: NamespaceQuota | None = None
    """A ResourceQuota."""
    limit_range: NamespaceLimitRange | None = None
    """A LimitRange for containers."""

    @property
    def quota_name(self) -> str:
        """The name of the ResourceQuota, and of the LimitRange."""
        given = None if self.quota is None else self.quota.name
        return given or (f"{self.tenant_name}-tenant-quota" if self.tenant_name else "tenant-quota")
