"""The container images a stack runs when its config names none: pinned, and overridable under `spec.images`."""

import re

TEMPO = "docker.io/grafana/tempo:2.10.8"  # the last line with ingester and compactor; tested with 2.9.0
TEMPO_QUERY = "docker.io/grafana/tempo-query:2.10.8"
# It must set the tenant header, not add to it: older ones let a client name another tenant.
TEMPO_GATEWAY = "quay.io/observatorium/api:main-2026-08-13-db2b289"
# The one that tempo-operator 0.22.0 releases, and hands --opa.ssar to (relatedImages of its bundle).
TEMPO_GATEWAY_OPA = "quay.io/observatorium/opa-openshift:main-2026-07-01-dbb77e0"
JAEGER_QUERY = "docker.io/jaegertracing/jaeger-query:1.68.0"
OAUTH_PROXY = "quay.io/openshift/origin-oauth-proxy:4.20"
MINIO = "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z"  # the last community release

# A version of Tempo's, such as 2.10.8, v2.9.0, 2.10.8-amd64 or 3. A calendar's, such as 25.3, is not one of Tempo's.
VERSION = re.compile(r"v?(?P<major>\d)(\.(?P<minor>\d{1,4}))?([.+_-].*)?")
# The last part of a repository whose tags are Tempo's versions. A distribution's, such as tempo-rhel9, has its own.
REPOSITORIES = re.compile(r"(.*-)?tempo(-query)?")


def tempo_version(image: str) -> tuple[int, int] | None:
    """Major and minor version in the tag of an image of Tempo or tempo-query. None when the tag does not tell it."""
    tag = tag_of(image)
    found = VERSION.fullmatch(tag) if tag is not None and is_tempo(image) else None
    if found is None or (found["minor"] is None and found["major"] == "2"):
        return None  # `2` moves from one version to the next
    return int(found["major"]), int(found["minor"] or 0)


def is_tempo(image: str) -> bool:
    """Whether the repository's name says that its tags are Tempo's versions."""
    return REPOSITORIES.fullmatch(_last_part(image).partition(":")[0]) is not None


def tag_of(image: str) -> str | None:
    """The tag, with or without a digest behind it. None when there is none, be there a registry's port or not."""
    return _last_part(image).partition(":")[2] or None


def _last_part(image: str) -> str:
    return image.partition("@")[0].rpartition("/")[2]
