"""Whether the NetworkPolicies let Tempo reach an object store of the user's."""

from collections.abc import Iterator

from allocation.review.case import Case, Violation
from settings import Settings

PATH = "spec.networkPolicy.ports.s3"


def store_is_reached(case: Case) -> Iterator[Violation]:
    """Says which port is open, where nothing tells which port the store has. `pulumi up` may read it."""
    yield from _closed_ports(case.settings)


def store_is_reached_by_a_rendering(settings: Settings) -> Iterator[Violation]:
    """The same where `pulumi up` reads the port, and so does not say it."""
    if settings.store_port_is_read:
        yield from _closed_ports(settings)


def _closed_ports(settings: Settings) -> Iterator[Violation]:
    policy = settings.spec.network_policy
    if settings.minio.enabled or not policy.enabled or policy.ports.s3 is not None:
        return
    secret = settings.spec.storage.secret.name
    found = f"is not set, so that Tempo reaches its object store on port {settings.store_ports[0]} alone"
    if settings.store_port_is_read:
        found += f" in rendered objects (`pulumi up` reads the port from Secret {secret})"
    remedy = f"write the port of the store's pods, such as [9000], or [{settings.store_ports[0]}] if it is right"
    yield Violation("store-port", PATH, found, remedy)
