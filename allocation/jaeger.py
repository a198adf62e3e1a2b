"""How far back tempo-query, the Jaeger UI's bridge, asks Tempo for services."""

from allocation.extra import QUERY_FRONTEND, said_by_user
from settings import Settings
from settings.duration import NANOSECONDS, NO_DURATION, canonical_duration, length, nanoseconds

# Tempo 2.9.0: modules/frontend/config.go. A list of services over a longer time is answered with 400.
USUAL_MAX_DURATION = "168h"


def services_query_duration(settings: Settings) -> str:
    """The time that services are listed of: as configured, but no longer than any tenant's search may span."""
    asked = nanoseconds(settings.spec.template.query_frontend.jaeger_query.services_query_duration)
    longest = shortest_max_duration(settings)
    whole = min(asked, nanoseconds(longest)) if longest else asked
    return canonical_duration(f"{max(1, whole // NANOSECONDS['s'])}s")  # whole seconds, as a file has them


def shortest_max_duration(settings: Settings) -> str | None:
    """The longest time that a search of every tenant may span; None where any time may be searched.

    The bridge has one file for all tenants, so the tenant with the shortest time decides.
    """
    limits = settings.spec.limits
    stack = said_by_user(settings, QUERY_FRONTEND).get("query_frontend.search.max_duration", USUAL_MAX_DURATION)
    everyone = _own(limits.global_.query.max_search_duration, stack)
    tenants = [each.query.max_search_duration for each in limits.per_tenant.values()]
    effective = [everyone, *(everyone if own is None else _own(own, stack) for own in tenants)]
    return min((each for each in effective if length(each)), key=nanoseconds, default=None)


def _own(tenants: str | None, stack: str) -> str:
    """A tenant's limit; none, and no time, leave it to the stack's."""
    return stack if tenants in (None, NO_DURATION) else str(tenants)
