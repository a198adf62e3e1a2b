"""What a container may write to its node's own disk, and what is kept free for it there, where the stack does not say.

Without a limit one container can fill the disk of a node, and with it every pod there; beyond its limit it is evicted.
So the limit is far above what anything here writes, and the request is what it does write.
"""

from collections.abc import Mapping

from allocation.plan import Resource, Side
from allocation.units import GIB, MIB

DISK: Resource = "ephemeral-storage"

# Logs, mostly. The kubelet keeps five files of each container, of 10 MiB (KubeletConfiguration's containerLogMaxSize,
# containerLogMaxFiles) or, on OpenShift, of 50 MiB: 250 MiB, and for a while a compressed one more, and what is
# written between two looks at the sizes, 10 s apart. Root file systems are read-only, the ingester's and MinIO's data
# has volumes of its own, and in the scratch folders stand empty folders of Tempo's, or a client's few lines of config.
DEFAULT: Mapping[Side, int] = {"limits": GIB, "requests": 64 * MIB}
