"""How long whoever calls an ingester waits until it holds it for gone.

Every 15 s a distributor and a querier ask each ingester whether it is well. One that does not answer within a second,
by Tempo's default, has its connection closed, and with it every push and every search that is under way there: to
senders `CANCELLED`. An ingester that completes a block with all the cpu it has left answers late (docs/tuning.md).
"""

from collections.abc import Iterator

from allocation.tuning.replica import Replica
from allocation.tuning.setting import Setting

KEY = "ingester_client.pool_config.healthchecktimeout"
PATIENCE = "5s"  # of a push, too: ingester_client.remote_timeout
_WHY = (
    "an ingester that completes a block answers late; after Tempo's 1s its connection is closed, and every push and "
    "search on it fails"
)


def health_setting(component: str, ingester: Replica) -> Iterator[Setting]:
    """What goes into the file of a `component` that calls ingesters.

    Whatever their limits are, so that another amount of them does not restart those who call.
    """
    if ingester.limited:
        yield Setting(component, KEY, PATIENCE, _WHY)
