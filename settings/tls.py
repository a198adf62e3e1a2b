"""`spec.tls`: whether, and with whose certificates, the stack's own traffic is encrypted."""

from typing import Literal

from settings.base import Model
from settings.names import SubdomainField
from settings.types import DurationField

TlsMode = Literal["off", "certManager", "serviceCA", "secrets"]


class Issuer(Model):
    """A cert-manager issuer that there is."""

    name: SubdomainField
    """Its name."""
    kind: Literal["Issuer", "ClusterIssuer"] = "Issuer"
    """Whether it lies in the stack's namespace or in none."""


class Tls(Model):
    """Encryption between gateway, components, Jaeger UI and MinIO."""

    mode: TlsMode
    """`off`; `certManager`: its Certificates; `serviceCA`: OpenShift's; `secrets`: Secrets that there are."""
    issuer: Issuer | None = None
    """Who signs in mode `certManager`; the stack makes an authority of its own where nothing is said."""
    duration: DurationField | None = None
    """How long cert-manager's certificates hold; cert-manager's own default where nothing is said."""
    secret_name: SubdomainField | None = None
    """In mode `secrets`: the Secret with `tls.crt`, `tls.key` and `ca.crt` that every component presents."""
