"""`spec.tenants`: who shares the stack, and how they prove it."""

from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model
from settings.names import LabelField, SubdomainField, TenantIdField, TextField, UrlField


class OidcSecret(Model):
    """A Secret with the `clientID` and the `clientSecret` of a tenant's OIDC client, as a TempoStack names it."""

    name: SubdomainField
    """A Secret of the stack's own namespace, there before the stack, with the keys `clientID` and `clientSecret`."""


class Oidc(Model):
    """A tenant's OIDC provider; the client's id and secret are in a Secret, or in the secret key `oidcClients`."""

    issuer_url: Annotated[UrlField, Field(alias="issuerURL")]
    """The provider's issuer."""
    redirect_url: Annotated[UrlField | None, Field(alias="redirectURL")] = None
    """Where the provider sends a user back to."""
    username_claim: TextField | None = None
    """The claim with the user's name."""
    group_claim: TextField | None = None
    """The claim with the user's groups."""
    secret: OidcSecret | None = None
    """Where the client's id and secret are; without it they are the tenant's entry in `oidcClients`."""


class Tenant(Model):
    """One tenant."""

    tenant_name: LabelField
    """Stands in the gateway's paths: a DNS label."""
    tenant_id: TenantIdField
    """What Tempo is told in X-Scope-OrgID: a UUID, as a rule."""
    oidc: Oidc | None = None
    """The tenant's OIDC provider, in static mode behind a gateway."""


class Role(Model):
    """A role of the gateway's own RBAC."""

    name: TextField
    """What role bindings call it."""
    resources: Annotated[list[Literal["traces"]], Field(min_length=1)]
    """What it is about."""
    tenants: Annotated[list[LabelField], Field(min_length=1)]
    """Names of the tenants that it reaches."""
    permissions: Annotated[list[Literal["read", "write"]], Field(min_length=1)]
    """What it allows."""


class Subject(Model):
    """A user or group of the tenant's OIDC provider."""

    kind: Literal["user", "group"]
    """Which of the two."""
    name: TextField
    """As the provider's claim has it."""


class RoleBinding(Model):
    """Gives roles to subjects."""

    name: TextField
    """A name of its own."""
    roles: Annotated[list[TextField], Field(min_length=1)]
    """Names of the roles that it gives."""
    subjects: Annotated[list[Subject], Field(min_length=1)]
    """Who gets them."""


class Authorization(Model):
    """The gateway's own RBAC, for static tenants."""

    roles: Annotated[list[Role], Field(min_length=1)]
    """What may be done."""
    role_bindings: Annotated[list[RoleBinding], Field(min_length=1)]
    """Who may do it."""


class Tenants(Model):
    """The tenants of the stack; with this block Tempo asks every request for its tenant."""

    mode: Literal["openshift", "static"]
    """`openshift`: the gateway asks the cluster; `static`: OIDC at the gateway, or no gateway and trusted clients."""
    authentication: Annotated[list[Tenant], Field(min_length=1)]
    """The tenants."""
    authorization: Authorization | None = None
    """Roles and role bindings, in static mode behind a gateway."""

    @property
    def client_secrets(self) -> dict[str, str]:
        """Tenant name -> the Secret that holds its OIDC client, for every tenant whose client is in one."""
        return {
            tenant.tenant_name: tenant.oidc.secret.name
            for tenant in self.authentication
            if tenant.oidc is not None and tenant.oidc.secret is not None
        }
