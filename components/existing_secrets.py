"""Secrets that exist before the stack: the engine reads them in every preview and every `up`, and changes none."""

import base64
import binascii
from collections.abc import Mapping

import pulumi
from pulumi_kubernetes.core.v1 import Secret

from components.identity import Identity

# All of it stays encrypted in the state: `kubectl apply` leaves a copy of the data in an annotation, and the provider
# keeps a copy of all that it read.
ALL_SECRET = ["data", "stringData", "metadata", "__inputs"]


def read_secret(name: str, me: Identity, secret: str, opts: pulumi.ResourceOptions) -> Secret:
    """The Secret `secret` of the stack's namespace, under the resource name `name`. A missing one ends the run."""
    options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=ALL_SECRET))
    return Secret.get(name, f"{me.namespace}/{secret}", options)


def text_in(data: Mapping[str, str] | None, key: str) -> str | None:
    """The text under a key of a Secret's `data`: empty where the key is missing, None where it is no text."""
    try:
        return base64.b64decode((data or {}).get(key, ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
