"""Whether the stack's own namespace, where it has a quota of the user's, holds the stack."""

from collections.abc import Iterator, Mapping
from itertools import product

from allocation.namespaces import NamespacePlan
from allocation.plan import RESOURCES, SIDES, ContainerPlan, Resource, Side, WorkloadPlan
from allocation.review.case import Case, Violation, label
from allocation.review.namespaces import to_raise, too_small
from allocation.rollout import surge_of
from settings import Quantity

COUNTED_KINDS = {
    "count/deployments.apps": "Deployment",
    "count/statefulsets.apps": "StatefulSet",
    "count/jobs.batch": "Job",
}
DEFAULTS: Mapping[Side, str] = {"limits": "default", "requests": "defaultRequest"}  # of a LimitRange


def own_namespace_holds_the_stack(case: Case) -> Iterator[Violation]:
    """All of its pods at the autoscalers' maximum, with MinIO, while all of them roll; and each of its containers."""
    for index, namespace in enumerate(case.plan.namespaces):
        if namespace.name == case.settings.namespace:
            yield from _missing_numbers(case, namespace, index)
            yield from _sums(case, namespace, index)
            yield from _single_containers(case, namespace, index)


def _missing_numbers(case: Case, namespace: NamespacePlan, index: int) -> Iterator[Violation]:
    for side, resource in product(SIDES, RESOURCES):
        key = f"{side}.{resource}"
        counted = _counted(case, namespace, side, resource)
        if key in namespace.hard and (missing := [name for name, amount in counted.items() if amount is None]):
            message = f"is in the quota, which refuses containers without it: {', '.join(missing)}"
            remedy = f"set spec.resources.total.{key}, or limitRange.{DEFAULTS[side]}.{resource}"
            yield too_small(index, ("quota", "hard", key), message, remedy)


def _sums(case: Case, namespace: NamespacePlan, index: int) -> Iterator[Violation]:
    for key, need in _needs(case, namespace).items():
        hard = namespace.hard.get(key)
        if hard is not None and hard < need:
            message = f"the stack comes to {need} of {hard}, with what its rollouts, autoscalers and MinIO may take"
            yield too_small(index, ("quota", "hard", key), message, f"{to_raise(need)}, or give the stack less")


def _single_containers(case: Case, namespace: NamespacePlan, index: int) -> Iterator[Violation]:
    """The largest below `max`, the smallest above `min`."""
    for resource in RESOURCES:
        limits = {name: n or 0 for name, n in _counted(case, namespace, "limits", resource).items()}
        requests = {name: n or 0 for name, n in _counted(case, namespace, "requests", resource).items()}
        largest, smallest = max(limits, key=limits.__getitem__), min(requests, key=requests.__getitem__)
        limit, request = _quantity(resource, limits[largest]), _quantity(resource, requests[smallest])
        highest, lowest = (namespace.bounds.get(bound, {}).get(resource) for bound in ("max", "min"))
        if highest is not None and highest < limit:
            message = f"{highest} refuses {largest}, which may use {limit}"
            yield too_small(index, ("limitRange", "max", resource), message, to_raise(limit))
        if lowest is not None and lowest > request:
            message = f"{lowest} refuses {smallest}, which requests {request}"
            yield too_small(index, ("limitRange", "min", resource), message, f"lower it to {request} or less")


def _needs(case: Case, namespace: NamespacePlan) -> dict[str, Quantity]:
    """Key of a quota -> what the stack comes to."""
    workloads, volumes = case.plan.every_workload, case.plan.storage.volumes
    pods = {workload.component: _pods(case, workload) for workload in workloads}
    of_container = {label(w, c): pods[w.component] for w in workloads for c in w.containers}
    needs: dict[str, Quantity] = {}
    for side, resource in product(SIDES, RESOURCES):
        counted = _counted(case, namespace, side, resource)
        total = sum((amount or 0) * of_container[name] for name, amount in counted.items())
        needs[f"{side}.{resource}"] = _quantity(resource, total)
    claims = {volume: pods[volume.component] for volume in volumes}
    needs["requests.storage"] = Quantity.of_bytes(sum(volume.size_bytes * count for volume, count in claims.items()))
    counts = {"persistentvolumeclaims": sum(claims.values()), "pods": sum(pods.values())}
    counts |= {key: sum(workload.kind == kind for workload in workloads) for key, kind in COUNTED_KINDS.items()}
    counts |= _objects(case)
    return needs | {key: Quantity.of_millicores(1000 * count) for key, count in counts.items()}


def _objects(case: Case) -> dict[str, int]:
    """How many the stack declares; the cluster, and cert-manager, put some of their own beside them."""
    spec, has_minio = case.settings.spec, case.settings.minio.enabled
    has_gateway = spec.template.gateway.enabled
    return {
        "services": len(case.plan.workloads) + 2 + has_minio,  # one for each, the ring's, and the frontend's discovery
        "configmaps": 1 + has_gateway + (case.settings.tls_mode == "serviceCA"),
        "secrets": has_minio + has_gateway + spec.template.has_oauth_proxy,
    }


def _pods(case: Case, workload: WorkloadPlan) -> int:
    """The most that there ever are of it; MinIO's are never two."""
    most = workload.replicas_at("max")
    rolls = workload not in case.plan.outside
    return most + (surge_of(case.settings.spec.template, workload.component, most) if rolls else 0)


def _counted(case: Case, namespace: NamespacePlan, side: Side, resource: Resource) -> dict[str, int | None]:
    """Container -> its number, as the API server fills it in: a limit for a missing request, else the LimitRange's."""

    def of(container: ContainerPlan) -> int | None:
        limit, request = (container.figure(each, resource).amount for each in SIDES)
        if side == "limits":
            return _amount(resource, namespace.default_limit(resource)) if limit is None else limit
        request = limit if request is None else request
        return _amount(resource, namespace.default_request(resource)) if request is None else request

    return {label(workload, each): of(each) for workload in case.plan.every_workload for each in workload.containers}


def _quantity(resource: Resource, amount: int) -> Quantity:
    return Quantity.of_millicores(amount) if resource == "cpu" else Quantity.of_bytes(amount)


def _amount(resource: Resource, quantity: Quantity | None) -> int | None:
    return None if quantity is None else int(quantity.millicores if resource == "cpu" else quantity.bytes)
