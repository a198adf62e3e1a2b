"""Whether a stack of a T-shirt size keeps what the size is made of."""

from collections.abc import Iterator

from pydantic.alias_generators import to_camel

from allocation.review.case import Case, Violation
from allocation.sizes import size_of
from settings.pods import Component


def replicas_of_the_size(case: Case) -> Iterator[Violation]:
    """A size's replicas are the least that carry its load: fewer are kept, with a warning."""
    size = size_of(case.settings.spec.size)
    if size is None:
        return
    for workload in case.plan.workloads:
        least, found = size.replicas.get(workload.component, 0), workload.replicas_at("min")
        if found < least:
            key = workload.component.replace("-", "_")
            block: Component = getattr(case.settings.spec.template, key)
            own = block.path_of("replicas") if workload.autoscaled is None else block.path_of("autoscaling")
            path = f"spec.template.{to_camel(key)}.{own}{'' if workload.autoscaled is None else '.minReplicas'}"
            message = f"{found} of the {workload.component}, and {case.settings.spec.size} is made of {least}"
            yield Violation("below-floor", path, message, f"raise it to {least} or more, or take a smaller spec.size")
