"""Whether pods get the class that they ask for."""

from collections.abc import Iterator

from allocation.plan import QOS_RESOURCES, ContainerPlan, WorkloadPlan, quantity
from allocation.review.case import Case, Violation


def classes_as_asked(case: Case) -> Iterator[Violation]:
    """Kubernetes makes a pod's class of its numbers, over all of its containers; asking for one is not enough."""
    asked = {c.component: c for c in case.containers if c.runs}
    for workload in case.plan.workloads:
        container = asked[workload.component]
        if container.qos is not None and container.qos != workload.qos:
            reason, remedy = _explained(container.qos, workload)
            message = f"{workload.component} asks for {container.qos}, and Kubernetes will say {workload.qos}: {reason}"
            yield Violation("qos-mismatch", _path(case, workload.component), message, remedy)


def _path(case: Case, component: str) -> str:
    """Where the class is asked for: at the component, or for the whole stack."""
    return "spec.resources.qos" if case.block(component).pod.qos is None else case.path(component, "qos")


def _explained(asked: str, workload: WorkloadPlan) -> tuple[str, str]:
    """Why the class is another one, and what to do."""
    if asked == "Guaranteed":
        differing = [text for c in workload.containers for text in _differing(c)]
        return ", ".join(differing), "write the same number for both, or neither, or qos: Burstable"
    if asked == "BestEffort":
        if requested := [text for c in workload.containers for text in _requested(c)]:
            return ", ".join(requested), f"remove them, or write qos: {workload.qos}"
        return (
            "its limits keep it inside the budget, and only its requests are 0",
            f"write qos: {workload.qos}, or take away every limit and total",
        )
    if workload.qos == "Guaranteed":
        return "every request is its limit", "lower a request, or requestRatio, or write qos: Guaranteed"
    return "nothing decides a limit or a request", "give a total, or limits and requests"


def _requested(container: ContainerPlan) -> Iterator[str]:
    """What keeps a container from asking for nothing."""
    for resource in QOS_RESOURCES:
        if request := container.requests[resource].amount:
            yield f"{container.name} requests {quantity(resource, request)} {resource}"


def _differing(container: ContainerPlan) -> Iterator[str]:
    """What keeps a container from being guaranteed."""
    for resource in QOS_RESOURCES:
        limit, request = container.limits[resource].amount, container.requests[resource].amount
        if not limit:
            yield f"{container.name} has no {resource} limit"
        elif request is not None and request != limit:
            yield f"{container.name} requests {quantity(resource, request)} {resource} of {quantity(resource, limit)}"
