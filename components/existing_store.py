"""A storage Secret that exists before the stack: where its store listens, so that NetworkPolicies let Tempo there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import pulumi

from components.ending import end
from components.existing_secrets import read_secret, text_in
from components.identity import Identity
from components.minio import STORE_TYPE
from components.shared import STORAGE_ENV
from settings import Settings

NAME, TLS_ENABLED, PORTS = "spec.storage.secret.name", "spec.storage.tls.enabled", "spec.networkPolicy.ports.s3"
SCHEMES = ("", "http", "https")  # without a scheme Tempo follows `storage.tls.enabled`


@dataclass(frozen=True)
class ExistingStore:
    """What the engine read: the store's port, and the Secret, before which nothing is declared."""

    ports: tuple[pulumi.Input[int], ...] = ()  # none: not read, the port follows from the settings
    checked: tuple[pulumi.Input[pulumi.Resource], ...] = ()


def existing_store(name: str, me: Identity, settings: Settings, opts: pulumi.ResourceOptions) -> ExistingStore:
    """Reads the Secret where its port is needed and its namespace exists.

    A Secret that lacks a key that Tempo needs, or is MinIO's own, ends the run with a line. A missing one ends it with
    the provider's line `resource 'namespace/name' does not exist`. An endpoint that is at odds with `storage.tls`, or
    whose port may not be that of the store's pods, is a warning.
    """
    if not settings.store_port_is_read:
        return ExistingStore()
    secret = settings.spec.storage.secret.name
    resource = read_secret(f"{name}-storage", me, secret, opts)
    read = pulumi.Output.all(resource.data, resource.type)
    port = pulumi.Output.unsecret(read.apply(lambda data_and_type: _port(secret, *data_and_type, settings=settings)))
    return ExistingStore((port,), (port.apply(lambda _: resource),))


def _port(secret: str, data: Mapping[str, str] | None, kind: str | None, *, settings: Settings) -> int:
    if (kind or "").startswith(STORE_TYPE):
        end([f"{NAME}: Secret {secret} is MinIO's own, and goes with MinIO; put your store's keys into another Secret"])
    if missing := list(_missing(secret, data)):
        end(missing)
    url = _address((text_in(data, "endpoint") or "").strip())
    if url is None:
        end([f"Secret {secret}: endpoint is no address; write one such as https://store.example.com:9000"])
    port = url.port or settings.store_ports[0]
    for line in _doubts(secret, url, port, settings):
        pulumi.log.warn(line)
    return port


def _address(endpoint: str) -> SplitResult | None:
    """The parts of a URL, or of host:port. None where it is neither."""
    try:
        url = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
        _ = url.port  # raises where it is no port
    except ValueError:
        return None
    return url if url.scheme in SCHEMES and url.hostname else None


def _doubts(secret: str, url: SplitResult, port: int, settings: Settings) -> Iterator[str]:
    scheme, at_odds = ("https", "http") if settings.store_encrypted else ("http", "https")
    if url.scheme == at_odds:
        found = f"the endpoint in Secret {secret} is {at_odds}, and Tempo speaks {scheme} to its port {port}"
        yield f"{TLS_ENABLED}: {found}; write {str(at_odds == 'https').lower()}"
    host = url.hostname or ""
    if "." not in host or host.endswith(".svc") or ".svc." in host:
        found = f"is not set, and Secret {secret} names a Service of the cluster, whose port {port} is opened"
        yield f"{PORTS}: {found}; write the port of its pods if that is another"


def _missing(secret: str, data: Mapping[str, str] | None) -> Iterator[str]:
    """A line for every key that Tempo's pods would wait for."""
    for key in STORAGE_ENV.values():
        text = text_in(data, key)
        if not (text or "").strip():
            what = "is not text" if text is None else "is missing or empty"
            yield f"Secret {secret}: {key} {what}; write it, as the pods of Tempo do not start without it"
