"""A storage Secret that exists before the stack: where its store listens, so that NetworkPolicies let Tempo there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import pulumi

from components.ending import end
from components.existing_secrets import read_secret, text_in
from components.identity import Identity
from components.shared import STORAGE_ENV
from settings import Settings

TLS_ENABLED = "spec.storage.tls.enabled"


@dataclass(frozen=True)
class ExistingStore:
    """What the engine read: the store's port, and the Secret, before which nothing is declared."""

    ports: tuple[pulumi.Input[int], ...] = ()  # none: not read, the port follows from the settings
    checked: tuple[pulumi.Input[pulumi.Resource], ...] = ()


def existing_store(name: str, me: Identity, settings: Settings, opts: pulumi.ResourceOptions) -> ExistingStore:
    """Reads the Secret where its port is needed and its namespace exists.

    A Secret without a key that Tempo needs ends the run. An endpoint that is at odds with `storage.tls` is a warning.
    """
    if not settings.store_port_is_read:
        return ExistingStore()
    secret = settings.spec.storage.secret.name
    resource = read_secret(f"{name}-storage", me, secret, opts)
    port = pulumi.Output.unsecret(resource.data.apply(lambda data: _port(secret, data, settings)))
    return ExistingStore((port,), (port.apply(lambda _: resource),))


def _port(secret: str, data: Mapping[str, str] | None, settings: Settings) -> int:
    if missing := list(_missing(secret, data)):
        end(missing)
    endpoint = text_in(data, "endpoint") or ""
    try:
        url = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
        port = url.port or settings.store_ports[0]
    except ValueError:
        end([f"Secret {secret}: endpoint has no valid port; write one such as https://store.example.com:9000"])
    scheme, at_odds = ("https", "http") if settings.store_encrypted else ("http", "https")
    if url.scheme == at_odds:
        found = f"the endpoint in Secret {secret} is {at_odds}, and Tempo speaks {scheme} to its port {port}"
        pulumi.log.warn(f"{TLS_ENABLED}: {found}; write {str(at_odds == 'https').lower()}")
    return port


def _missing(secret: str, data: Mapping[str, str] | None) -> Iterator[str]:
    """A line for every key that Tempo's pods would wait for."""
    for key in STORAGE_ENV.values():
        text = text_in(data, key)
        if not text:
            what = "is not text" if text is None else "is missing or empty"
            yield f"Secret {secret}: {key} {what}; write it, as the pods of Tempo do not start without it"
