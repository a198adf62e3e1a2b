"""The tenants' namespaces: what each is held to, and what a container in it gets that says nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel

from settings import Quantity, Settings
from settings.tenant_namespaces import NamespaceLimitRange

Bound = Literal["min", "defaultRequest", "default", "max"]
BOUNDS: tuple[Bound, ...] = ("min", "defaultRequest", "default", "max")


@dataclass(frozen=True)
class NamespacePlan:
    """One namespace; quantities print as Kubernetes keeps them, also those of things that are counted."""

    name: str
    tenant: str | None
    made: bool  # by this stack, for the tenant
    quota: str  # the name of the ResourceQuota and of the LimitRange
    hard: Mapping[str, Quantity] = field(default_factory=dict)  # `requests.cpu` -> the most; empty without a quota
    bounds: Mapping[Bound, Mapping[str, Quantity]] = field(default_factory=dict)  # of a container, by resource

    def default_limit(self, resource: str) -> Quantity | None:
        """What a container's limit becomes where it says none: the API server takes `max` for a missing default."""
        return self.bounds.get("default", {}).get(resource) or self.bounds.get("max", {}).get(resource)

    def default_request(self, resource: str) -> Quantity | None:
        """What its request becomes where it says neither: the limit's for a missing default, then `min`."""
        own = self.bounds.get("defaultRequest", {}).get(resource) or self.default_limit(resource)
        return own or self.bounds.get("min", {}).get(resource)


def namespaces_of(settings: Settings) -> tuple[NamespacePlan, ...]:
    """Those of the settings, in their order."""
    return tuple(
        NamespacePlan(
            name=each.name,
            tenant=each.tenant_name,
            made=each.create and each.name != settings.namespace,
            quota=each.quota_name,
            hard={} if each.quota is None else _given(each.quota.hard),
            bounds={} if each.limit_range is None else _bounds(each.limit_range),
        )
        for each in settings.tenant_namespaces
    )


def _bounds(limit_range: NamespaceLimitRange) -> dict[Bound, Mapping[str, Quantity]]:
    amounts = (limit_range.min, limit_range.default_request, limit_range.default, limit_range.max)
    found = {bound: _given(each) for bound, each in zip(BOUNDS, amounts, strict=True)}
    return {bound: quantities for bound, quantities in found.items() if quantities}


def _given(block: BaseModel) -> dict[str, Quantity]:
    """What a block says, by the keys that Kubernetes knows."""
    fields = type(block).model_fields.items()
    values = {info.alias or name: getattr(block, name) for name, info in fields}
    return {
        key: value if isinstance(value, Quantity) else Quantity(value)
        for key, value in values.items()
        if value is not None
    }
