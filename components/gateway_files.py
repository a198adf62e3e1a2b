"""The gateway's two files: who the tenants are and how they log in, and what they may do."""

from typing import Any

import yaml

from components.identity import Identity
from components.secrets import OidcClient, derive_cookie_secret
from settings.tenants import Tenant, Tenants

OPA_PORT = 8082
OPA_PACKAGE = "tempostack"


def openshift_tenants_yaml(tenants: Tenants, gateway: Identity, url: str, cookie_key: str) -> str:
    """tenants.yaml where the cluster says who somebody is, and OPA, by asking the cluster, what they may do."""
    return _tenants(
        {
            "name": tenant.tenant_name,
            "id": tenant.tenant_id,
            "openshift": {
                "serviceAccount": gateway.name,
                "redirectURL": f"{url}/openshift/{tenant.tenant_name}/callback",
                "cookieSecret": derive_cookie_secret(cookie_key, tenant.tenant_id),
            },
            "opa": {"url": f"http://localhost:{OPA_PORT}/v1/data/{OPA_PACKAGE}/allow", "withAccessToken": True},
        }
        for tenant in tenants.authentication
    )


def static_tenants_yaml(tenants: Tenants, url: str, clients: dict[str, OidcClient]) -> str:
    """tenants.yaml where each tenant has an OIDC provider; rbac.yaml says what they may do. `url` is the gateway's."""
    return _tenants(
        {"name": tenant.tenant_name, "id": tenant.tenant_id, "oidc": _oidc(tenant, url, clients[tenant.tenant_name])}
        for tenant in tenants.authentication
    )


def rbac_yaml(tenants: Tenants) -> str:
    """rbac.yaml: the authorization block as it is; nothing where OPA decides."""
    given = tenants.authorization
    return _dump(
        {
            "roles": [role.model_dump(by_alias=True) for role in given.roles] if given else [],
            "roleBindings": [binding.model_dump(by_alias=True) for binding in given.role_bindings] if given else [],
        }
    )


def _oidc(tenant: Tenant, url: str, client: OidcClient) -> dict[str, str]:
    oidc = tenant.oidc
    asked = {
        "issuerURL": oidc and oidc.issuer_url,
        "redirectURL": (oidc and oidc.redirect_url) or f"{url}/oidc/{tenant.tenant_name}/callback",
        "usernameClaim": oidc and oidc.username_claim,
        "groupClaim": oidc and oidc.group_claim,
    }
    given = {key: value for key, value in asked.items() if value}
    return {"clientID": client["clientID"], "clientSecret": client["clientSecret"], **given}


def _tenants(tenants: Any) -> str:
    return _dump({"tenants": list(tenants)})


def _dump(content: dict[str, Any]) -> str:
    return yaml.safe_dump(content, sort_keys=False)
