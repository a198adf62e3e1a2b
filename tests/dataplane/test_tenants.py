"""Tenants on a real Tempo: each has its own traces, its own limits, and nobody is let in without a name."""

import copy
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml

from allocation.overrides import LIMITS
from sandbox.rendered import read_stack, render
from sandbox.tempo_processes import Tempo
from tests.dataplane.conftest import StartTempo
from tests.support.dataplane.quick import SEARCHES_AT_ONCE, STARTS_AT_ONCE, quick
from tests.support.dataplane.traces import (
    Trace,
    eventually,
    new_trace,
    push_over_grpc,
    push_over_http,
    search,
    spans_by_id,
)

DEV, PROD, SMALL = (f"1610b0c3-c509-4592-a256-a1871353dbf{end}" for end in "abc")
COMPONENTS = ("distributor", "ingester", "querier", "query-frontend", "compactor")

SPEC: dict[str, Any] = {
    "storage": {"secret": {"name": "minio", "type": "s3"}},
    "storageSize": "1Gi",
    "tls": {"mode": "off"},
    "tenants": {
        "mode": "static",
        "authentication": [
            {"tenantName": name, "tenantId": tenant}
            for name, tenant in (("dev", DEV), ("prod", PROD), ("small", SMALL))
        ],
    },
    "limits": {
        "global": {
            "ingestion": {"ingestionBurstSizeBytes": 4_000_000, "maxTracesPerUser": 700},
            "query": {"maxSearchDuration": "36h"},
        },
        "perTenant": {
            PROD: {"ingestion": {"maxBytesPerTrace": 9_000_000}, "query": {"maxBytesPerTagValues": 2000}},
            "small": {"ingestion": {"ingestionRateLimitBytes": 1000, "ingestionBurstSizeBytes": 2000}},
        },
    },
    "retention": {"global": {"traces": "72h"}, "perTenant": {"small": {"traces": "1.5h"}}},
    "extraConfig": {"tempo": quick(STARTS_AT_ONCE, SEARCHES_AT_ONCE)},
}

# What was asked for, of every limit that Tempo's own files know, by hand: (scope, key) -> value, as the component that
# sees to it has to say. The compactor knows the retention of those without an entry from its own section.
EVERYONE = {
    ("ingestion", "rate_limit_bytes"): 15_000_000,
    ("ingestion", "burst_size_bytes"): 4_000_000,
    ("ingestion", "max_traces_per_user"): 700,
    ("read", "max_bytes_per_tag_values_query"): 1_000_000,
    ("read", "max_search_duration"): "1d12h",
    ("global", "max_bytes_per_trace"): 5_000_000,
}
OF_PROD = {("global", "max_bytes_per_trace"): 9_000_000, ("read", "max_bytes_per_tag_values_query"): 2000}
OF_SMALL = {("ingestion", "rate_limit_bytes"): 1000, ("ingestion", "burst_size_bytes"): 2000}
ASKED = {
    DEV: EVERYONE,
    PROD: EVERYONE | OF_PROD | {("compaction", "block_retention"): "3d"},
    SMALL: EVERYONE | OF_SMALL | {("compaction", "block_retention"): "1h30m"},
}
# Who asks for which, in the source of Tempo 2.9.0.
READERS = {
    ("ingestion", "rate_limit_bytes"): {"distributor"},
    ("ingestion", "burst_size_bytes"): {"distributor"},
    ("ingestion", "max_traces_per_user"): {"ingester"},
    ("read", "max_bytes_per_tag_values_query"): {"ingester", "querier", "query-frontend"},
    ("read", "max_search_duration"): {"query-frontend"},
    ("global", "max_bytes_per_trace"): {"ingester", "querier", "query-frontend", "compactor"},
    ("compaction", "block_retention"): {"compactor"},
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, Any]], Path]:
    """Writes a spec where it can be rendered."""
    folder = tmp_path_factory.mktemp("stack")

    def write(spec: dict[str, Any]) -> Path:
        file = folder / "spec.yaml"
        file.write_text(yaml.safe_dump(spec))
        return file

    return write


@pytest.fixture(scope="module")
def tempo(start_tempo: StartTempo) -> Iterator[Tempo]:
    with start_tempo(SPEC) as running:
        yield running


@pytest.fixture(scope="module")
def pushed(tempo: Tempo) -> dict[str, Trace]:
    """A trace of each tenant's."""
    traces = {DEV: new_trace(), PROD: new_trace()}
    push_over_grpc(tempo, traces[DEV], DEV)
    push_over_http(tempo, traces[PROD], PROD)
    return traces


