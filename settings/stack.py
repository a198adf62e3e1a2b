"""The root of stack config: what stands beside `spec`, and `spec` with the shape of a TempoStack's."""

from typing import Annotated, Literal

from pydantic import Field

from settings import images
from settings.base import Model
from settings.resources import ContainerResources, StackResources
from settings.template import Template
from settings.tenants import Tenants
from settings.types import DurationField, IntField, QuantityField


class Images(Model):
    """Container images; each default is the pinned one of `settings.images`."""

    tempo: str = images.TEMPO
    tempo_query: str = images.TEMPO_QUERY
    tempo_gateway: str = images.TEMPO_GATEWAY
    tempo_gateway_opa: str = images.TEMPO_GATEWAY_OPA
    jaeger_query: str = images.JAEGER_QUERY
    oauth_proxy: str = images.OAUTH_PROXY


class StorageSecret(Model):
    """The Secret with the object store's `endpoint`, `bucket`, `access_key_id` and `access_key_secret`."""

    name: str
    type: Literal["s3"] = "s3"


class StorageTls(Model):
    """Whether the object store is spoken to over TLS."""

    enabled: bool = False


class Storage(Model):
    """The object store."""

    secret: StorageSecret
    tls: StorageTls = StorageTls()


class RetentionGlobal(Model):
    """How long every tenant's traces are kept."""

    traces: DurationField = "48h"


class Retention(Model):
    """How long traces are kept."""

    global_: Annotated[RetentionGlobal, Field(alias="global")] = RetentionGlobal()


class Spec(Model):
    """`spec`, with the keys of a TempoStack's spec."""

    storage: Storage
    storage_size: QuantityField | None = None
    storage_class_name: str | None = None
    resources: StackResources = StackResources()
    replication_factor: Annotated[IntField, Field(ge=1)] = 1
    retention: Retention = Retention()
    images: Images = Images()
    service_account: str | None = None
    tenants: Tenants | None = None
    template: Template = Template()
    management_state: Literal["Managed"] = "Managed"

    @property
    def has_opa(self) -> bool:
        """Whether the gateway has its OPA sidecar."""
        return self.template.gateway.enabled and self.tenants is not None and self.tenants.mode == "openshift"


class Minio(Model):
    """The stack's own object store, outside the Tempo total; it provides the Secret `spec.storage.secret` names."""

    enabled: bool = True
    image: str = images.MINIO
    storage_size: QuantityField | None = None
    resources: ContainerResources = ContainerResources()


class Settings(Model):
    """Everything a stack's config says, but for the values of its secrets."""

    name: str
    namespace: str
    create_namespace: bool = True
    kube_context: str | None = None
    managed_by: str = "pulumi"
    minio: Minio = Minio()
    spec: Spec
    plaintext_secrets: Annotated[frozenset[str], Field(exclude=True)] = frozenset()
