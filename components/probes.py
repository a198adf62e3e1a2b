"""How Kubernetes asks a container whether it is ready, and whether it is alive.

Tempo has no liveness probe: its only health endpoint is `/ready`, which says no while a ring settles, and a restart
then would unsettle it further.
"""

from pulumi_kubernetes.core.v1 import HTTPGetActionArgs, ProbeArgs


def http_ready(
    port: str, path: str = "/ready", *, scheme: str = "http", first_after_seconds: int | None = None
) -> ProbeArgs:
    """Ready when `path` on the named port answers; out of the Service after a minute without."""
    return ProbeArgs(
        http_get=_get(port, path, scheme),
        initial_delay_seconds=first_after_seconds,
        period_seconds=5,
        timeout_seconds=1,
        failure_threshold=12,
    )


def http_alive(port: str, path: str = "/live", *, scheme: str = "http") -> ProbeArgs:
    """Restarted when `path` on the named port has not answered for five minutes."""
    return ProbeArgs(http_get=_get(port, path, scheme), period_seconds=30, timeout_seconds=2, failure_threshold=10)


def _get(port: str, path: str, scheme: str) -> HTTPGetActionArgs:
    """A kubelet checks no certificate, and has none to show."""
    return HTTPGetActionArgs(path=path, port=port, scheme=scheme.upper())
