"""Rules about the tenants' namespaces: whose they are, who makes them, and bounds that contradict each other."""

from collections.abc import Iterator
from itertools import combinations

from pydantic_core import PydanticCustomError

from settings.mistakes import Mistake, Path, shown
from settings.names import LABEL
from settings.quantity import Quantity
from settings.types import quantity_of
from settings.written import Config, Rule, at, entries, names, repeated

NAMESPACES: Path = ("tenantNamespaces",)
TENANTS: Path = ("spec", "tenants", "authentication")

# Namespaces that a cluster comes with, and how those of an OpenShift begin.
CLUSTERS_OWN = ("default", "openshift")
CLUSTERS_OWN_PREFIXES = ("kube-", "openshift-")

MADE_ONLY = ("labels", "podSecurity")  # what is said of a namespace that the stack makes
ENFORCED = "pod-security.kubernetes.io/enforce"
# Labels of a namespace that the cluster sets, the first, and that the stack does.
SET_ANYWAY = (
    "kubernetes.io/metadata.name",
    *(f"app.kubernetes.io/{key}" for key in ("name", "instance", "component", "managed-by")),
)
BOUNDS = ("min", "defaultRequest", "default", "max")  # of a LimitRange: none may be above the next
RESOURCES = ("cpu", "memory", "ephemeral-storage")


def tenants_namespaces_differ(config: Config) -> Iterator[Mistake]:
    """Each is listed once."""
    yield from repeated(config, NAMESPACES, "name")


def tenants_namespaces_are_of_tenants(config: Config) -> Iterator[Mistake]:
    """Whose it is, is one of the tenants."""
    known = names(config, TENANTS, "tenantName", LABEL)
    if known is None:
        return
    remedy = f"write {' or '.join(sorted(known))}" if 0 < len(known) <= 6 else "add it to spec.tenants"
    for index, namespace in enumerate(entries(config, NAMESPACES)):
        tenant = at(namespace, ("tenantName",))
        if isinstance(tenant, str) and tenant not in known:
            yield Mistake((*NAMESPACES, index, "tenantName"), f"there is no tenant {shown(tenant)}; {remedy}")


def somebody_makes_each_namespace(config: Config) -> Iterator[Mistake]:
    """The stack's own is made, or not, by createNamespace; a cluster's are there; labels are of those that are made."""
    for index, namespace in enumerate(entries(config, NAMESPACES)):
        path, name = (*NAMESPACES, index), at(namespace, ("name",))
        is_stacks_own = isinstance(name, str) and name == at(config, ("namespace",))
        if is_stacks_own and at(namespace, ("create",)) is not None:
            yield Mistake((*path, "create"), "is of the stack's own namespace; remove it and write createNamespace")
        elif isinstance(name, str) and not is_stacks_own and _is_clusters_own(name) and _is_made(namespace):
            yield Mistake((*path, "name"), f"{shown(name)} is the cluster's own; write create: false beside it")
        for key in MADE_ONLY if is_stacks_own or not _is_made(namespace) else ():
            if at(namespace, (key,)) is not None:
                whose = "the stack's own" if is_stacks_own else "not made by the stack"
                yield Mistake((*path, key), f"is of a namespace that is {whose}; remove it")


def labels_are_not_the_stacks(config: Config) -> Iterator[Mistake]:
    """A label that somebody sets anyway would be overwritten, or would say otherwise than podSecurity."""
    for index, namespace in enumerate(entries(config, NAMESPACES)):
        labels = at(namespace, ("labels",))
        for key in labels if isinstance(labels, dict) else ():
            path = (*NAMESPACES, index, "labels", str(key))
            if key == ENFORCED:
                yield Mistake(path, "is what podSecurity says; remove it and write podSecurity")
            elif key in SET_ANYWAY:
                whose = "the cluster" if key == SET_ANYWAY[0] else "the stack"
                yield Mistake(path, f"is set by {whose}; remove it")


def each_namespace_is_listed_for_something(config: Config) -> Iterator[Mistake]:
    """One that is there already has a quota or a LimitRange to get, and neither is empty."""
    for index, namespace in enumerate(entries(config, NAMESPACES)):
        path = (*NAMESPACES, index)
        has_bounds = any(at(namespace, (key,)) is not None for key in ("quota", "limitRange"))
        is_there = not _is_made(namespace) or at(namespace, ("name",)) == at(config, ("namespace",))
        if isinstance(namespace, dict) and is_there and not has_bounds:
            yield Mistake(path, "is not made, and gets nothing; add a quota or a limitRange, or remove it")
        if at(namespace, ("quota", "hard")) == {}:
            yield Mistake((*path, "quota", "hard"), 'bounds nothing; add a key such as requests.cpu: "2"')
        limit_range = at(namespace, ("limitRange",))
        if isinstance(limit_range, dict) and not any(limit_range.values()):
            yield Mistake((*path, "limitRange"), "bounds nothing; add a key such as default: {cpu: 500m}")


def bounds_of_containers_are_in_order(config: Config) -> Iterator[Mistake]:
    """Kubernetes refuses a LimitRange whose min, defaults and max are not in this order."""
    for index, namespace in enumerate(entries(config, NAMESPACES)):
        for resource in RESOURCES:
            given = [(bound, _amount(at(namespace, ("limitRange", bound, resource)), resource)) for bound in BOUNDS]
            there = [(bound, amount) for bound, amount in given if amount is not None]
            for (lower, low), (upper, high) in combinations(there, 2):
                if low > high:
                    path = (*NAMESPACES, index, "limitRange", lower, resource)
                    text = f"{low} is more than the {upper} of {high}; write {high} or less"
                    yield Mistake(path, text)
                    break


def quotas_of_one_namespace_differ(config: Config) -> Iterator[Mistake]:
    """In the stack's own namespace there may be the stack's own quota, whose name nobody else takes."""
    stacks_own = f"tempo-{at(config, ('name',))}"
    for index, namespace in enumerate(entries(config, NAMESPACES)):
        name, enforced = at(namespace, ("quota", "name")), at(config, ("spec", "resources", "enforce"))
        if name == stacks_own and enforced is True and at(namespace, ("name",)) == at(config, ("namespace",)):
            path = (*NAMESPACES, index, "quota", "name")
            yield Mistake(path, f"{shown(name)} is the quota of spec.resources.enforce; give this one another name")


def _is_made(namespace: object) -> bool:
    return at(namespace, ("create",)) is not False


def _is_clusters_own(name: str) -> bool:
    return name in CLUSTERS_OWN or name.startswith(CLUSTERS_OWN_PREFIXES)


def _amount(value: object, resource: str) -> Quantity | None:
    """What is written, None where it is no such quantity: that is another line's."""
    try:
        return None if value is None else quantity_of(value, "cores" if resource == "cpu" else "bytes")
    except PydanticCustomError:
        return None


RULES: tuple[Rule, ...] = (
    tenants_namespaces_differ,
    tenants_namespaces_are_of_tenants,
    somebody_makes_each_namespace,
    labels_are_not_the_stacks,
    each_namespace_is_listed_for_something,
    bounds_of_containers_are_in_order,
    quotas_of_one_namespace_differ,
)
