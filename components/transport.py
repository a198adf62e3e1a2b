"""How the stack's parts speak to each other: plain, or by certificates that every pod finds in the same folders."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from pulumi_kubernetes.core.v1 import ConfigMapVolumeSourceArgs, KeyToPathArgs, VolumeArgs

from components.identity import Identity
from components.volumes import Mount, secret_files
from settings import Settings
from settings.tls import TlsMode

TLS_FOLDER = "/etc/tempo-tls"
CERTIFICATE_FILE, KEY_FILE, AUTHORITY_FILE = "tls.crt", "tls.key", "ca.crt"
OWN_FOLDER, AUTHORITY_FOLDER, GOSSIP_FOLDER = (f"{TLS_FOLDER}/{folder}" for folder in ("own", "ca", "gossip"))
CERTIFICATE, KEY = f"{OWN_FOLDER}/{CERTIFICATE_FILE}", f"{OWN_FOLDER}/{KEY_FILE}"
AUTHORITY = f"{AUTHORITY_FOLDER}/{AUTHORITY_FILE}"
SERVICE_CA_FILE = "service-ca.crt"  # the key that OpenShift injects its authority under, and TempoStack's for any
SERVING_CERTIFICATE = "service.beta.openshift.io/serving-cert-secret-name"
GOSSIP_RING = "gossip-ring"


@dataclass(frozen=True)
class Transport:
    """The same for the whole stack. Where it is `encrypted`, every server presents CERTIFICATE and every client
    trusts AUTHORITY; where it is `mutual`, clients present theirs too, and servers ask for it.
    """

    mode: TlsMode
    secret_name: str | None = None  # of the one Secret that all components share, in mode `secrets`
    secret_names: Mapping[str, str] = field(default_factory=dict)  # component -> its own, in the same mode

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the settings have it."""
        tls = settings.spec.tls
        if tls is None:
            return cls(settings.tls_mode)
        names = {} if tls.secret_names is None else tls.secret_names.model_dump(exclude_none=True)
        return cls(tls.mode, tls.secret_name, {key.replace("_", "-"): name for key, name in names.items()})

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

    @property
    def gossip_folder(self) -> str:
        """Where a ring's member finds what it presents to the others.

        They call each other by address and expect one name, that of the gossip Service. A certificate may have it
        beside the component's own names; OpenShift's have those of one Service only, so all members share that one.
        """
        return GOSSIP_FOLDER if self.mode == "serviceCA" else OWN_FOLDER

    def secret(self, me: Identity) -> str:
        """The Secret with a component's own certificate."""
        return self.secret_names.get(me.component) or self.secret_name or f"{me.name}-tls"

    def annotations(self, me: Identity) -> dict[str, str] | None:
        """Of the component's Service: what makes OpenShift issue its certificate."""
        return {SERVING_CERTIFICATE: self.secret(me)} if self.mode == "serviceCA" else None

    def mounts(self, me: Identity) -> tuple[Mount, ...]:
        """The component's own certificate and the authority's, for each container of its pods that needs them."""
        if not self.encrypted:
            return ()
        return pair("tls", OWN_FOLDER, self.secret(me)), *self.trust(me)

    def trust(self, me: Identity) -> tuple[Mount, ...]:
        """The authority's certificate alone, for a client that presents none."""
        if not self.encrypted:
            return ()
        if self.mode == "serviceCA":
            return (authority("tls-ca", AUTHORITY_FOLDER, authority_config_map(me)),)
        return (secret_files("tls-ca", AUTHORITY_FOLDER, self.secret(me), (AUTHORITY_FILE,)),)

    def gossip_mounts(self, me: Identity) -> tuple[Mount, ...]:
        """What a ring's member needs on top."""
        if self.gossip_folder == OWN_FOLDER:
            return ()
        return (pair("tls-gossip", GOSSIP_FOLDER, self.secret(me.of(GOSSIP_RING))),)


def pair(name: str, folder: str, secret: str) -> Mount:
    """A Secret's certificate and its key."""
    return secret_files(name, folder, secret, (CERTIFICATE_FILE, KEY_FILE))


def authority(name: str, folder: str, config_map: str) -> Mount:
    """A ConfigMap's authority."""
    items = [KeyToPathArgs(key=SERVICE_CA_FILE, path=AUTHORITY_FILE)]
    source = ConfigMapVolumeSourceArgs(name=config_map, items=items)
    return Mount(name, folder, VolumeArgs(name=name, config_map=source), read_only=True)


def authority_config_map(me: Identity) -> str:
    """The ConfigMap into which OpenShift injects its authority."""
    return f"{me.of('').name}-service-ca"
