"""What is to be said against a plan: every rule is one small function that finds its own violations."""

from collections.abc import Callable, Iterator, Sequence

from allocation.containers import Container
from allocation.findings import SEVERITIES, Finding, severity_of
from allocation.plan import Plan
from allocation.review.budget import everything_bounded, overrides_above_floors, requests_within_limits, totals_hold
from allocation.review.case import Case, Violation
from allocation.review.classes import classes_as_asked
from allocation.review.config import (
    annotations_read,
    enough_ingesters,
    overrides_used,
    secrets_encrypted,
    services_listed_as_configured,
    tenants_used,
    whole_quantities,
)
from allocation.review.intake import load_is_let_in, requests_are_let_in
from allocation.review.low_limits import something_gets_through
from allocation.review.namespaces import quotas_can_be_used
from allocation.review.nodes import everything_schedules
from allocation.review.own_namespace import own_namespace_holds_the_stack
from allocation.review.scaling import totals_hold_at_most_replicas, utilization_has_requests
from allocation.review.security import pods_admitted
from allocation.review.sizes import replicas_of_the_size
from allocation.review.storage import volumes_hold_the_load
from allocation.review.tenants import overrides_fit_their_config_map
from allocation.review.tuning import (
    blocks_merged,
    heaps_have_room,
    limits_within_the_plan,
    nothing_acknowledged_is_lost,
)
from allocation.review.ways_in import backends_spoken_to_in_tls
from settings import Settings

RULES: tuple[Callable[[Case], Iterator[Violation]], ...] = (
    requests_within_limits,
    totals_hold,
    totals_hold_at_most_replicas,
    enough_ingesters,
    whole_quantities,
    secrets_encrypted,
    pods_admitted,
    overrides_above_floors,
    replicas_of_the_size,
    everything_bounded,
    classes_as_asked,
    utilization_has_requests,
    overrides_used,
    annotations_read,
    backends_spoken_to_in_tls,
    tenants_used,
    services_listed_as_configured,
    volumes_hold_the_load,
    everything_schedules,
    quotas_can_be_used,
    own_namespace_holds_the_stack,
    overrides_fit_their_config_map,
    heaps_have_room,
    nothing_acknowledged_is_lost,
    something_gets_through,
    limits_within_the_plan,
    load_is_let_in,
    requests_are_let_in,
    blocks_merged,
)


def review(settings: Settings, containers: Sequence[Container], plan: Plan) -> tuple[Finding, ...]:
    """All findings in the order of the codes (so errors come first), and of the containers."""
    case = Case(settings, containers, plan)
    violations = [violation for rule in RULES for violation in rule(case)]
    resources = settings.spec.resources
    findings = [
        Finding(severity_of(v.code, resources.on_violation, enforced=resources.enforce), *v) for v in violations
    ]
    order = list(SEVERITIES)
    return tuple(sorted(findings, key=lambda f: order.index(f.code)))
