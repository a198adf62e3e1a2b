"""The certificates that a stack's pods wait for, issued as cert-manager, OpenShift or a user would, and their files."""

import ssl
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from sandbox.certs import Authority, write_private
from sandbox.rendered import CERTIFICATES_FOLDER, Files, Object, RenderedStack

_SERVING_CERTIFICATE = "service.beta.openshift.io/serving-cert-secret-name"


class Issued:
    """One authority, and by it a certificate for each Secret, with the names that the objects give it."""

    def __init__(self, objects: Iterable[Object]) -> None:
        objects = list(objects)
        self.authority = Authority()
        self._asked = dict(_of_certificates(objects)) | dict(_of_services(objects))
        # A Secret that nobody makes is a user's, who was told to put the names of all Services into its certificate.
        self._of_any_service = [name for item in objects if item["kind"] == "Service" for name in service_names(item)]
        self._secrets: dict[str, dict[str, bytes]] = {}

    def write(self, files: Files, folder: Path) -> None:
        """Put what a pod mounts below /etc/tempo-tls below `folder`."""
        content = self.secret(files.name) if files.kind == "Secret" else {"service-ca.crt": self.authority.certificate}
        target = folder / Path(files.folder).relative_to(CERTIFICATES_FOLDER)
        target.mkdir(parents=True)
        for key, name in files.items.items():
            write_private(target / name, content[key])

    def write_pair(self, folder: Path, names: tuple[str, str], subject: str, addresses: Iterable[str] = ()) -> None:
        """A certificate and its key, under these two names, for a client, or for a server at these addresses."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in zip(names, self.authority.issue(subject, (subject,), addresses, client=True), strict=True):
            write_private(folder / name, content)

    def secret(self, name: str) -> dict[str, bytes]:
        """What a Secret holds; OpenShift's has no authority in it."""
        if name not in self._secrets:
            names, client = self._asked.get(name, (self._of_any_service, True))
            certificate, key = self.authority.issue(name, names, client=client)
            authority = {"ca.crt": self.authority.certificate} if client else {}
            self._secrets[name] = {"tls.crt": certificate, "tls.key": key, **authority}
        return self._secrets[name]


def schemes(stack: RenderedStack) -> dict[str, str]:
    """Whether Tempo's API (`api`), its receivers (`otlp`) and its store (`s3`) are `http` or `https`."""
    frontend, distributor = (yaml.safe_load(stack.files[f"{c}.yaml"]) for c in ("query-frontend", "distributor"))
    otlp = distributor.get("distributor", {}).get("receivers", {}).get("otlp", {}).get("protocols", {}).get("http")
    encrypted = {
        "api": "http_tls_config" in frontend.get("server", {}),
        "otlp": "tls" in (otlp or {}),
        "s3": not frontend.get("storage", {}).get("trace", {}).get("s3", {}).get("insecure", True),
    }
    return {name: "https" if is_encrypted else "http" for name, is_encrypted in encrypted.items()}


def client_context(folder: Path) -> ssl.SSLContext:
    """Of a client with the stack's authority and a certificate of it, from where `write_pair` and `Issued` put them.

    It calls processes by address, which no certificate holds: who presents one of the authority's is believed.
    """
    context = ssl.create_default_context(cafile=folder / "ca.crt")
    context.check_hostname = False
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return context


def service_names(service: Object) -> tuple[str, ...]:
    """The names by which a cluster's pods reach a Service."""
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    return tuple(f"{name}{suffix}" for suffix in ("", f".{namespace}", f".{namespace}.svc"))


def _of_certificates(objects: list[Object]) -> Iterator[tuple[str, tuple[list[str], bool]]]:
    for item in objects:
        if item["kind"] == "Certificate" and not item["spec"].get("isCA"):
            spec = item["spec"]
            yield spec["secretName"], (spec["dnsNames"], "client auth" in spec["usages"])


def _of_services(objects: list[Object]) -> Iterator[tuple[str, tuple[list[str], bool]]]:
    """OpenShift's hold the names with the namespace, and are for servers only."""
    for item in (item for item in objects if item["kind"] == "Service"):
        if secret := (item["metadata"].get("annotations") or {}).get(_SERVING_CERTIFICATE):
            yield secret, ([name for name in service_names(item) if name.endswith(".svc")], False)
