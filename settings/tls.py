"""TLS: `spec.tls` for the stack's own traffic, and blocks for its receivers and for a store of the user's."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from settings.base import Model
from settings.names import SubdomainField
from settings.types import DurationField

TlsMode = Literal["off", "certManager", "serviceCA", "secrets"]


def as_written(mode: object) -> object:
    """YAML 1.1 has `off` for false."""
    return "off" if mode is False else mode


class Issuer(Model):
    """A cert-manager issuer that there is."""

    name: SubdomainField
    """Its name."""
    kind: Literal["Issuer", "ClusterIssuer"] = "Issuer"
    """Whether it lies in the stack's namespace or in none."""


class ComponentSecrets(Model):
    """Each a Secret with `tls.crt`, `tls.key` and `ca.crt`, for one component instead of `secretName`."""

    distributor: SubdomainField | None = None
    """The distributor's."""
    ingester: SubdomainField | None = None
    """The ingester's."""
    compactor: SubdomainField | None = None
    """The compactor's."""
    querier: SubdomainField | None = None
    """The querier's."""
    query_frontend: SubdomainField | None = None
    """The query frontend's, which is the Jaeger UI's too."""
    gateway: SubdomainField | None = None
    """The gateway's."""
    minio: SubdomainField | None = None
    """MinIO's."""


class Tls(Model):
    """Encryption between gateway, components, Jaeger UI and MinIO."""

    mode: Annotated[TlsMode, BeforeValidator(as_written)]
    """`off`; `certManager`: its Certificates; `serviceCA`: OpenShift's; `secrets`: Secrets that there are."""
    issuer: Issuer | None = None
    """Who signs in mode `certManager`; the stack makes an authority of its own where nothing is said."""
    duration: DurationField | None = None
    """How long cert-manager's certificates hold; a year from the stack's own authority, else as the issuer has it."""
    secret_name: SubdomainField | None = None
    """In mode `secrets`: the Secret with `tls.crt`, `tls.key` and `ca.crt` that every component presents."""
    secret_names: ComponentSecrets | None = None
    """In mode `secrets`: Secrets of single components."""


class StorageTls(Model):
    """TLS to an object store of the user's; MinIO follows `spec.tls`."""

    enabled: bool = False
    """Whether the object store is spoken to over TLS."""
    ca_name: SubdomainField | None = None
    """A ConfigMap whose `service-ca.crt` signed the store's certificate; else the system's authorities are trusted."""
    cert_name: SubdomainField | None = None
    """A Secret with `tls.crt` and `tls.key`, for a store that asks its clients for a certificate."""


class ReceiverTls(Model):
    """TLS for the applications that send spans; without this block the receivers follow `spec.tls`."""

    enabled: bool = True
    """Whether the receivers speak TLS: the block switches it on unless it says otherwise."""
    cert_name: SubdomainField | None = None
    """A Secret with the `tls.crt` and `tls.key` to present, instead of the stack's own."""
    ca_name: SubdomainField | None = None
    """A ConfigMap whose `service-ca.crt` signed every application's certificate; without it none is asked for."""
