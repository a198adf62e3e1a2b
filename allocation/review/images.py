"""Whether the images run a Tempo that the rendered configuration is made for."""

import re
from collections.abc import Iterator

from allocation.review.case import Case, Violation
from settings import tempo_keys
from settings.images import TEMPO, is_tempo, tag_of, tempo_version

FIRST_WITHOUT_INGESTERS = (3, 0)
MOVING_TAG = re.compile(r"(latest|main|nightly|v?2)(-(amd64|arm64))?")


def tempo_has_the_stacks_components(case: Case) -> Iterator[Violation]:
    """Refuses Tempo 3: it has no ingester and no compactor, and refuses keys of 2.9."""
    image = case.settings.spec.images.tempo
    version = tempo_version(image)
    if version is not None and version >= FIRST_WITHOUT_INGESTERS:
        message = f"{image} is Tempo {_text(version)}, which has no ingester and no compactor: the pods do not start"
        yield Violation("tempo-version", "spec.images.tempo", message, f"write {TEMPO}, or remove it")


def tempo_is_a_tested_version(case: Case) -> Iterator[Violation]:
    """Warns of an image outside the tested versions, of one without a version, and of a bridge of another version."""
    images, oldest, newest = case.settings.spec.images, _oldest(), _newest()
    version = tempo_version(images.tempo)
    if version is None and _moves(images.tempo):
        message = (
            f"{images.tempo} names no version, and what it names now may be Tempo {_text(FIRST_WITHOUT_INGESTERS)}"
        )
        yield _untested("tempo", f"{message} or later, which has no ingester", f"write {TEMPO}")
    elif version is not None and version < FIRST_WITHOUT_INGESTERS and not oldest <= version <= newest:
        why = "does not start with a key that it does not know" if version < oldest else "is not tested"
        message = f"{images.tempo} is Tempo {_text(version)}, which {why}: the files have keys of {_text(oldest)}"
        yield _untested("tempo", message, f"write a version from {_text(oldest)} to {_text(newest)}, such as {TEMPO}")
    bridge = tempo_version(images.tempo_query)
    if case.settings.spec.template.has_jaeger_ui and bridge is not None and version not in (None, bridge):
        message = f"tempo-query is {_text(bridge)}, and the Tempo that it asks is {_text(version or bridge)}"
        yield _untested("tempoQuery", message, "write the same version for both")


def _untested(key: str, message: str, remedy: str) -> Violation:
    return Violation("untested-version", f"spec.images.{key}", message, remedy)


def _moves(image: str) -> bool:
    """Whether another image may be there under the same name at any time."""
    tag = tag_of(image) or "latest"  # as a kubelet has it
    return is_tempo(image) and "@" not in image and MOVING_TAG.fullmatch(tag) is not None


def _oldest() -> tuple[int, int]:
    """The version whose keys are rendered."""
    major, minor, *_ = tempo_keys.version().removeprefix("v").split(".")
    return int(major), int(minor)


def _newest() -> tuple[int, int]:
    """The version that runs by default."""
    version = tempo_version(TEMPO)
    assert version is not None
    return version


def _text(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
