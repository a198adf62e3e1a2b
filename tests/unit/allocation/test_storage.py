"""Volumes and the bucket by what comes in, what the user says against it, and the seed's storage snippets."""

from fractions import Fraction
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from allocation import Plan, allocate
from allocation.plan import StoragePlan, VolumePlan
from tests.support.strategies import Spec, base_spec, put, settings_of, thorough

GIB = 2**30
DAY = 86_400


def plan_of(spec: Spec, **beside: Any) -> Plan:
    return allocate(settings_of(spec, **beside))


def loaded(megabytes: float | Fraction, copies: int = 1, **workload: Any) -> Spec:
    load = {"ingest": {"megabytesPerSecond": Fraction(megabytes)}} | workload
    return base_spec() | {"workload": load, "replicationFactor": copies}


def ingester_volume(spec: Spec) -> VolumePlan:
    return plan_of(spec).storage.volume("ingester")


def test_the_bucket_holds_rate_times_retention_times_compression() -> None:
    assert plan_of(loaded(5)).storage.bucket_bytes == 5 * 10**6 * 2 * DAY // 2  # 48h, at a half
    assert plan_of(loaded(5, retention="240h")).storage.bucket_bytes == 5 * 10**6 * 10 * DAY // 2
    assert plan_of(loaded(5, compression=Fraction(1, 10))).storage.bucket_bytes == 5 * 10**6 * 2 * DAY // 10
    kept = loaded(5) | {"retention": {"global": {"traces": "24h"}}}
    assert plan_of(kept).storage.bucket_bytes == 5 * 10**6 * DAY // 2
    assert plan_of(loaded(5, copies=3)).storage.bucket_bytes == plan_of(loaded(5)).storage.bucket_bytes  # merged


def test_the_bucket_is_counted_with_the_longest_time_that_any_tenant_s_traces_are_kept() -> None:
    listed = [{"tenantName": name, "tenantId": f"id-{name}"} for name in ("dev", "prod")]

    def bucket(**retention: Any) -> int | None:
        tenants = {"mode": "static", "authentication": listed}
        return plan_of(loaded(5) | {"tenants": tenants, "retention": retention}).storage.bucket_bytes

    a_day = 5 * 10**6 * DAY // 2
    assert bucket(perTenant={"dev": {"traces": "240h"}}) == 10 * a_day
    assert bucket(perTenant={"id-dev": {"traces": "24h"}}) == 2 * a_day  # prod's are kept for 48h
    both = {"dev": {"traces": "24h"}, "id-prod": {"traces": "12h"}}
    assert bucket(perTenant=both) == a_day  # nobody's are kept for everyone's 96h
    assert bucket(perTenant=both, **{"global": {"traces": "96h"}}) == a_day


def test_a_size_is_taken_for_the_rate_that_it_is_made_for() -> None:
    storage = plan_of(base_spec() | {"size": "1x.medium"}).storage
    assert storage.bucket_bytes == 23 * 10**6 * 2 * DAY // 2
    needed = 23 * 10**6 * 2 // 2 * 3030 * 2  # two copies over two ingesters
    assert storage.volume("ingester") == VolumePlan(
        "ingester", "data", "spec.storageSize", 256 * GIB, 2, "size", needed
    )


@pytest.mark.parametrize("spec", [base_spec(), base_spec() | {"size": "1x.demo"}])
def test_without_a_load_a_volume_is_as_large_as_the_operator_s(spec: Spec) -> None:
    assert plan_of(spec).storage == StoragePlan(
        (VolumePlan("ingester", "data", "spec.storageSize", 10 * GIB, 1, "default", None),), None
    )


@pytest.mark.parametrize(
    ("megabytes", "copies", "ingesters", "gibibytes", "source"),
    [
        (1, 1, 1, 10, "default"),  # 6.06 GB
        (2, 1, 1, 16, "workload"),  # 12.1 GB
        (2, 2, 2, 16, "workload"),
        (Fraction(28, 10), 1, 1, 16, "workload"),  # 15.8 GiB: a power of two already, once it is whole
        (2, 2, 1, 32, "workload"),
        (2, 1, 4, 10, "default"),
    ],
)
def test_an_ingester_s_volume_follows_what_it_gets_while_it_keeps_it(
    megabytes: Fraction | int, copies: int, ingesters: int, gibibytes: int, source: str
) -> None:
    spec = loaded(megabytes, copies)
    put(spec, ("template", "ingester", "replicas"), ingesters)
    volume = ingester_volume(spec)
    seconds = 30 * 60 + 5 * 60 + 15 * 60 + 30
    assert volume.needed_bytes == megabytes * 10**6 * copies / ingesters * seconds * 2
    assert (volume.size_bytes, volume.source, volume.count) == (gibibytes * GIB, source, ingesters)


@given(st.fractions(min_value=Fraction(1, 100), max_value=10_000, max_denominator=100), st.integers(1, 5))
@thorough
def test_a_volume_that_nobody_gave_holds_the_load_and_is_a_power_of_two_or_ten(rate: Fraction, copies: int) -> None:
    plan = plan_of(loaded(rate, copies))
    volume = plan.storage.volume("ingester")
    assert volume.needed_bytes is not None
    assert volume.size_bytes >= volume.needed_bytes
    assert volume.size_bytes == 10 * GIB or volume.size_bytes < 2 * volume.needed_bytes
    assert volume.size_bytes == 10 * GIB or volume.size_bytes.bit_count() == 1
    assert plan.findings == ()


