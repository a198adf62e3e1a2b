"""How long Kubernetes lets the pods of each Tempo component take to end, before it kills them.

A querier and a query frontend never end by themselves: `EnablePolling(context.Background())` of Tempo 2.9.0 and 2.10.8
(cmd/tempo/app/modules.go) polls until the process is killed, and no setting turns polling off. So their whole grace
passes in every rollout, with the new pod beside the old one. docs/pods.md has what each process does meanwhile, as
tests/dataplane/test_graces.py measures it.
"""

from collections.abc import Mapping

from allocation.extra import COMPACTOR, DISTRIBUTOR, INGESTER, QUERIER, QUERY_FRONTEND, said_by_user
from settings import Settings
from settings.duration import NANOSECONDS, length, nanoseconds

GRACE_SECONDS: Mapping[str, int] = {
    DISTRIBUTOR: 30,  # Kubernetes' own; it ends within 2 s
    INGESTER: 300,  # what it flushes, on a slow store
    COMPACTOR: 30,  # Kubernetes' own; it ends within 2 s
    QUERIER: 5,  # it drops its queries at the signal; 1 s later it has left the ring, and waits to be killed
    QUERY_FRONTEND: 10,  # it answers the queries it has until it is killed; most take less than a second
}


def grace_seconds(settings: Settings, component: str) -> int:
    """`terminationGracePeriodSeconds` of a component's pods.

    A query frontend needs no more than the longest time of a query, `spec.timeout`. A `shutdown_delay` of the user's
    passes before Tempo begins to end, so it comes on top.
    """
    grace, timeout = GRACE_SECONDS[component], settings.spec.timeout
    if component == QUERY_FRONTEND and timeout is not None:
        grace = min(grace, _whole_seconds(nanoseconds(timeout)))
    return grace + _whole_seconds(max(length(said_by_user(settings, component).get("shutdown_delay")), 0))


def _whole_seconds(duration_nanoseconds: int) -> int:
    return -(-duration_nanoseconds // NANOSECONDS["s"])
