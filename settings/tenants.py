"""`spec.tenants`: who shares the stack, and how they prove it."""

from typing import Literal

from settings.base import Model


class Oidc(Model):
    """A tenant's OIDC provider; the client's id and secret are the secret config key `oidcClients`."""

    issuer_url: str
    redirect_url: str | None = None
    username_claim: str | None = None
    group_claim: str | None = None


class Tenant(Model):
    """One tenant: the name stands in paths, the id in Tempo's X-Scope-OrgID."""

    tenant_name: str
    tenant_id: str
    oidc: Oidc | None = None


class Role(Model):
    """A role of the gateway's own RBAC."""

    name: str
    resources: list[Literal["traces"]]
    tenants: list[str]
    permissions: list[Literal["read", "write"]]


class Subject(Model):
    """A user or group of the tenant's OIDC provider."""

    kind: Literal["user", "group"]
    name: str


class RoleBinding(Model):
    """Gives roles to subjects."""

    name: str
    roles: list[str]
    subjects: list[Subject]


class Authorization(Model):
    """The gateway's own RBAC, for static tenants."""

    roles: list[Role] = []
    role_bindings: list[RoleBinding] = []


class Tenants(Model):
    """The tenants of the stack; with this block Tempo asks every request for its tenant."""

    mode: Literal["openshift", "static"]
    authentication: list[Tenant]
    authorization: Authorization | None = None
