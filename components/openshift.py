"""OpenShift's login: a ServiceAccount as an OAuth client.

Not declared yet: the Routes that the redirects name, their TLS, the ClusterRole that lets a gateway review tokens.
"""

import json
from collections.abc import Iterable

import pulumi
from pulumi_kubernetes.core.v1 import ServiceAccount

from components.identity import Identity

_REDIRECT = "serviceaccounts.openshift.io/oauth-redirectreference"


def oauth_client(name: str, me: Identity, references: Iterable[str], options: pulumi.ResourceOptions) -> ServiceAccount:
    """The component's ServiceAccount, which may log people in; `references` tell its logins apart."""
    annotations: dict[str, str] = {}
    for reference in references:
        annotations |= _redirect(reference, me.name)
    return ServiceAccount(
        name,
        metadata=me.metadata(annotations=annotations),
        automount_service_account_token=False,  # the pod asks for it
        opts=options,
    )


def _redirect(reference: str, route: str) -> dict[str, str]:
    """Allows logins to come back by the Route of that name; `reference` only has to be unique within the account."""
    target = {
        "kind": "OAuthRedirectReference",
        "apiVersion": "v1",
        "reference": {"kind": "Route", "name": route},
    }
    return {f"{_REDIRECT}.{reference}": json.dumps(target, separators=(",", ":"))}
