"""`spec.networkPolicy`: who may speak to the stack's pods, and how fast."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal, Self

from pydantic import Field, PlainValidator, model_validator
from pydantic.alias_generators import to_camel

from settings.base import Model
from settings.mistakes import shown
from settings.names import LabelField, LabelKeyField, LabelValueField
from settings.quantity import Quantity, QuantityError
from settings.types import IntField, refuse

Direction = Literal["ingress", "egress"]
# What Kubernetes takes for a reasonable bandwidth, in bits per second: pkg/util/bandwidth/utils.go.
LEAST_BANDWIDTH, MOST_BANDWIDTH = Quantity.parse("1k"), Quantity.parse("1P")


def _bandwidth(value: object) -> Quantity:
    remedy = "write bits per second such as 100M"
    if isinstance(value, bool) or not isinstance(value, str | int | Quantity):
        refuse(f"{shown(value)} is not a bandwidth; {remedy}")
    try:
        bits_per_second = value if isinstance(value, Quantity) else Quantity.parse(str(value), "cores")
    except QuantityError as error:
        refuse(f"{shown(value)} {error}; {remedy}")
    if not LEAST_BANDWIDTH <= bits_per_second <= MOST_BANDWIDTH:
        refuse(f"{shown(value)} is outside 1k to 1P bits per second, all that Kubernetes takes; {remedy}")
    if bits_per_second.value.denominator != 1:
        refuse(f"{shown(value)} is no whole number of bits per second; {remedy}")
    return bits_per_second


def _cidr(value: object) -> str:
    """Addresses as Kubernetes accepts them: in canonical form only."""
    remedy = "write one such as 10.0.0.0/16 or 2001:db8::/64"
    if not isinstance(value, str) or "/" not in value:
        refuse(f"{shown(value)} is no range of addresses; {remedy}")
    kind = IPv6Network if ":" in value else IPv4Network
    try:
        network = kind(value, strict=False)
    except ValueError:
        refuse(f"{shown(value)} is no range of addresses; {remedy}")
    if "%" in value or (isinstance(network, IPv6Network) and network.network_address.ipv4_mapped):
        refuse(f"{shown(value)} is no range of addresses to Kubernetes; {remedy}")
    if str(network) != value:
        refuse(f"{shown(value)} is not how that range is written; write {network}")
    return value


BandwidthField = Annotated[Quantity, PlainValidator(_bandwidth), "bits per second, `1k` to `1P`"]
CidrField = Annotated[str, PlainValidator(_cidr), "CIDR"]
PortField = Annotated[IntField, Field(ge=1, le=65535)]
PortsField = Annotated[list[PortField], Field(min_length=1)]


class Bandwidth(Model):
    """How fast a pod may receive and send."""

    ingress: BandwidthField | None = None
    """How fast a pod may receive."""
    egress: BandwidthField | None = None
    """How fast a pod may send."""

    def over(self, other: "Bandwidth") -> "Bandwidth":
        """This one; the other where it says nothing."""
        return Bandwidth(ingress=self.ingress or other.ingress, egress=self.egress or other.egress)


class BandwidthAnnotations(Model):
    """The annotations of a pod by which the CNI's bandwidth plugin knows how fast it may be."""

    ingress: Annotated[BandwidthField | None, Field(alias="kubernetes.io/ingress-bandwidth")] = None
    """The same as `bandwidth.ingress`."""
    egress: Annotated[BandwidthField | None, Field(alias="kubernetes.io/egress-bandwidth")] = None
    """The same as `bandwidth.egress`."""


class Peer(Model):
    """Somebody outside the stack; an empty one is every pod of the cluster."""

    namespaces: Annotated[list[LabelField] | None, Field(min_length=1)] = None
    """Names of the namespaces that the pods are in; any namespace where nothing is said."""
    pod_labels: dict[LabelKeyField, LabelValueField] = {}  # noqa: RUF012 (pydantic copies it)
    """Labels that the pods have, all of them."""
    cidrs: Annotated[list[CidrField] | None, Field(min_length=1)] = None
    """Addresses instead of pods: of programs on a node's own network, or outside the cluster."""

    @model_validator(mode="after")
    def _is_pods_or_addresses(self) -> Self:
        if self.cidrs and (self.namespaces or self.pod_labels):
            refuse("has cidrs beside namespaces or podLabels; give the addresses an entry of their own")
        return self


PeersField = Annotated[list[Peer], "list of [peer](#peers); `[]` is nobody"]


class Ports(Model):
    """The ports that servers outside the stack listen on: those of their pods, where a Service has others."""

    s3: PortsField | None = None
    """Of a store that is not the stack's own; what its Secret says, else 443 with `storage.tls.enabled`, else 80."""
    issuers: PortsField | None = None
    """Of the tenants' OIDC providers; those of their `issuerURL`s where nothing is said."""
    kubernetes_api: PortsField | None = None
    """Of the Kubernetes API, which the gateway asks in openshift mode, and the oauth-proxy; 6443."""
    dns: PortsField | None = None
    """Of the cluster's DNS; 53, on OpenShift 5353."""


class NetworkPolicy(Model):
    """NetworkPolicies: nothing may pass but what the stack needs."""

    enabled: bool = True
    """Whether the stack declares NetworkPolicies."""
    senders: PeersField | None = None
    """Who may send spans; every pod of the cluster where nothing is said."""
    readers: PeersField | None = None
    """Who may ask for traces; every pod of the cluster where nothing is said."""
    scrapers: PeersField | None = None
    """Who may read metrics; the namespace `monitoring`, on OpenShift those of its own monitoring."""
    ingress_controllers: PeersField | None = None
    """Who hands requests from outside the cluster on, where there is a way in; any address where nothing is said."""
    dns: PeersField | None = None
    """Who answers DNS; `kube-system` and NodeLocal DNSCache, on OpenShift `openshift-dns`."""
    ports: Ports = Ports()
    """The ports of servers outside the stack."""
    bandwidth: Bandwidth = Bandwidth()
    """How fast each of the stack's pods may be, unless its component says otherwise."""
    annotations: BandwidthAnnotations | None = None
    """The two bandwidth annotations, which nothing reads on a NetworkPolicy: they go to the pods, as `bandwidth`."""

    @model_validator(mode="after")
    def _says_nothing_in_vain(self) -> Self:
        read = ("senders", "readers", "scrapers", "ingress_controllers", "dns", "ports")
        given = next((key for key in read if key in self.model_fields_set), None)
        if given and not self.enabled:
            refuse(f"is not enabled, but has {to_camel(given)}; remove it, or write enabled: true")
        if self.annotations is not None and "bandwidth" in self.model_fields_set:
            refuse("has annotations beside bandwidth, and either says how fast pods are; keep bandwidth")
        return self

    @property
    def pod_bandwidth(self) -> Bandwidth:
        """How fast a pod may be of which nothing else is said, in whichever of the two places it is written."""
        given = self.annotations or self.bandwidth
        return Bandwidth(ingress=given.ingress, egress=given.egress)
