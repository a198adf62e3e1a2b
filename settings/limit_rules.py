"""Rules about tenants' own limits and retention: each key means one of the tenants, and no time is next to none."""

from collections.abc import Iterator

from settings.duration import length, nanoseconds
from settings.mistakes import Mistake, Path, dotted, shown
from settings.names import LABEL, TENANT_ID
from settings.written import Config, Rule, at, entries, names

TENANTS: Path = ("spec", "tenants")
PER_TENANT: tuple[Path, ...] = (("spec", "limits", "perTenant"), ("spec", "retention", "perTenant"))
# Below `spec`, where a time stands, and the least of it: searches begin and end at whole seconds, and a block that is
# past its retention when it is written is deleted before anybody can ask for it.
TIMES: tuple[tuple[str, Path, str], ...] = (
    ("limits", ("query", "maxSearchDuration"), "1s"),
    ("retention", ("traces",), "1m"),
)
MANY_TENANTS = 6  # more than these are not listed in a line


def each_key_means_one_tenant(config: Config) -> Iterator[Mistake]:
    """A key is the name or the id of a tenant, and no two are of the same one."""
    authentication = entries(config, (*TENANTS, "authentication"))
    tenants = [(at(tenant, ("tenantName",)), at(tenant, ("tenantId",))) for tenant in authentication]
    keys = {"tenantName": LABEL, "tenantId": TENANT_ID}
    can_be_told = all(names(config, (*TENANTS, "authentication"), key, legal) for key, legal in keys.items())
    owners: dict[object, list[int]] = {}
    for index, (name, tenant_id) in enumerate(tenants):
        for word in {name, tenant_id} if all(isinstance(word, str) for word in (name, tenant_id)) else ():
            owners.setdefault(word, []).append(index)
    for path in PER_TENANT:
        block = at(config, path)
        if not isinstance(block, dict):
            continue
        if at(config, TENANTS) is None:
            yield Mistake(path, f"is read with spec.tenants only; add them, or write {dotted((*path[:-1], 'global'))}")
        elif can_be_told:
            yield from _meant(path, [key for key in block if isinstance(key, str)], owners, tenants)


def _meant(
    path: Path, keys: list[str], owners: dict[object, list[int]], tenants: list[tuple[object, object]]
) -> Iterator[Mistake]:
    """A mistake for every key that means no tenant, more than one, or the same as another key."""
    said: dict[int, str] = {}
    for key in keys:
        match owners.get(key, []):
            case []:
                known = sorted(str(name) for name, _ in tenants)
                remedy = f"write {' or '.join(known)}" if len(known) <= MANY_TENANTS else "add that tenant"
                yield Mistake((*path, key), f"there is no tenant {shown(key)}; {remedy}")
            case [index] if said.setdefault(index, key) != key:
                yield Mistake((*path, key), f"is the same tenant as {shown(said[index])}; keep one of the two")
            case [_]:
                pass
            case several:
                first, second = (f"authentication[{index}]" for index in several[:2])
                yield Mistake((*path, key), f"is the name of one tenant and the id of another ({first}, {second}); give each its own")  # noqa: E501  # fmt: skip


def times_are_no_moments(config: Config) -> Iterator[Mistake]:
    """A search spans a second or more, and traces are kept for a minute or more; 0 is for the fields to take or not."""
    times: list[tuple[Path, str]] = [(("spec", "workload", "retention"), "1m")]
    for block, key, least in TIMES:
        own = at(config, ("spec", block, "perTenant"))
        tenants = [name for name in own if isinstance(name, str)] if isinstance(own, dict) else []
        times.append((("spec", block, "global", *key), least))
        times += [(("spec", block, "perTenant", name, *key), least) for name in tenants]
    for path, least in times:
        written = at(config, path)
        if 0 < length(written) < nanoseconds(least):
            yield Mistake(path, f"{shown(written)} is too short; write {least} or more")


RULES: tuple[Rule, ...] = (each_key_means_one_tenant, times_are_no_moments)
