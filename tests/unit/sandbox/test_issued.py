"""Certificates in the sandbox: the names and uses that objects ask for, as cert-manager and OpenShift issue them."""

from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from sandbox.issued import Issued
from sandbox.rendered import Files

SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


def service(name: str, **annotations: str) -> dict[str, Any]:
    return {"kind": "Service", "metadata": {"name": name, "namespace": "ns", "annotations": annotations}}


OBJECTS: list[dict[str, Any]] = [
    {
        "kind": "Certificate",
        "metadata": {"name": "a", "namespace": "ns"},
        "spec": {"secretName": "asked", "dnsNames": ["a", "a.ns.svc"], "usages": ["server auth", "client auth"]},
    },
    service("b", **{"service.beta.openshift.io/serving-cert-secret-name": "served"}),
    service("c"),
]


def test_a_certificate_has_the_names_and_uses_that_it_is_asked_for() -> None:
    issued = Issued(OBJECTS)
    assert of(issued, "asked") == ({"a", "a.ns.svc"}, {SERVER, CLIENT})


def test_openshifts_are_for_the_service_of_one_server() -> None:
    issued = Issued(OBJECTS)
    assert of(issued, "served") == ({"b.ns.svc"}, {SERVER})
    assert "ca.crt" not in issued.secret("served")


def test_a_users_own_is_for_every_service() -> None:
    names, uses = of(Issued(OBJECTS), "brought")
    assert {"b", "b.ns", "b.ns.svc", "c.ns.svc"} <= names
    assert uses == {SERVER, CLIENT}


def test_a_secret_is_the_same_for_all_who_mount_it(tmp_path: Path) -> None:
    issued = Issued(OBJECTS)
    files = Files("/etc/tempo-tls/own", "Secret", "asked", {"tls.crt": "public.crt"})
    for pod in ("one", "other"):
        issued.write(files, tmp_path / pod)
    one, other = ((tmp_path / pod / "own" / "public.crt").read_bytes() for pod in ("one", "other"))
    assert one == other == issued.secret("asked")["tls.crt"]


def test_all_are_signed_by_the_authority_that_is_handed_out(tmp_path: Path) -> None:
    issued = Issued(OBJECTS)
    issued.write(Files("/etc/tempo-tls/ca", "ConfigMap", "any", {"service-ca.crt": "ca.crt"}), tmp_path)
    authority = x509.load_pem_x509_certificate((tmp_path / "ca" / "ca.crt").read_bytes())
    for name in ("asked", "served", "brought"):
        certificate = x509.load_pem_x509_certificate(issued.secret(name)["tls.crt"])
        certificate.verify_directly_issued_by(authority)


def of(issued: Issued, secret: str) -> tuple[set[str], set[x509.ObjectIdentifier]]:
    """The names and the uses of a Secret's certificate."""
    certificate = x509.load_pem_x509_certificate(issued.secret(secret)["tls.crt"])
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    return set(names.get_values_for_type(x509.DNSName)), set(uses)
