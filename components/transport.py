"""How the stack's parts speak to each other: plain, or by certificates that every pod finds in the same two folders."""

from dataclasses import dataclass

from pulumi_kubernetes.core.v1 import (
    ConfigMapVolumeSourceArgs,
    KeyToPathArgs,
    SecretVolumeSourceArgs,
    VolumeArgs,
)

from components.identity import Identity
from components.volumes import Mount
from settings.tls import TlsMode

OWN_FOLDER, AUTHORITY_FOLDER = "/etc/tempo-tls/own", "/etc/tempo-tls/ca"
CERTIFICATE, KEY = f"{OWN_FOLDER}/tls.crt", f"{OWN_FOLDER}/tls.key"
AUTHORITY = f"{AUTHORITY_FOLDER}/ca.crt"
SERVICE_CA_FILE = "service-ca.crt"  # the key that OpenShift injects its authority under


@dataclass(frozen=True)
class Transport:
    """The same for the whole stack. Where it is `encrypted`, every server presents CERTIFICATE and every client
    trusts AUTHORITY; where it is `mutual`, clients present theirs too, and servers ask for it.
    """

    mode: TlsMode
    secret_name: str | None = None  # of the one Secret that all components share, in mode `secrets`

    @property
    def encrypted(self) -> bool:
        return self.mode != "off"

    @property
    def mutual(self) -> bool:
        """OpenShift's service authority signs servers' certificates only, which no client can present."""
        return self.mode in ("certManager", "secrets")

    @property
    def scheme(self) -> str:
        return "https" if self.encrypted else "http"

    def secret(self, me: Identity) -> str:
        """The Secret with a component's own certificate."""
        return self.secret_name or f"{me.name}-tls"

    def mounts(self, me: Identity) -> tuple[Mount, ...]:
        """The component's own certificate and the authority's, for each container of its pods that needs them."""
        if not self.encrypted:
            return ()
        own = SecretVolumeSourceArgs(secret_name=self.secret(me), items=_items("tls.crt", "tls.key"))
        return (
            Mount("tls", OWN_FOLDER, VolumeArgs(name="tls", secret=own), read_only=True),
            Mount("tls-ca", AUTHORITY_FOLDER, self._authority(me), read_only=True),
        )

    def _authority(self, me: Identity) -> VolumeArgs:
        if self.mode == "serviceCA":
            source = ConfigMapVolumeSourceArgs(
                name=authority_config_map(me), items=[KeyToPathArgs(key=SERVICE_CA_FILE, path="ca.crt")]
            )
            return VolumeArgs(name="tls-ca", config_map=source)
        return VolumeArgs(
            name="tls-ca", secret=SecretVolumeSourceArgs(secret_name=self.secret(me), items=_items("ca.crt"))
        )


def authority_config_map(me: Identity) -> str:
    """The ConfigMap into which OpenShift injects its authority."""
    return f"{me.of('').name}-service-ca"


def _items(*files: str) -> list[KeyToPathArgs]:
    return [KeyToPathArgs(key=file, path=file) for file in files]
