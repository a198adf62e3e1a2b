"""What the files of Tempo's components say of TLS: keys to merge into their sections, none where TLS is off."""

from typing import Any

from components.identity import Identity
from components.transport import (
    AUTHORITY,
    AUTHORITY_FILE,
    CERTIFICATE,
    CERTIFICATE_FILE,
    GOSSIP_RING,
    KEY,
    KEY_FILE,
    OWN_FOLDER,
    TLS_FOLDER,
    Transport,
    authority,
    pair,
)
from components.volumes import Mount
from settings import Settings

INTERNAL_PORT = 3101
RECEIVER_FOLDER, CLIENTS_FOLDER = f"{TLS_FOLDER}/receiver", f"{TLS_FOLDER}/clients-ca"
STORE_FOLDER, STORE_AUTHORITY_FOLDER = f"{TLS_FOLDER}/store", f"{TLS_FOLDER}/store-ca"
RELOAD_INTERVAL = "10m"  # how often a receiver looks whether its certificate has been renewed

Section = dict[str, Any]


def server(settings: Settings) -> Section:
    """For `server`. It reads its certificate again for every connection, the authority only once."""
    transport = Transport.of(settings)
    if not transport.encrypted:
        return {}
    return {
        "tls_min_version": "VersionTLS12",
        "http_tls_config": _presented() | _asked(transport),
        "grpc_tls_config": _presented() | _asked(transport),
    }


def internal_server(settings: Settings) -> Section:
    """Where the others ask for certificates, one more for the kubelet, which has none: it finds `/ready` alone here."""
    if not Transport.of(settings).mutual:
        return {}
    listens = {"http_listen_port": INTERNAL_PORT, "grpc_listen_address": "127.0.0.1"}  # it always opens both
    return {"internal_server": {"enable": True, **listens, "http_tls_config": _presented()}}


def grpc_client(settings: Settings, component: str) -> Section:
    """For a client of a component's pods, which are called by address: any of them has the component's name."""
    client = client_keys(settings, component)
    return {"grpc_client_config": {"tls_enabled": True, **client}} if client else {}


def client_keys(settings: Settings, component: str) -> Section:
    """What a client of a component presents, trusts and expects."""
    transport = Transport.of(settings)
    if not transport.encrypted:
        return {}
    presented = {"tls_cert_path": CERTIFICATE, "tls_key_path": KEY} if transport.mutual else {}
    return {**presented, "tls_ca_path": AUTHORITY, "tls_server_name": host(settings, component)}


def gossip(settings: Settings) -> Section:
    """For `memberlist`, whose members are each server and client by one certificate. None asks a caller for his."""
    transport = Transport.of(settings)
    if not transport.encrypted:
        return {}
    return {
        "tls_enabled": True,
        "tls_cert_path": f"{transport.gossip_folder}/{CERTIFICATE_FILE}",
        "tls_key_path": f"{transport.gossip_folder}/{KEY_FILE}",
        "tls_ca_path": AUTHORITY,
        "tls_server_name": host(settings, GOSSIP_RING),
    }


def receiver(settings: Settings) -> Section:
    """For each receiver. The gateway presents a certificate; applications do where config names who signs theirs."""
    if not settings.receivers_encrypted:
        return {}
    own, transport = settings.spec.template.distributor.tls, Transport.of(settings)
    folder = RECEIVER_FOLDER if own and own.cert_name else OWN_FOLDER
    tls: Section = {
        "cert_file": f"{folder}/{CERTIFICATE_FILE}",
        "key_file": f"{folder}/{KEY_FILE}",
        "reload_interval": RELOAD_INTERVAL,
    }
    if settings.spec.template.gateway.enabled and transport.mutual:
        tls |= {"client_ca_file": AUTHORITY, "client_ca_file_reload": True}
    elif own and own.ca_name:
        tls |= {"client_ca_file": f"{CLIENTS_FOLDER}/{AUTHORITY_FILE}", "client_ca_file_reload": True}
    return {"tls": tls}


def receiver_mounts(settings: Settings) -> tuple[Mount, ...]:
    """The certificates that config brings for the receivers."""
    own = settings.spec.template.distributor.tls
    if own is None or not own.enabled:
        return ()
    presented = (pair("tls-receiver", RECEIVER_FOLDER, own.cert_name),) if own.cert_name else ()
    return (*presented, *((authority("tls-clients", CLIENTS_FOLDER, own.ca_name),) if own.ca_name else ()))


def store(settings: Settings) -> Section:
    """For the S3 client. MinIO is one of the stack's own servers; another store has certificates of its own."""
    transport = Transport.of(settings)
    if settings.minio.enabled:
        return {"tls_ca_path": AUTHORITY} if transport.encrypted else {}
    own, keys = settings.spec.storage.tls, Section()
    if own.ca_name:
        keys["tls_ca_path"] = f"{STORE_AUTHORITY_FOLDER}/{AUTHORITY_FILE}"
    if own.cert_name:
        keys["tls_cert_path"] = f"{STORE_FOLDER}/{CERTIFICATE_FILE}"
        keys["tls_key_path"] = f"{STORE_FOLDER}/{KEY_FILE}"
    return keys


def store_mounts(settings: Settings) -> tuple[Mount, ...]:
    """The certificates that config brings for its own store."""
    own = settings.spec.storage.tls
    trusted = (authority("tls-store-ca", STORE_AUTHORITY_FOLDER, own.ca_name),) if own.ca_name else ()
    return (*trusted, *((pair("tls-store", STORE_FOLDER, own.cert_name),) if own.cert_name else ()))


def host(settings: Settings, component: str) -> str:
    """The name that a component's certificate must hold."""
    return Identity(settings.name, settings.namespace, settings.managed_by, component).host


def _presented() -> Section:
    return {"cert_file": CERTIFICATE, "key_file": KEY}


def _asked(transport: Transport) -> Section:
    if not transport.mutual:
        return {}
    return {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": AUTHORITY}
