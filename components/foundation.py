"""What stands before any pod of the stack: the namespace, the files, and what pods are, may and find each other by."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap, Namespace, Service, ServiceAccount, ServiceSpecArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from allocation import Plan
from allocation.labels import GOSSIP_MEMBER
from allocation.quota import quota_of
from components.certificates import declare_certificates
from components.config_map import ConfigFiles
from components.identity import POD_SECURITY, Identity
from components.network_policies import declare_network_policies
from components.quota import declare_quota
from components.shared import After
from components.tempo_config import config_files
from components.tempo_pod import GOSSIP
from components.tenant_namespaces import Before, TenantNamespaces, TenantNamespacesArgs
from components.transport import GOSSIP_RING, Transport
from components.ways_in import passed_through
from settings import Settings


@dataclass(frozen=True)
class Foundation:
    """What `lay` declared, and what has to wait for it."""

    config: ConfigFiles
    after: After
    service_account: str


@dataclass(frozen=True)
class Ground:
    """What every object of the stack needs: the stack's identity, and the resource options for objects and components.

    `checked`: resources that must exist before anything is declared. `store_ports`: ports of the object store that the
    engine read from its Secret.
    """

    name: str
    me: Identity
    settings: Settings
    plan: Plan
    transport: Transport
    objects: pulumi.ResourceOptions
    components: pulumi.ResourceOptions
    checked: tuple[pulumi.Input[pulumi.Resource], ...]
    store_ports: tuple[pulumi.Input[int], ...]

    def lay(self) -> Foundation:
        """Declares all of it, in the order in which it has to exist."""
        namespace = (*self.checked, *self._namespace())
        child = pulumi.ResourceOptions.merge(self.objects, pulumi.ResourceOptions(depends_on=namespace))

        config = ConfigFiles(self.me.name, config_files(self.settings, self.plan))
        config_map = ConfigMap(self.name, metadata=self.me.metadata(), data=dict(config.files), opts=child)
        before_pods = (self._service_account, self._quota, self._certificates, self._network_policies)
        pods = tuple(each for declare in before_pods for each in declare(child))
        pods = (*pods, *self._tenant_namespaces(namespace))
        self._gossip(child)
        after = After(objects=namespace, pods=pods, tempo=(config_map,))
        return Foundation(config, after, self.settings.spec.service_account or self.me.name)

    def _namespace(self) -> tuple[pulumi.Resource, ...]:
        if not self.settings.create_namespace:
            return ()
        metadata = ObjectMetaArgs(name=self.settings.namespace, labels=self.me.labels | POD_SECURITY)
        return (Namespace(self.name, metadata=metadata, opts=self.objects),)

    def _service_account(self, child: pulumi.ResourceOptions) -> tuple[pulumi.Resource, ...]:
        """Of all pods that speak to no Kubernetes API; a name in spec.serviceAccount is one that exists."""
        if self.settings.spec.service_account is not None:
            return ()
        metadata = self.me.metadata()
        return (ServiceAccount(self.name, metadata=metadata, automount_service_account_token=False, opts=child),)

    def _network_policies(self, child: pulumi.ResourceOptions) -> tuple[pulumi.Resource, ...]:
        """Before any pod, which so is never open to the network."""
        return declare_network_policies(self.name, self.me, self.settings, self.store_ports, child)

    def _quota(self, child: pulumi.ResourceOptions) -> tuple[pulumi.Resource, ...]:
        """Before any pod: those that a larger total allows find it raised."""
        if not self.settings.spec.resources.enforce:
            return ()
        return declare_quota(self.name, self.me, quota_of(self.plan), child)

    def _certificates(self, child: pulumi.ResourceOptions) -> tuple[pulumi.Resource, ...]:
        settings = self.settings
        components = [workload.component for workload in self.plan.every_workload]
        hosts = passed_through({"gateway": settings.gateway_ingress, "query-frontend": settings.jaeger_ingress})
        return declare_certificates(self.name, self.me, self.transport, settings.spec.tls, components, hosts, child)

    def _tenant_namespaces(self, own: Before) -> tuple[pulumi.Resource, ...]:
        """What holds the stack's own namespace, where it is among those listed."""
        wanted = self.settings.tenant_namespaces
        if not wanted:
            return ()
        pairs = tuple(zip(wanted, self.plan.namespaces, strict=True))
        args = TenantNamespacesArgs(self.me, pairs, own)
        return TenantNamespaces(f"{self.name}-tenants", args, self.components).of_the_stack

    def _gossip(self, child: pulumi.ResourceOptions) -> None:
        """The ring's members find each other by it before any of them is ready."""
        me = self.me.of(GOSSIP_RING)
        Service(
            f"{self.name}-gossip-ring",
            metadata=me.metadata(annotations=self.transport.annotations(me)),
            spec=ServiceSpecArgs(
                selector=self.me.selector | GOSSIP_MEMBER,
                cluster_ip="None",
                publish_not_ready_addresses=True,
                ports=[GOSSIP.service()],
            ),
            opts=child,
        )
