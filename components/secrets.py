"""The stack's secrets, Pulumi secrets from here on, and what is derived from them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypedDict

import pulumi

from components.identity import Identity
from settings.secrets import GATEWAY_COOKIE_KEY, MINIO_ROOT_PASSWORD, OIDC_CLIENTS

COOKIE_BYTES = 24  # 32 characters of base64: an AES key of either kind, decoded (oauth-proxy) or as it is (gateway)


class OidcClient(TypedDict):
    """The gateway's credentials at a tenant's OIDC provider."""

    clientID: str
    clientSecret: str


@dataclass(frozen=True)
class Secrets:
    """The values of the secret config keys; None where this stack needs none."""

    minio_root_password: pulumi.Output[str] | None = None
    gateway_cookie_key: pulumi.Output[str] | None = None
    oidc_clients: pulumi.Output[dict[str, OidcClient]] | None = None  # tenant name -> client

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "Secrets":
        """From config key -> value as Pulumi hands it over."""
        secret = {key: pulumi.Output.secret(value) for key, value in values.items()}
        clients = secret.get(OIDC_CLIENTS.key)
        return cls(
            minio_root_password=secret.get(MINIO_ROOT_PASSWORD.key),
            gateway_cookie_key=secret.get(GATEWAY_COOKIE_KEY.key),
            oidc_clients=None if clients is None else clients.apply(parse_oidc_clients),
        )


def parse_oidc_clients(text: str) -> dict[str, OidcClient]:
    """The value of `oidcClients`, of which `settings` has checked the form."""
    clients: dict[str, OidcClient] = json.loads(text)
    return clients


def base64_of(text: pulumi.Output[str]) -> pulumi.Output[str]:
    """As a Secret's `data` has it."""
    return text.apply(encode)


def encode(text: str) -> str:
    """The base64 of a text."""
    return base64.b64encode(text.encode()).decode()


def cookie_secret(key: pulumi.Output[str], purpose: str) -> pulumi.Output[str]:
    """A cookie secret for one purpose: HMAC-SHA256, not chance, or every preview would show another one."""
    return key.apply(lambda key: derive_cookie_secret(key, purpose))


def derive_cookie_secret(key: str, purpose: str) -> str:
    """32 characters of base64 for URLs."""
    digest = hmac.digest(key.encode(), purpose.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:COOKIE_BYTES]).decode()


def fingerprint_of(secret: pulumi.Output[str], owner: Identity) -> pulumi.Output[str]:
    """Shows that a secret changed, not what it is; equal secrets of two owners look different."""
    return pulumi.Output.unsecret(secret.apply(lambda text: fingerprint(text, owner.host)))


@lru_cache(maxsize=16)  # a run has three at most
def fingerprint(text: str, salt: str) -> str:
    """Six digits, of hex: a change is missed once in 16 million, and a guess that fits may be one of many that do.

    A guess costs 0.06 s and 16 MiB, so that a list of likely passwords takes long; no run has a key to hash with.
    """
    return hashlib.scrypt(text.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=3).hex()
