"""The stack's certificates, as far as objects ask for them: cert-manager's, and OpenShift's authority."""

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import ConfigMap

from components.identity import Identity
from components.transport import GOSSIP_RING, Transport, authority_config_map
from settings.tls import Issuer, Tls

INJECT_AUTHORITY = {"service.beta.openshift.io/inject-cabundle": "true"}
CERT_MANAGER = "cert-manager.io"
AUTHORITY_DURATION = "87600h"  # ten years; cert-manager renews it after two thirds
# Of the stack's own authority's. Renewed after two thirds, it leaves four months for the restart that gossip needs.
OWN_DURATION = "8760h"
SERVICES = {  # component -> whose names its certificate holds
    "distributor": ("distributor", GOSSIP_RING),
    "ingester": ("ingester", GOSSIP_RING),
    "compactor": ("compactor", GOSSIP_RING),
    "querier": ("querier", GOSSIP_RING),
    "query-frontend": ("query-frontend", "query-frontend-discovery"),
    "gateway": ("gateway",),
    "minio": ("minio",),
}

Spec = dict[str, Any]


def declare_certificates(
    name: str,
    me: Identity,
    transport: Transport,
    tls: Tls | None,
    components: Iterable[str],
    public_hosts: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> tuple[pulumi.Resource, ...]:
    """What the mode needs so that every one of `components` finds its certificate; `me` is the stack as a whole.

    `public_hosts`: component -> the host by which those outside the cluster see the certificate of its pods.
    Kubernetes starts the pods when the Secrets are there, which somebody else makes within seconds.
    """
    if transport.mode == "serviceCA":
        metadata = me.metadata(name=authority_config_map(me), annotations=INJECT_AUTHORITY)
        return (ConfigMap(f"{name}-service-ca", metadata=metadata, opts=opts),)
    if transport.mode != "certManager" or tls is None:
        return ()
    issuer = tls.issuer or Issuer(name=me.of("ca").name)
    signers = () if tls.issuer else _own_authority(name, me, opts)
    held = tls.duration or (None if tls.issuer else OWN_DURATION)
    duration = {"duration": held} if held else {}
    certificates = [
        _object(
            f"{name}-{each}", "Certificate", me.of(each), _certificate(me, each, issuer, public_hosts) | duration, opts
        )
        for each in components
        if each in SERVICES
    ]
    return *signers, *certificates


def names(service: Identity) -> list[str]:
    """The names by which a Service is called."""
    inside = f"{service.name}.{service.namespace}"
    return [service.name, inside, service.host, f"{service.host}.cluster.local"]


def _certificate(me: Identity, component: str, issuer: Issuer, public_hosts: Mapping[str, str]) -> Spec:
    """Of a component, which is server to some and client to others."""
    inside = [name for service in SERVICES[component] for name in names(me.of(service))]
    public = [public_hosts[component]] if component in public_hosts else []
    return {
        "secretName": f"{me.of(component).name}-tls",
        "dnsNames": [*inside, *public],
        "usages": ["digital signature", "server auth", "client auth"],
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "issuerRef": {"name": issuer.name, "kind": issuer.kind, "group": CERT_MANAGER},
    }


def _own_authority(name: str, me: Identity, opts: pulumi.ResourceOptions) -> tuple[pulumi.Resource, ...]:
    """An authority that signs for this stack alone: it signs itself, and cert-manager keeps its key in a Secret.

    A renewed one has the same key, so that certificates of before and after are trusted alike.
    """
    signer, authority = me.of("selfsigned"), me.of("ca")
    certificate = {
        "isCA": True,
        "commonName": authority.name,
        "secretName": authority.name,
        "duration": AUTHORITY_DURATION,
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Never"},
        "issuerRef": {"name": signer.name, "kind": "Issuer", "group": CERT_MANAGER},
    }
    return (
        _object(f"{name}-selfsigned", "Issuer", signer, {"selfSigned": {}}, opts),
        _object(f"{name}-ca", "Certificate", authority, certificate, opts),
        _object(f"{name}-ca", "Issuer", authority, {"ca": {"secretName": authority.name}}, opts),
    )


def _object(name: str, kind: str, me: Identity, spec: Spec, opts: pulumi.ResourceOptions) -> CustomResource:
    return CustomResource(name, f"{CERT_MANAGER}/v1", kind, metadata=me.metadata(), spec=spec, opts=opts)
