"""Whether everything schedules on the nodes that the settings describe."""

from collections.abc import Iterator

from allocation.codes import Code
from allocation.placement import Verdict
from allocation.review.case import Case, Violation

CODES: dict[str, Code] = {"impossible": "unschedulable", "order-dependent": "order-dependent-scheduling"}


def everything_schedules(case: Case) -> Iterator[Violation]:
    """Every pod finds a node, at the fewest and at the most replicas; what is said of the fewest is not said again."""
    placement = case.plan.placement
    if placement is None:
        return
    scales = any(workload.autoscaled for workload in case.plan.workloads)
    yield from _violations(placement.at_min, "at min replicas: " if scales else "")
    if scales:
        said = {pod for obstacle in placement.at_min.obstacles for pod in obstacle.pods}
        news = [each for each in placement.at_max.obstacles if not said or said.isdisjoint(each.pods)]
        yield from _violations(Verdict(placement.at_max.kind, tuple(news)), "at max replicas: ")


def _violations(verdict: Verdict, when: str) -> Iterator[Violation]:
    for obstacle in verdict.obstacles:
        yield Violation(CODES[verdict.kind], obstacle.path, when + obstacle.message, obstacle.remedy)
