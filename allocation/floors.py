"""The least a container gets of a total: below it, it would not do its work.

Provisional: round numbers, to be replaced by what Tempo is measured to need when idle.
"""

from collections.abc import Mapping

from allocation.plan import Resource
from allocation.units import MIB

_LOGS = 64 * MIB  # five files of 10 MiB, as the kubelet keeps them: with less it would be evicted for its own logs
_FLOOR: Mapping[Resource, int] = {"cpu": 10, "memory": 16 * MIB, "ephemeral-storage": _LOGS}
_FLOORS: Mapping[str, Mapping[Resource, int]] = {
    # It holds the live traces and replays its WAL; that lies on its own volume.
    "ingester": {"cpu": 50, "memory": 128 * MIB, "ephemeral-storage": _LOGS},
}


def floor_of(component: str, resource: Resource) -> int:
    """The floor of one container of that component, in millicores or bytes (whole MiB)."""
    return _FLOORS.get(component, _FLOOR)[resource]
