"""OpenShift's login: a ServiceAccount as an OAuth client.

Not declared yet: the Routes that the redirects name, their TLS, the ClusterRole that lets a gateway review tokens.
"""

import json

_REDIRECT = "serviceaccounts.openshift.io/oauth-redirectreference"


def redirect_annotation(reference: str, route: str) -> dict[str, str]:
    """Allows logins to come back by the Route of that name; `reference` only has to be unique within the account."""
    target = {
        "kind": "OAuthRedirectReference",
        "apiVersion": "v1",
        "reference": {"kind": "Route", "name": route},
    }
    return {f"{_REDIRECT}.{reference}": json.dumps(target, separators=(",", ":"))}