@pytest.mark.parametrize(("size", "is_enough"), [("13Gi", True), ("11.5Gi", True), ("11Gi", False), ("1Gi", False)])
def test_a_volume_of_the_user_s_is_kept_and_found_too_small_where_it_is(size: str, is_enough: bool) -> None:
    """2 MB/s for 50 and a half minutes, twice: 12.12 GB, 11.3 GiB."""
    plan = plan_of(loaded(2) | {"storageSize": size})
    assert plan.storage.volume("ingester").source == "override"
    volumes = [f for f in plan.findings if f.code == "pvc-too-small"]  # its rate is bound by the disk as well
    found = [(f.severity, f.code, f.path, f.message, f.remedy) for f in volumes]
    message = f"each ingester's volume needs 12Gi, and has {size}"
    remedy = "raise it to 12Gi or more, or run more ingesters"
    expected = [("warning", "pvc-too-small", "spec.storageSize", message, remedy)]
    assert found == ([] if is_enough else expected)


def test_minio_s_volume_is_held_against_what_the_bucket_is_to_hold() -> None:
    small, large = ({"enabled": True, "storageSize": size} for size in ("400Gi", "403Gi"))
    plan = plan_of(loaded(5), minio=small)
    (finding,) = plan.findings
    assert plan.storage.volume("minio") == VolumePlan(
        "minio", "data", "minio.storageSize", 400 * GIB, 1, "override", 432 * 10**9
    )
    assert (finding.code, finding.path) == ("pvc-too-small", "minio.storageSize")
    assert finding.message == "the bucket is expected to take 403Gi, and has 400Gi"
    assert finding.remedy == "raise it to 403Gi or more, or keep traces for a shorter time"
    assert plan_of(loaded(5), minio=large).findings == ()
    assert plan_of(loaded(5)).findings == ()  # the user's own store is theirs to size


def test_minio_s_volume_is_asked_to_hold_every_copy_that_nothing_merges() -> None:
    small = {"tempo": {"compactor": {"compaction": {"max_block_bytes": 1_000_000}}}}
    plan = plan_of(loaded(5, 3) | {"extraConfig": small}, minio={"enabled": True, "storageSize": "403Gi"})
    (finding,) = (each for each in plan.findings if each.code == "pvc-too-small")
    assert finding.remedy == "raise it to 1207Gi or more, or keep traces for a shorter time"  # 3 x 432 GB


# The seed, "Per-Component Storage Requirements" and "Storage Performance Optimization".
PER_COMPONENT = """
template:
  ingester:
    volumeClaimTemplate:
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: 100Gi
        storageClassName: fast-ssd

  compactor:
    extraVolumes:
    - name: tmp-storage
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: 50Gi
        storageClassName: standard-ssd
"""
PERFORMANCE = """
spec:
  storageSize: 500Gi
  storageClassName: nvme-ssd
  
  template:
    ingester:
      # Additional ephemeral storage for WAL
      resources:
        limits:
          ephemeral-storage: 20Gi
"""  # noqa: W293 to the letter


def test_the_seed_s_storage_per_component_is_what_the_plan_says() -> None:
    plan = plan_of(base_spec() | yaml.safe_load(PER_COMPONENT))
    claim = "spec.template.ingester.volumeClaimTemplate.spec.resources.requests.storage"
    extra = "spec.template.compactor.extraVolumes[0].spec.resources.requests.storage"
    assert plan.storage.volumes == (
        VolumePlan("ingester", "data", claim, 100 * GIB, 1, "override"),
        VolumePlan("compactor", "tmp-storage", extra, 50 * GIB, 1, "override"),
    )
    assert plan.storage.block_bytes == 150 * GIB


def test_the_seed_s_storage_performance_is_what_the_plan_says() -> None:
    plan = plan_of(base_spec() | yaml.safe_load(PERFORMANCE)["spec"])
    ingester = plan.workload("ingester")
    assert ingester is not None
    assert ingester.containers[0].limits["ephemeral-storage"].amount == 20 * GIB
    assert ingester.containers[0].limits["ephemeral-storage"].source == "override"
    assert plan.storage.volume("ingester").size_bytes == 500 * GIB


def test_each_replica_has_its_extra_volumes() -> None:
    spec = base_spec()
    volume = {"name": "more", "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "3Gi"}}}}
    put(spec, ("template", "querier"), {"replicas": 4, "component": {"extraVolumes": [volume]}})
    found = plan_of(spec).storage.volume("querier", "more")
    assert found.path == "spec.template.querier.component.extraVolumes[0].spec.resources.requests.storage"
    assert (found.count, found.size_bytes) == (4, 3 * GIB)


def test_a_claim_template_and_the_stack_s_own_keys_may_say_the_same() -> None:
    spec = base_spec() | yaml.safe_load(PER_COMPONENT) | {"storageSize": "102400Mi", "storageClassName": "fast-ssd"}
    assert ingester_volume(spec).path == "spec.storageSize"


@pytest.mark.parametrize(
    ("tls", "minio", "warned"),
    [({}, False, True), ({"enabled": True}, False, False), ({"enabled": False}, False, False), ({}, True, False)],
)
def test_a_store_of_the_user_s_whose_tls_is_left_open_is_a_warning(
    tls: dict[str, bool], minio: bool, warned: bool
) -> None:
    spec = base_spec() | {"storage": {"secret": {"name": "s3", "type": "s3"}, "tls": tls}}
    findings = allocate(settings_of(spec, minio={"enabled": minio})).findings
    found = [(f.severity, f.path) for f in findings if f.code == "storage-plaintext"]
    assert found == ([("warning", "spec.storage.tls.enabled")] if warned else [])
