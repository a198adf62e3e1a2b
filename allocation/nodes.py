"""Whether a plan's pods schedule on the nodes that the settings describe."""

from collections.abc import Iterator

from pydantic.alias_generators import to_camel

from allocation.labels import pod_labels
from allocation.placement import Placement, PodClass, judge, node_groups
from allocation.plan import RESOURCES, Bound, Plan, Resource, WorkloadPlan
from settings import Settings
from settings.pods import PodSettings


def placement_of(settings: Settings, plan: Plan) -> Placement | None:
    """The verdicts at the fewest and at the most replicas, MinIO's pods included; None without node pools."""
    if settings.node_pools is None:
        return None
    nodes = node_groups(settings.node_pools)
    at_min = judge(list(pods_of(settings, plan, "min")), nodes)
    if not any(workload.autoscaled for workload in plan.workloads):
        return Placement(at_min, at_min)
    return Placement(at_min, judge(list(pods_of(settings, plan, "max")), nodes))


def pods_of(settings: Settings, plan: Plan, bound: Bound) -> Iterator[PodClass]:
    """The pods of every workload, in the plan's order."""
    for workload in plan.every_workload:
        path, pod = _settings_of(settings, workload.component)
        yield PodClass(
            workload.component,
            path,
            workload.replicas_at(bound),
            pod_labels(settings.name, workload.component, settings.managed_by),
            {resource: _requested(workload, resource) for resource in RESOURCES},
            pod.node_selector or {},
            tuple(pod.tolerations or ()),
            pod.affinity,
            tuple(pod.topology_spread_constraints or ()),
            ends=workload.kind == "Job",
        )


def _settings_of(settings: Settings, component: str) -> tuple[str, PodSettings]:
    """The config path of a component and what it says about its pods; nothing can be said about MinIO's."""
    field = component.replace("-", "_")
    block = getattr(settings.spec.template, field, None)
    return (f"spec.template.{to_camel(field)}", block.pod) if block else ("minio", PodSettings())


def _requested(workload: WorkloadPlan, resource: Resource) -> int:
    """What the scheduler keeps free for a pod: a limit stands for the request that is missing."""
    figures = [(c.requests[resource].amount, c.limits[resource].amount) for c in workload.containers]
    return sum((limit or 0) if request is None else request for request, limit in figures)
