"""`tenantNamespaces`: the namespaces in which tenants run their own programs, each inside a quota."""

from settings.base import Model
from settings.names import LabelField


class TenantNamespace(Model):
    """A namespace of a tenant's own."""

    name: LabelField
    """The namespace."""
    tenant_name: LabelField | None = None
    """Whose it is: the name of one of `spec.tenants`."""
    create: bool = True
    """Whether the stack makes, and removes, it; else it has to be there."""
