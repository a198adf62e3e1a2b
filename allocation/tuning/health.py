"""How long whoever calls an ingester waits for it to say that it is well: docs/tuning.md says what came of less."""

from collections.abc import Iterator

from allocation.tuning.replica import Replica
from allocation.tuning.setting import Setting

KEY = "ingester_client.pool_config.healthchecktimeout"
PATIENCE = "5s"  # as Tempo itself waits for the answer to a push: ingester_client.remote_timeout
_WHY = (
    "an ingester that completes a block answers late; after Tempo's 1s its connection is closed, and every push and "
    "search under way on it ends"
)


def health_setting(component: str, ingester: Replica) -> Iterator[Setting]:
    """What goes into the file of a `component` that calls ingesters.

    The same for whatever limits they have, so that another amount of them does not restart those who call.
    """
    if ingester.limited:
        yield Setting(component, KEY, PATIENCE, _WHY)
