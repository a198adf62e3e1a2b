"""Whether what is written fits where it is written to."""

from collections.abc import Iterator

from allocation.plan import VolumePlan, quantity
from allocation.review.case import Case, Violation
from allocation.units import GIB


def volumes_hold_the_load(case: Case) -> Iterator[Violation]:
    """A volume that is full stops who writes to it."""
    for volume in case.plan.storage.volumes:
        if volume.needed_bytes is not None and volume.size_bytes < volume.needed_bytes:
            needed = quantity("memory", -(-volume.needed_bytes // GIB) * GIB)
            size = quantity("memory", volume.size_bytes)
            remedy = f"raise it to {needed} or more, or {_instead(volume)}"
            yield Violation("pvc-too-small", volume.path, f"{_what(volume)} {needed}, and has {size}", remedy)


def the_store_is_spoken_to_in_tls(case: Case) -> Iterator[Violation]:
    """Warns when nothing says whether a store of the user's speaks TLS: the plan does not know the Secret's endpoint.

    `enabled: false` is an answer, so there is no finding with it.
    """
    tls = case.settings.spec.storage.tls
    if not case.settings.minio.enabled and "enabled" not in tls.model_fields_set:
        secret = case.settings.spec.storage.secret.name
        message = "is missing, so Tempo speaks plain HTTP to the store, which fails where the endpoint is https://"
        remedy = f"write true where the endpoint in the Secret {secret} is https://, or false where it is http://"
        yield Violation("storage-plaintext", "spec.storage.tls.enabled", message, remedy)


def _what(volume: VolumePlan) -> str:
    if volume.component == "minio":
        return "the bucket is expected to take"
    return "each ingester's volume needs"


def _instead(volume: VolumePlan) -> str:
    return "keep traces for a shorter time" if volume.component == "minio" else "run more ingesters"