def effective(tempo: Tempo, name: str, tenant: str) -> dict[str, Any]:
    """The limits that a process applies to a tenant, as it says itself."""
    request = urllib.request.Request(
        f"{tempo.url(name)}/status/overrides/{tenant}", headers={"Accept": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        limits: dict[str, Any] = yaml.safe_load(json.load(response)["runtime_overrides"])
    return limits


def overrides_everywhere(tempo: Tempo, text: str) -> None:
    """What the ConfigMap's volumes do some time after an update of it."""
    for instance in tempo.instances.values():
        (instance.folder / "conf" / "overrides.yaml").write_text(text)


def large(trace: Trace) -> Trace:
    """The trace with ten thousand bytes more."""
    trace.spans[0].attributes.add(key="notes").value.string_value = "x" * 10_000
    return trace


def found(tempo: Tempo, trace: Trace, tenant: str) -> list[str]:
    return eventually("the trace by search", lambda: search(tempo.query, trace, tenant))


@pytest.mark.parametrize("tenant", [DEV, PROD])
def test_a_tenant_finds_its_own_traces(tempo: Tempo, pushed: dict[str, Trace], tenant: str) -> None:
    trace = pushed[tenant]
    by_id = eventually("the trace by id", lambda: spans_by_id(tempo.query, trace, tenant))
    assert by_id == trace.identities
    assert found(tempo, trace, tenant) == [trace.hex_id]


@pytest.mark.parametrize(("tenant", "other"), [(DEV, PROD), (PROD, DEV)])
def test_a_tenant_never_finds_another_s(tempo: Tempo, pushed: dict[str, Trace], tenant: str, other: str) -> None:
    trace = pushed[other]
    assert found(tempo, trace, other) == [trace.hex_id]  # it is there
    assert search(tempo.query, trace, tenant) == []
    assert spans_by_id(tempo.query, trace, tenant) == set()


@pytest.mark.parametrize("path", ["/api/search?q={}", f"/api/v2/traces/{'ab' * 16}", "/api/v2/search/tags"])
def test_who_asks_without_a_tenant_is_refused(tempo: Tempo, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(f"{tempo.query}{path}", timeout=10)
    with refusal.value as answer:
        assert (answer.code, answer.read()) == (401, b"no org id\n")


def test_who_pushes_without_a_tenant_is_refused(tempo: Tempo) -> None:
    with pytest.raises(grpc.RpcError) as by_grpc:
        push_over_grpc(tempo, new_trace())
    assert by_grpc.value.details() == "no org id"
    with pytest.raises(urllib.error.HTTPError) as by_http:
        push_over_http(tempo, new_trace())
    with by_http.value as answer:
        assert answer.code == 503
        assert b"no org id" in answer.read()


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("tenant", ASKED, ids=["dev", "prod", "small"])
def test_a_component_applies_what_was_asked_of_it(tempo: Tempo, tenant: str, component: str) -> None:
    (name,) = tempo.named(component)
    limits = effective(tempo, name, tenant)
    for (scope, key), value in ASKED[tenant].items():
        if component in READERS[scope, key]:
            assert limits[scope][key] == value, f"{scope}.{key}"


def test_an_entry_repeats_what_tempo_itself_would_take(tempo: Tempo) -> None:
    """A component that does not see to a limit is told nothing of it, and shows Tempo's own."""
    for limit in LIMITS:
        stranger = next(each for each in COMPONENTS if each not in limit.readers)
        shown = effective(tempo, tempo.named(stranger)[0], DEV).get(limit.scope, {})
        assert shown.get(limit.key) == limit.tempos, limit.key


def test_a_tenant_over_its_limit_is_refused_while_another_goes_on(tempo: Tempo) -> None:
    with pytest.raises(grpc.RpcError) as by_grpc:
        push_over_grpc(tempo, large(new_trace()), SMALL)
    assert by_grpc.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "RATE_LIMITED" in by_grpc.value.details()
    assert "local: 1000 bytes/s, global: 0 bytes/s, burst: 2000 bytes" in by_grpc.value.details()
    with pytest.raises(urllib.error.HTTPError) as by_http:
        push_over_http(tempo, large(new_trace()), SMALL)
    with by_http.value as answer:
        assert answer.code == 429
    others, own = large(new_trace()), new_trace()
    push_over_grpc(tempo, others, DEV)
    push_over_grpc(tempo, own, SMALL)  # as much as it may send
    assert eventually("the other's trace", lambda: spans_by_id(tempo.query, others, DEV)) == others.identities
    assert eventually("its own trace", lambda: spans_by_id(tempo.query, own, SMALL)) == own.identities


def test_a_changed_limit_is_read_again_without_a_restart(tempo: Tempo, files: Callable[[dict[str, Any]], Path]) -> None:
    before = {name: tempo.process(name) for name in tempo.instances}
    spec = copy.deepcopy(SPEC)
    spec["limits"]["perTenant"]["small"]["ingestion"] = {"ingestionRateLimitBytes": 50_000}
    spec["retention"]["perTenant"]["small"]["traces"] = "2h"
    old, new = (read_stack(render(files(each))).files for each in (SPEC, spec))
    assert {name for name in new if new[name] != old[name]} == {"overrides.yaml"}

    overrides_everywhere(tempo, new["overrides.yaml"])
    for name in tempo.instances:
        eventually(f"{name} with 2h", lambda name=name: _keeps(tempo, name, SMALL, "2h"))  # type: ignore[misc]
    eventually("a push within the new limit", lambda: refusal_of(tempo, SMALL) is None)
    assert {name: tempo.process(name) for name in tempo.instances} == before


def refusal_of(tempo: Tempo, tenant: str) -> str | None:
    """What a distributor says to a large trace of the tenant's; it heeds a new limit up to ten seconds after it."""
    try:
        push_over_grpc(tempo, large(new_trace()), tenant)
    except grpc.RpcError as error:
        return str(error.details())
    return None


def _keeps(tempo: Tempo, name: str, tenant: str, time: str) -> bool:
    return bool(effective(tempo, name, tenant).get("compaction", {}).get("block_retention") == time)


def test_an_entry_that_said_less_would_let_its_tenant_send_nothing(tempo: Tempo) -> None:
    """Why each says everything: nothing of what holds for everyone is left to it."""
    newcomer = "1610b0c3-c509-4592-a256-a1871353dbfd"  # of whom the distributor has no limit in mind
    entry = {"compaction": {"block_retention": "5h"}}
    overrides_everywhere(tempo, yaml.safe_dump({"overrides": {newcomer: entry}}))
    (distributor,) = tempo.named("distributor")
    eventually("the bare entry", lambda: _keeps(tempo, distributor, newcomer, "5h"))
    assert not {"ingestion", "read", "global"} & effective(tempo, distributor, newcomer).keys()
    assert "local: 0 bytes/s, global: 0 bytes/s, burst: 0 bytes" in str(refusal_of(tempo, newcomer))
