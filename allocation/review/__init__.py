"""What is to be said against a plan: every rule is one small function that finds its own violations."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from allocation.codes import CODES
from allocation.containers import Container
from allocation.findings import Finding, severity_of
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
from allocation.review.extra_config import values_within_the_memory
from allocation.review.images import tempo_has_the_stacks_components, tempo_is_a_tested_version
from allocation.review.intake import load_is_let_in, requests_are_let_in
from allocation.review.low_limits import something_gets_through
from allocation.review.low_settings import traces_leave_the_memory, values_of_use
from allocation.review.namespaces import quotas_can_be_used
from allocation.review.nodes import everything_schedules
from allocation.review.own_namespace import own_namespace_holds_the_stack
from allocation.review.scaling import totals_hold_at_most_replicas, utilization_has_requests
from allocation.review.security import pods_admitted
from allocation.review.sizes import replicas_of_the_size
from allocation.review.storage import the_store_is_spoken_to_in_tls, volumes_hold_the_load
from allocation.review.store_port import store_is_reached, store_is_reached_by_a_rendering
from allocation.review.tenants import overrides_fit_their_config_map
from allocation.review.tuning import (
    blocks_merged,
    heaps_have_room,
    limits_within_the_plan,
    nothing_acknowledged_is_lost,
)
from allocation.review.ways_in import backends_spoken_to_in_tls, logins_come_back, the_ui_asks_for_a_login
from settings import Settings

RULES: tuple[Callable[[Case], Iterator[Violation]], ...] = (
    requests_within_limits,
    totals_hold,
    totals_hold_at_most_replicas,
    enough_ingesters,
    whole_quantities,
    tempo_has_the_stacks_components,
    secrets_encrypted,
    pods_admitted,
    the_ui_asks_for_a_login,
    overrides_above_floors,
    replicas_of_the_size,
    everything_bounded,
    classes_as_asked,
    utilization_has_requests,
    overrides_used,
    annotations_read,
    backends_spoken_to_in_tls,
    store_is_reached,
    tempo_is_a_tested_version,
    the_store_is_spoken_to_in_tls,
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
    values_within_the_memory,
    values_of_use,
    traces_leave_the_memory,
    load_is_let_in,
    requests_are_let_in,
    blocks_merged,
)


# Rules about rendered files: they hold for `ops render` and not for `pulumi up`, which asks the cluster.
RENDERING_RULES: tuple[Callable[[Settings], Iterator[Violation]], ...] = (
    store_is_reached_by_a_rendering,
    logins_come_back,
)


def review(settings: Settings, containers: Sequence[Container], plan: Plan) -> tuple[Finding, ...]:
    """All findings in the order of the codes (so errors come first), and of the containers."""
    case = Case(settings, containers, plan)
    return _findings(settings, (violation for rule in RULES for violation in rule(case)))


def review_rendering(settings: Settings) -> tuple[Finding, ...]:
    """What a plan cannot say, since it does not know how the stack is deployed: findings about rendered files."""
    return _findings(settings, (violation for rule in RENDERING_RULES for violation in rule(settings)))


def _findings(settings: Settings, violations: Iterable[Violation]) -> tuple[Finding, ...]:
    resources = settings.spec.resources
    findings = [
        Finding(severity_of(v.code, resources.on_violation, enforced=resources.enforce), *v) for v in violations
    ]
    order = list(CODES)
    return tuple(sorted(findings, key=lambda f: order.index(f.code)))
