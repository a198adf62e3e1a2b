"""The gateway's limits by the number of its tenants."""

from collections.abc import Mapping

from allocation.plan import Resource
from allocation.units import round_up
from settings import Quantity, Settings


def tenants_of(settings: Settings) -> int:
    """How many tenants the stack has, or is to have by its workload where those are more."""
    tenants, workload = settings.spec.tenants, settings.spec.workload
    listed = 0 if tenants is None else len(tenants.authentication)
    return max(listed, (workload and workload.tenants) or 0)


def gateway_limits(settings: Settings) -> Mapping[Resource, int]:
    """Base + tenants × step, for each replica of the gateway's own container; empty where it is not sized so."""
    sizing = settings.spec.template.gateway.sizing
    if sizing is None:
        return {}
    tenants = tenants_of(settings)
    cpu = Quantity.of_millicores(sizing.base.cpu.millicores + tenants * sizing.per_tenant.cpu.millicores)
    memory = Quantity.of_bytes(sizing.base.memory.bytes + tenants * sizing.per_tenant.memory.bytes)
    return {"cpu": round_up("cpu", cpu), "memory": round_up("memory", memory)}
