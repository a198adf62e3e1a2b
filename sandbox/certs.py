"""Keys and certificates of one sandbox, made anew each time and kept in its private folder."""

import datetime
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = datetime.timedelta(days=1)
_VALID = 365 * _DAY
_AUTHORITY = "tempostack sandbox"


@dataclass(frozen=True)
class Certificates:
    """PEM files: the authority, the API server's pair, and the key that signs service account tokens."""

    authority: Path
    server: Path
    server_key: Path
    service_account_key: Path


class Authority:
    """Signs certificates. Its own key is never written: nothing can be signed with it later."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = _certificate(_AUTHORITY, self._key.public_key(), _AUTHORITY, self._key)

    @property
    def certificate(self) -> bytes:
        """PEM."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def issue(
        self, subject: str, names: Iterable[str], addresses: Iterable[str] = (), *, client: bool = False
    ) -> tuple[bytes, bytes]:
        """A server's certificate for these names and IP addresses, a client's as well where asked, and its key: PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = [x509.DNSName(n) for n in names] + [x509.IPAddress(ipaddress.ip_address(a)) for a in addresses]
        uses = [ExtendedKeyUsageOID.SERVER_AUTH, *([ExtendedKeyUsageOID.CLIENT_AUTH] if client else [])]
        extensions = (x509.SubjectAlternativeName(alternatives), x509.ExtendedKeyUsage(uses))
        certificate = _certificate(subject, key.public_key(), _AUTHORITY, self._key, extensions)
        return certificate.public_bytes(serialization.Encoding.PEM), _pem(key)


def make_certificates(folder: Path, names: tuple[str, ...], addresses: tuple[str, ...]) -> Certificates:
    """Write an authority, and a server pair for `names` and `addresses`, into `folder`, readable by its owner only."""
    folder.mkdir(mode=0o700, exist_ok=True)
    authority = Authority()
    server, server_key = authority.issue("kube-apiserver", names, addresses)
    files = Certificates(*(folder / f for f in ("ca.crt", "server.crt", "server.key", "service-account.key")))
    write_private(files.authority, authority.certificate)
    write_private(files.server, server)
    write_private(files.server_key, server_key)
    write_private(files.service_account_key, _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
    return files


def write_private(file: Path, content: bytes) -> None:
    """Write a file that nobody but its owner may read, from its first byte on."""
    file.touch(mode=0o600)
    file.write_bytes(content)


def _certificate(
    subject: str,
    key: ec.EllipticCurvePublicKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    extensions: Iterable[x509.ExtensionType] = (),
) -> x509.Certificate:
    """One with these extensions; without any, an authority's."""
    extensions = tuple(extensions)
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=not extensions, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    if not extensions:
        builder = builder.add_extension(_signs_certificates(), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def _signs_certificates() -> x509.KeyUsage:
    uses = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(key_cert_sign=True, **uses)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
