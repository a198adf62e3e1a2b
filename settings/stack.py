"""The root of stack config: what stands beside `spec`, and `spec` with the shape of a TempoStack's."""

from typing import Annotated, Literal

from pydantic import Field

from settings import images
from settings.base import Model
from settings.extra_config import ExtraConfig
from settings.ingress import Ingress, way_in
from settings.limits import Limits, Retention
from settings.names import ImageField, LabelField, ManagerField, NameField, SubdomainField, TextField
from settings.network import Bandwidth, NetworkPolicy
from settings.node_pools import NodePool
from settings.pricing import Pricing
from settings.quantity import Quantity
from settings.resources import ContainerResources, StackResources
from settings.search import Search
from settings.template import Template
from settings.tenant_namespaces import TenantNamespace
from settings.tenants import Tenants
from settings.tls import StorageTls, Tls, TlsMode
from settings.types import DurationField, IntField, SizeField
from settings.volumes import VolumeClaim
from settings.workload import Size, Workload

Platform = Literal["kubernetes", "openshift"]
MOST_COPIES = 100  # of a trace, each in an ingester of its own: far beyond what anybody keeps
VOLUME_SIZE = Quantity.parse("10Gi")  # as the TempoStack operator has it


class Images(Model):
    """Container images; each default is the pinned one of `settings.images`."""

    tempo: ImageField = images.TEMPO
    """Tempo itself: distributor, ingester, compactor, querier, query frontend."""
    tempo_query: ImageField = images.TEMPO_QUERY
    """The Jaeger UI's bridge to Tempo."""
    tempo_gateway: ImageField = images.TEMPO_GATEWAY
    """The gateway."""
    tempo_gateway_opa: ImageField = images.TEMPO_GATEWAY_OPA
    """The gateway's OPA sidecar."""
    jaeger_query: ImageField = images.JAEGER_QUERY
    """The Jaeger UI."""
    oauth_proxy: ImageField = images.OAUTH_PROXY
    """The proxy in front of the Jaeger UI."""


class StorageSecret(Model):
    """The Secret with the object store's `endpoint`, `bucket`, `access_key_id` and `access_key_secret`."""

    name: SubdomainField
    """The Secret's name; MinIO provides it while it is on, else it must exist."""
    type: Literal["s3"] = "s3"
    """The kind of object store."""


class Storage(Model):
    """The object store."""

    secret: StorageSecret
    """The Secret with `endpoint`, `bucket`, `access_key_id` and `access_key_secret`."""
    tls: StorageTls = StorageTls()
    """TLS to an object store of the user's; MinIO follows `spec.tls`."""


class Spec(Model):
    """`spec`, with the keys of a TempoStack's spec."""

    storage: Storage
    """The object store."""
    storage_size: SizeField | None = None
    """The size of each ingester's volume; 10Gi, or more where the load needs more."""
    storage_class_name: SubdomainField | None = None
    """The storage class of the ingesters' volumes; the cluster's default where nothing is said."""
    resources: StackResources = StackResources()
    """The budget of the whole stack and how it is shared."""
    size: Size | None = None
    """A T-shirt size of the TempoStack operator: replicas, numbers, copies and ingest limits."""
    workload: Workload | None = None
    """The load to size the stack for, instead of a `size`."""
    replication_factor: Annotated[IntField | None, Field(ge=1, le=MOST_COPIES)] = None
    """How many ingesters hold each trace; that of the `size`, else 1."""
    retention: Retention = Retention()
    """How long traces are kept."""
    limits: Limits = Limits()
    """What tenants may send, hold and ask."""
    search: Search = Search()
    """What searches answer, and the most that they may ask for."""
    timeout: DurationField | None = None
    """How long a request may take, from the way in to the queriers, 1s or more; Tempo's 30s where nothing is said."""
    extra_config: ExtraConfig = ExtraConfig()
    """Keys of Tempo's own, over those that this program writes."""
    tls: Tls | None = None
    """Encryption inside the stack; `serviceCA` on OpenShift and `off` elsewhere, where nothing is said."""
    network_policy: NetworkPolicy = NetworkPolicy()
    """Who may speak to the stack's pods, and how fast."""
    images: Images = Images()
    """Container images; the defaults are pinned."""
    service_account: SubdomainField | None = None
    """An existing ServiceAccount for the pods; without it the stack makes its own."""
    tenants: Tenants | None = None
    """Who shares the stack; with this block Tempo asks every request for its tenant."""
    template: Template = Template()
    """One entry per component."""
    management_state: Literal["Managed"] = "Managed"
    """As in a TempoStack; `Managed` is all there is."""

    @property
    def has_opa(self) -> bool:
        """Whether the gateway has its OPA sidecar."""
        return self.template.gateway.enabled and self.tenants is not None and self.tenants.mode == "openshift"

    @property
    def ingester_claim(self) -> VolumeClaim | None:
        """What `template.ingester.volumeClaimTemplate` says; `storage_size` and `storage_class_name` say no other."""
        template = self.template.ingester.volume_claim_template
        return None if template is None else template.spec


