"""The container images a stack runs when its config names none: pinned, and overridable under `spec.images`."""

TEMPO = "docker.io/grafana/tempo:2.10.8"  # the last line with ingester and compactor; tested with 2.9.0
TEMPO_QUERY = "docker.io/grafana/tempo-query:2.10.8"
# It must set the tenant header, not add to it: older ones let a client name another tenant.
TEMPO_GATEWAY = "quay.io/observatorium/api:main-2026-08-13-db2b289"
# The one that tempo-operator 0.22.0 releases, and hands --opa.ssar to (relatedImages of its bundle).
TEMPO_GATEWAY_OPA = "quay.io/observatorium/opa-openshift:main-2026-07-01-dbb77e0"
JAEGER_QUERY = "docker.io/jaegertracing/jaeger-query:1.68.0"
OAUTH_PROXY = "quay.io/openshift/origin-oauth-proxy:4.20"
MINIO = "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z"  # the last community release
