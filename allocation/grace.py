"""How long Kubernetes lets the pods of each Tempo component take to end, before it kills them.

A querier and a query frontend never end by themselves: `EnablePolling(context.Background())` of Tempo 2.9.0 and 2.10.8
(cmd/tempo/app/modules.go) polls until the process is killed, and no setting turns polling off. So their whole grace
passes in every rollout, with the new pod beside the old one. tests/dataplane/test_graces.py measures what each process
does meanwhile, and docs/pods.md shows it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from allocation.extra import COMPACTOR, DISTRIBUTOR, INGESTER, QUERIER, QUERY_FRONTEND, said_by_user
from settings import Settings
from settings.duration import NANOSECONDS, length, nanoseconds


class Grace(NamedTuple):
    """A component's grace, and what its process does in it."""

    seconds: int
    after_sigterm: str
    measured: str


GRACES: Mapping[str, Grace] = {
    DISTRIBUTOR: Grace(30, "ends by itself", "0.2–0.7 s"),  # Kubernetes' own grace
    INGESTER: Grace(
        300,  # what it flushes, on a slow store
        "flushes, and ends by itself; a StatefulSet makes the next pod only then",
        "1.4–2.5 s, with next to nothing to flush",
    ),
    COMPACTOR: Grace(30, "ends by itself", "1.4–1.8 s, without a compaction under way"),  # Kubernetes' own grace
    QUERIER: Grace(
        5,  # 1 s after the signal it has left the ring
        "drops its queries at once, leaves the ring, and then never ends",
        "killed at 5 s",
    ),
    QUERY_FRONTEND: Grace(
        10,  # most queries take less than a second
        "is not ready any more, answers the queries it has, and never ends",
        "killed at 10 s; a query of 3 s was answered",
    ),
}


def grace_seconds(settings: Settings, component: str) -> int:
    """`terminationGracePeriodSeconds` of a component's pods.

    A query frontend needs no more than the longest time of a query, `spec.timeout`. A `shutdown_delay` of the user's
    passes before Tempo begins to end, so it comes on top.
    """
    grace, timeout = GRACES[component].seconds, settings.spec.timeout
    if component == QUERY_FRONTEND and timeout is not None:
        grace = min(grace, _whole_seconds(nanoseconds(timeout)))
    return grace + _whole_seconds(max(length(said_by_user(settings, component).get("shutdown_delay")), 0))


def _whole_seconds(duration_nanoseconds: int) -> int:
    return -(-duration_nanoseconds // NANOSECONDS["s"])