class Minio(Model):
    """The stack's own object store, outside the Tempo total; it provides the Secret `spec.storage.secret` names."""

    enabled: bool = True
    """Whether MinIO runs; the block switches it on unless it says otherwise."""
    image: ImageField = images.MINIO
    """The server's image."""
    storage_size: SizeField = VOLUME_SIZE
    """The size of its volume."""
    resources: ContainerResources = ContainerResources()
    """Its own limits and requests, outside the total."""
    bandwidth: Bandwidth = Bandwidth()
    """How fast it may be, over what `spec.networkPolicy.bandwidth` says."""


class Settings(Model):
    """Everything a stack's config says, but for the values of its secrets."""

    name: NameField
    """The stack's name: objects are called `tempo-<name>-…`."""
    namespace: LabelField
    """The namespace of all of its objects."""
    create_namespace: bool = True
    """Whether the namespace is made, and removed, with the stack; `false` later removes it, and all in it."""
    kube_context: TextField | None = None
    """The kubeconfig context to deploy to; the current one where nothing is said."""
    platform: Platform | None = None
    """`openshift` where it asks for OpenShift's login (`spec.tenants`, the Jaeger UI's `authentication`) or a Route."""
    managed_by: ManagerField = "pulumi"
    """The value of the label `app.kubernetes.io/managed-by`."""
    minio: Minio = Minio(enabled=False)
    """An object store in the cluster that provides the Secret `spec.storage.secret` names; off without this block."""
    node_pools: Annotated[list[NodePool], Field(min_length=1)] | None = None
    """The nodes that the plan is checked against; without them nothing is checked."""
    tenant_namespaces: Annotated[list[TenantNamespace], Field(default_factory=list)]
    """Namespaces in which tenants run their own programs, each inside a quota."""
    pricing: Pricing | None = None
    """What things cost where it runs; the plan then says what the stack costs per month."""
    spec: Spec
    """The stack, with the keys of a TempoStack's `spec`."""
    plaintext_secrets: Annotated[frozenset[str], Field(exclude=True)] = frozenset()
    """No config key: which secret keys, or parts of them, were given in plain text."""

    @property
    def on_openshift(self) -> bool:
        """Whether the cluster is an OpenShift: said, or known by what only OpenShift has."""
        if self.platform is not None:
            return self.platform == "openshift"
        tenants, template = self.spec.tenants, self.spec.template
        doors = (template.gateway.ingress, template.query_frontend.jaeger_query.ingress)
        has_route = any(door is not None and door.type == "route" for door in doors)
        return has_route or template.has_oauth_proxy or (tenants is not None and tenants.mode == "openshift")

    @property
    def tls_mode(self) -> TlsMode:
        """How the stack's own traffic is encrypted."""
        if self.spec.tls is not None:
            return self.spec.tls.mode
        return "serviceCA" if self.on_openshift else "off"

    @property
    def receivers_encrypted(self) -> bool:
        """Whether spans are received over TLS."""
        own = self.spec.template.distributor.tls
        return self.tls_mode != "off" if own is None else own.enabled

    @property
    def store_encrypted(self) -> bool:
        """Whether the object store is spoken to over TLS."""
        return self.tls_mode != "off" if self.minio.enabled else self.spec.storage.tls.enabled

    @property
    def store_ports(self) -> list[int]:
        """The ports that NetworkPolicies open to a store of the user's, as far as the settings tell."""
        return self.spec.network_policy.ports.s3 or [443 if self.store_encrypted else 80]

    @property
    def store_port_is_read(self) -> bool:
        """Whether the engine reads the store's port from the storage Secret, which exists where its namespace does."""
        policy = self.spec.network_policy
        is_open = policy.enabled and policy.ports.s3 is None
        return is_open and not self.minio.enabled and not self.create_namespace

    @property
    def gateway_ingress(self) -> Ingress | None:
        """The way in to the gateway, decided: on OpenShift a Route where nothing is said; None where there is none."""
        gateway = self.spec.template.gateway
        if not gateway.enabled:
            return None
        return way_in(gateway.ingress, "route" if self.on_openshift else None, self.tls_mode, self.spec.timeout)

    @property
    def jaeger_ingress(self) -> Ingress | None:
        """The way in to the Jaeger UI, decided: a Route to its oauth-proxy where nothing is said.

        None behind a gateway: the UI is reached through it, by those whom it lets in.
        """
        template = self.spec.template
        if template.gateway.enabled or not template.has_jaeger_ui:
            return None
        by_route = self.on_openshift and template.has_oauth_proxy
        ingress = template.query_frontend.jaeger_query.ingress
        return way_in(ingress, "route" if by_route else None, self.tls_mode, self.spec.timeout)
