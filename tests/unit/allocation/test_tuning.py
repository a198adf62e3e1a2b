"""Tempo's own limits from the plan: monotone, inside the containers' memory by their own model, and the user's."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from allocation import Plan, allocate
from allocation.floors import floor_of
from allocation.go import environment_of, gomaxprocs, variables
from allocation.tuning import Setting
from allocation.tuning import coefficients as c
from allocation.tuning.compactor import BLOCK_BYTES, SAFE_MEMORY_BYTES, WINDOW, compactor_settings, memory_to_merge
from allocation.tuning.ingest import BURST, RATE, TRACE_BYTES, TRACES
from allocation.tuning.querier import FINDS, LEAST_READ_BUFFER_BYTES, LEAST_WORKERS, RECEIVED
from allocation.tuning.replica import Replica, mebibytes
from allocation.tuning.rules import RULES
from allocation.units import GIB, MIB
from settings import Settings, load_config
from tests.support.commands import PROJECT
from tests.support.configs import files_of
from tests.support.plans import container

STORAGE = {"secret": {"name": "minio", "type": "s3"}}
RETRY = "distributor.retry_after_on_resource_exhausted"
HEALTH = "ingester_client.pool_config.healthchecktimeout"
# What stands in a component's file because another one has any limit at all.
SAID_OF_OTHERS = {("distributor", RETRY), ("distributor", HEALTH), ("querier", HEALTH)}
COMPONENTS = ("distributor", "ingester", "querier", "query-frontend", "compactor")
BLOCKS = {
    "distributor": "distributor",
    "ingester": "ingester",
    "querier": "querier",
    "query-frontend": "queryFrontend",
    "compactor": "compactor",
}


def settings_of(**spec: Any) -> Settings:
    return load_config({"name": "tmrs", "namespace": "tempo", "spec": json.dumps({"storage": STORAGE} | spec)})


def own(component: str, **limits: Any) -> dict[str, Any]:
    """A spec in which only this component has limits."""
    resources = {"resources": {"limits": limits}}
    nested = {"component": resources} if component == "query-frontend" else resources
    return {"template": {BLOCKS[component]: nested}}


def limited(cpu: int, memory_mebibytes: int, **spec: Any) -> Settings:
    """A spec in which every component has the same limits."""
    template: dict[str, Any] = {}
    for component in COMPONENTS:
        template |= own(component, cpu=f"{cpu}m", memory=f"{memory_mebibytes}Mi")["template"]
    for block, more in spec.pop("template", {}).items():
        template[block] |= more
    return settings_of(template=template, **spec)


def tuning(settings: Settings) -> dict[tuple[str, str], Setting]:
    return {(setting.component, setting.key): setting for setting in allocate(settings).tuning}


def value(settings: Settings, key: str, component: str = "") -> Any:
    return tuning(settings)[component, key].value


def test_without_limits_everything_is_as_tempo_has_it() -> None:
    assert allocate(settings_of()).tuning == ()


def test_every_setting_that_a_plan_can_come_to_has_one_rule_and_no_rule_is_without_a_setting() -> None:
    limits = {"global": {"ingestion": {"maxBytesPerTrace": 10**8}}}  # larger answers than Tempo's own let through
    smallest = allocate(limited(10, 64, storageSize="1Gi", limits=limits)).tuning
    ruled = [(component, key) for rule in RULES for component in rule.components for key in rule.keys]
    assert sorted(ruled) == sorted((setting.component, setting.key) for setting in smallest)


def test_no_tuning_is_none_at_all() -> None:
    total = {"limits": {"cpu": "1", "memory": "1Gi"}}
    tuned, not_tuned = (with_minio(resources={"total": total, "tuning": how}) for how in ("plan", "none"))
    assert allocate(tuned).tuning
    assert allocate(not_tuned).tuning == ()
    assert "*" not in files_of(not_tuned)["overrides.yaml"]
    heaps, threads = (told(allocate(not_tuned))[name].keys() for name in ("GOMEMLIMIT", "GOMAXPROCS"))
    assert threads == {"minio/minio", "minio-bucket/minio-bucket"}, "which are none of Tempo's"
    assert threads < heaps == told(allocate(tuned))["GOMAXPROCS"].keys()


def with_minio(**spec: Any) -> Settings:
    """With a MinIO of the stack's own."""
    config = {"name": "tmrs", "namespace": "tempo", "minio": json.dumps({"enabled": True})}
    return load_config(config | {"spec": json.dumps({"storage": STORAGE} | spec)})


def told(plan: Plan) -> dict[str, dict[str, tuple[int, str]]]:
    """Variable -> component/container -> its value and reason."""
    found: dict[str, dict[str, tuple[int, str]]] = {}
    for workload, its, each in environment_of(plan):
        found.setdefault(each.name, {})[f"{workload.component}/{its.name}"] = (each.value, each.reason)
    return found


def test_every_go_program_is_told_of_its_limits_with_the_reason() -> None:
    plan = allocate(with_minio(**own("ingester", cpu="1001m", memory="1000Mi")))
    assert told(plan).keys() == {"GOMEMLIMIT", "GOMAXPROCS"}
    heaps, threads = told(plan)["GOMEMLIMIT"], told(plan)["GOMAXPROCS"]
    assert heaps.keys() == threads.keys() == {"ingester/tempo", "minio/minio", "minio-bucket/minio-bucket"}
    value, reason = heaps["ingester/tempo"]
    assert (value, reason.partition(":")[0]) == (800 * MIB, "80 % of 1000Mi")
    value, reason = threads["ingester/tempo"]
    assert (value, reason.partition(":")[0]) == (2, "1001m in whole threads, rounded up")


def test_what_go_is_told_of_memory_is_what_tempo_s_limits_reckon_with() -> None:
    replica = Replica("ingester", 1, 1, None, 1000 * MIB)
    heap, _ = told(allocate(settings_of(**own("ingester", memory="1000Mi"))))["GOMEMLIMIT"]["ingester/tempo"]
    assert replica.room_bytes == heap - c.IDLE_BYTES


def test_a_limit_that_is_not_there_or_0_tells_go_nothing() -> None:
    assert told(allocate(settings_of())) == {}
    assert list(variables(container("tempo", (0, None), (0, None)))) == []


def test_the_compactor_s_window_is_said_and_left_as_tempo_has_it() -> None:
    setting = tuning(limited(500, 512))["compactor", WINDOW]
    assert (setting.value, setting.source) == ("1h", "tempo")
    assert setting.reason.startswith("no limit decides it")
    assert "compaction_window" not in files_of(limited(500, 512))["compactor.yaml"]


def test_a_window_of_the_user_s_own_holds() -> None:
    said = limited(500, 512, extraConfig={"tempo": {"compactor": {"compaction": {"compaction_window": "30m"}}}})
    setting = tuning(said)["compactor", WINDOW]
    assert (setting.value, setting.source, setting.planned) == ("30m", "extraConfig", "1h")
    assert yaml.safe_load(files_of(said)["compactor.yaml"])["compactor"]["compaction"]["compaction_window"] == "30m"


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("limit", [{"cpu": "100m"}, {"memory": "128Mi"}])
def test_a_component_s_limits_decide_its_own_file_and_what_is_read_again_without_a_restart(
    component: str, limit: dict[str, str]
) -> None:
    tuning_by_it = allocate(settings_of(**own(component, **limit))).tuning
    said = {setting.component for setting in tuning_by_it if (setting.component, setting.key) not in SAID_OF_OTHERS}
    assert said <= {component, ""}
    assert said or (component, *limit) == ("compactor", "cpu")  # what it makes of a block is a matter of its memory
    before, after = (files_of(settings_of(**own(component, **each))) for each in (limit, {"cpu": "3", "memory": "9Gi"}))
    assert {name for name in after if before[name] != after[name]} <= {f"{component}.yaml", "overrides.yaml"}


@given(
    st.integers(1, 8),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(1, 20),
    st.integers(50, 4000),
    st.integers(256, 20_000),
    st.booleans(),
)
def test_what_tenants_may_send_fits_into_the_ingesters_memory(
    ingesters: int, copies: int, distributors: int, tenants: int, cpu: int, memory: int, shared: bool
) -> None:
    """All bursts at once and the rate for as long as a trace is held, of as many tenants as are reckoned with."""
    settings = crowded(ingesters, copies, distributors, tenants, cpu, memory, shared)
    found = tuning(settings)
    rate, burst = int(found["", RATE].value), int(found["", BURST].value)
    streams = distributors * min(tenants, 10)
    rates = min(tenants, 10) if shared else streams
    brought = (streams * burst + rates * rate * c.SECONDS_IN_MEMORY) * min(copies, ingesters) / ingesters
    room = memory * MIB * c.HEAP_PERCENT // 100 - c.IDLE_BYTES - c.FLUSH_BYTES
    least = streams * 2**21 * min(copies, ingesters) / ingesters  # below it a tenant could send nothing of use
    assert brought <= max(room / 4 / c.LIVE_COST, least)
    assert rate > 0
    assert burst >= min(c.LARGEST_REQUEST_BYTES, 2**20)


@pytest.mark.parametrize(
    ("disk", "minutes", "spans"),
    [("200Gi", 15, "complete blocks"), ("1Gi", 23, "blocks"), ("10Gi", 15, "complete blocks")],
)
def test_what_comes_in_fits_on_the_ingesters_disk(disk: str, minutes: int, spans: str) -> None:
    """For as long as complete blocks stay, beside those that are open or on their way."""
    setting = tuning(limited(128_000, 128 * GIB // MIB, storageSize=disk))["", RATE]
    assert f"an ingester's disk of {int(disk[:-2]) * 1024}Mi holds {minutes} minutes of {spans}" in setting.reason
    kept = int(setting.value) / c.DISK_BYTES_PER_BYTE * 60 * minutes
    volume = int(disk[:-2]) * GIB
    assert 0.6 * volume < kept <= volume


GLOBAL_RATE = {"tempo": {"overrides": {"defaults": {"ingestion": {"rate_strategy": "global"}}}}}


def with_distributors(distributor: dict[str, Any], ingester_cpu: str = "100", **spec: Any) -> Settings:
    """Distributors of 100m before an ingester of so much cpu, with room for all that they take."""
    distributor = {"resources": {"limits": {"cpu": "100m"}}} | distributor
    ingester = {"resources": {"limits": {"cpu": ingester_cpu}}}
    return settings_of(template={"distributor": distributor, "ingester": ingester}, storageSize="10Ti", **spec)


@pytest.mark.parametrize(
    ("small", "larger", "why"),
    [
        ((10, 4096, "1Ti"), (20, 4096, "1Ti"), "an ingester of 10m can take in"),
        ((400, 8192, "1Gi"), (400, 8192, "2Gi"), "an ingester's disk of 1024Mi holds"),
        ((80, 256, "1Ti"), (80, 512, "1Ti"), "an ingester has 19Mi for live traces"),  # the burst takes most of it
    ],
)
def test_the_reason_of_a_rate_names_what_would_raise_it(
    small: tuple[int, int, str], larger: tuple[int, int, str], why: str
) -> None:
    least, more = (tuning(limited(cpu, memory, storageSize=disk))["", RATE] for cpu, memory, disk in (small, larger))
    assert least.reason.startswith(why)
    assert int(more.value) > int(least.value)


MANY = ({"replicas": 4}, {"autoscaling": {"minReplicas": 1, "maxReplicas": 4}})


@pytest.mark.parametrize("distributors", MANY)
def test_what_a_distributor_carries_is_its_own_and_what_ingesters_carry_is_for_all_distributors(
    distributors: dict[str, Any],
) -> None:
    """So an autoscaler's one distributor is busy before it refuses, and four leave the ingesters whole."""
    one, many = with_distributors({}), with_distributors(distributors)
    assert value(many, RATE) == value(one, RATE) == 100 * c.DISTRIBUTOR_BYTES_PER_MILLICORE
    one, many = with_distributors({}, "100m"), with_distributors(distributors, "100m")
    assert value(many, RATE) == value(one, RATE) // 4 == c.INTAKE_PERCENT * c.INGESTER_BYTES_PER_MILLICORE // 4


@pytest.mark.parametrize(("distributors", "fewest"), [(MANY[0], 4), (MANY[1], 1)])
def test_a_rate_that_distributors_share_is_the_whole_stack_s_and_a_burst_is_each_one_s(
    distributors: dict[str, Any], fewest: int
) -> None:
    shared = with_distributors(distributors, extraConfig=GLOBAL_RATE)
    assert value(shared, RATE) == fewest * 100 * c.DISTRIBUTOR_BYTES_PER_MILLICORE
    small = with_distributors(distributors, "100m", extraConfig=GLOBAL_RATE)
    assert value(small, RATE) == c.INTAKE_PERCENT * c.INGESTER_BYTES_PER_MILLICORE
    assert tuning(small)["", RATE].reason.endswith("4 distributors share it")
    assert value(small, BURST) == value(with_distributors(distributors, "100m"), BURST)


def crowded(
    ingesters: int, copies: int, distributors: int, tenants: int, cpu: int, memory: int, shared: bool
) -> Settings:
    listed = [{"tenantName": f"t{number}", "tenantId": f"{number}"} for number in range(tenants)]
    return limited(
        cpu,
        memory,
        replicationFactor=copies,
        extraConfig=GLOBAL_RATE if shared else {},
        tenants={"mode": "static", "authentication": listed},
        template={"ingester": {"replicas": ingesters}, "distributor": {"replicas": distributors}},
    )


@given(st.integers(10, 4000), st.integers(10, 4000), st.integers(64, 20_000), st.integers(64, 20_000))
def test_more_never_lowers_what_is_bound_by_it(cpu: int, more_cpu: int, memory: int, more_memory: int) -> None:
    """With more memory, and with more cpu as far as nothing is divided among more jobs."""
    small = planned(limited(cpu, memory))
    for larger in (limited(cpu, max(memory, more_memory)), limited(max(cpu, more_cpu), memory)):
        for place, setting in planned(larger).items():
            before = small.get(place)
            if not (place[1].endswith(BY_MORE_JOBS) and setting.component != ""):
                assert before is not None, f"{place} was at Tempo's own {setting}"
                assert amount(setting) >= amount(before), (before, setting)


BY_MORE_JOBS = "read_buffer_size_bytes"  # more jobs, less for each


def planned(settings: Settings) -> dict[tuple[str, str], Setting]:
    """Without what is left as Tempo has it."""
    return {place: setting for place, setting in tuning(settings).items() if setting.source == "plan"}


def amount(setting: Setting) -> int:
    return int(str(setting.value).rstrip("ms"))


@given(st.integers(10, 4000), st.integers(64, 20_000))
def test_the_parts_of_a_process_fit_into_its_memory_together(cpu: int, memory: int) -> None:
    """By the model: idle heap, live traces, completing blocks, the largest trace; searches, ids, answers; and so on."""
    found = {place: amount(setting) for place, setting in planned(limited(cpu, memory)).items()}
    assert ingester_bytes(found) <= max(memory * MIB * c.HEAP_PERCENT // 100, LEAST_INGESTER_BYTES)
    fourth = max(0, memory * MIB * c.HEAP_PERCENT // 100 - c.IDLE_BYTES) // 4
    for what, (taken, least) in querier_parts(found).items():
        assert taken <= max(fourth, least), what


LEAST_INGESTER_BYTES = 416 * MIB  # below, Tempo has to do with less than it can


def ingester_bytes(found: dict[tuple[str, str], int]) -> int:
    rate, burst = found["", RATE], found["", BURST]
    live = (burst + c.SECONDS_IN_MEMORY * rate) * c.LIVE_COST
    flushes = found.get(("ingester", "ingester.concurrent_flushes"), c.DEFAULT_FLUSHES)
    group = found.get(("ingester", "storage.trace.block.parquet_row_group_size_bytes"), c.DEFAULT_ROW_GROUP_BYTES)
    minutes = found.get(("ingester", "ingester.max_block_duration"), c.DEFAULT_BLOCK_MINUTES)
    files = minutes * 60 // c.FLUSH_CHECK_SECONDS * c.WAL_FILE_BYTES
    trace = found.get(("", TRACE_BYTES), c.DEFAULT_TRACE_BYTES) * c.TRACE_COST
    return c.IDLE_BYTES + live + flushes * (c.FLUSH_BYTES + group * c.ROW_GROUP_COST + files) + trace


def querier_parts(found: dict[tuple[str, str], int]) -> dict[str, tuple[int, int]]:
    """What each of the four takes at the most, and what it takes where the plan goes no lower."""
    jobs = found.get(("querier", JOBS), c.DEFAULT_QUERIES)
    buffer = found.get(("querier", BUFFER), c.DEFAULT_READ_BUFFER_BYTES)
    workers = found.get(("querier", "storage.trace.pool.max_workers"), c.DEFAULT_POOL_WORKERS)
    job = c.SEARCH_JOB_BYTES + c.SEARCHED_COLUMNS * buffer
    traces = min(jobs, FINDS) * c.TRACE_COLUMNS
    answer = found.get(RECEIVED, c.DEFAULT_INGESTER_MESSAGE_BYTES)
    return {
        "searches": (jobs * job, job),
        "finding": (workers * c.FIND_BYTES, LEAST_WORKERS * c.FIND_BYTES),
        "traces": (traces * buffer, traces * LEAST_READ_BUFFER_BYTES),
        "answers": (answer * c.MESSAGE_COST, c.LEAST_MESSAGE_BYTES * c.MESSAGE_COST),
    }


JOBS, BUFFER = "querier.max_concurrent_queries", "storage.trace.search.read_buffer_size_bytes"


def test_tenants_share_the_memory_for_what_waits() -> None:
    """Tempo keeps a queue for each of them; however many there are, so that another one restarts nobody."""
    key, memory = "query_frontend.max_outstanding_per_tenant", 150
    part = (memory * MIB * c.HEAP_PERCENT // 100 - c.IDLE_BYTES) // 4 // c.OUTSTANDING_BYTES
    nobody = limited(1000, memory)
    some = {tenants: crowded(2, 1, 1, tenants, 1000, memory, shared=False) for tenants in (1, 2, 40)}
    assert ("query-frontend", key) not in tuning(nobody), "more than Tempo's own 2000"
    assert part > 2000
    assert {n: value(each, key, "query-frontend") for n, each in some.items()} == dict.fromkeys(some, part // 10)


@pytest.mark.parametrize(("memory", "says"), [(48, "this is the least"), (250, "of "), (500, "of ")])
def test_a_querier_s_reasons_name_the_buffers_it_has(memory: int, says: str) -> None:
    """With much cpu its memory decides: each job takes the read buffers that the same plan sets."""
    found = tuning(limited(4000, memory))
    buffer, jobs = (found["querier", key] for key in (BUFFER, JOBS))
    assert f"a search takes {mebibytes(c.SEARCH_JOB_BYTES + c.SEARCHED_COLUMNS * amount(buffer))}, " in jobs.reason
    assert buffer.reason.startswith(f"{FINDS} traces read from blocks at once")
    assert all(says in setting.reason for setting in (buffer, jobs))


@given(st.integers(16, 20_000))
def test_a_tenth_more_memory_never_more_than_doubles_what_a_compactor_does(memory: int) -> None:
    """No cliffs: its row groups, its blocks, the traces in one; and it merges blocks in any memory."""
    small, larger = (compaction(limit) for limit in (memory, memory * 11 // 10))
    for key, before in small.items():
        assert before <= larger[key] <= 2 * before, key
    assert small[BLOCK_BYTES] >= 4 * MIB


@given(st.integers(710, 20_000))
def test_what_a_compactor_merges_fits_into_its_memory(memory: int) -> None:
    """By the model: the writer, a row group, what is read ahead of two blocks, or of four beside a larger row group."""
    found = compaction(memory)
    group = found["storage.trace.block.parquet_row_group_size_bytes"]
    inputs = 2 if group == c.LEAST_ROW_GROUP_BYTES else c.INPUT_BLOCKS
    ahead = min(found[BLOCK_BYTES], inputs * c.READ_AHEAD_BYTES)
    heap = c.IDLE_BYTES + c.FLUSH_BYTES + ahead + group * c.ROW_GROUP_COST
    assert heap <= memory * MIB * c.HEAP_PERCENT // 100


@given(st.integers(32, 100_000))
def test_with_the_memory_that_is_named_a_compactor_merges_blocks_of_that_size_and_with_less_it_does_not(
    block: int,
) -> None:
    enough = memory_to_merge(block * MIB)
    assert compaction(enough // MIB)[BLOCK_BYTES] >= block * MIB
    assert enough == 0 or compaction(enough // MIB - 1)[BLOCK_BYTES] < block * MIB


def compaction(memory_mebibytes: int) -> dict[str, int]:
    settings = compactor_settings(Replica("compactor", 1, 1, None, memory_mebibytes * MIB))
    return COMPACTION | {setting.key: int(setting.value) for setting in settings}


COMPACTION = {
    "storage.trace.block.parquet_row_group_size_bytes": c.DEFAULT_ROW_GROUP_BYTES,
    BLOCK_BYTES: c.DEFAULT_COMPACTED_BYTES,
    "compactor.compaction.max_compaction_objects": c.DEFAULT_COMPACTED_OBJECTS,
}


def test_live_traces_are_never_refused_by_an_ingester() -> None:
    """The distributor has acknowledged them by then."""
    assert value(limited(100, 256), TRACES) == 0
    entry = yaml.safe_load(files_of(limited(100, 256))["overrides.yaml"])["overrides"]["*"]
    assert entry["ingestion"]["max_traces_per_user"] == 0


def test_a_refused_request_may_be_tried_again() -> None:
    settings = limited(100, 256)
    file = yaml.safe_load(files_of(settings)["distributor.yaml"])
    assert file["distributor"]["retry_after_on_resource_exhausted"] == "1s"
    assert file["distributor"]["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"].endswith(":4317")


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("limit", [{"cpu": "100m"}, {"memory": "512Mi"}])
def test_wherever_the_plan_bounds_the_rate_what_is_refused_may_be_tried_again(
    component: str, limit: dict[str, str]
) -> None:
    found = tuning(settings_of(**own(component, **limit)))
    assert (("distributor", RETRY) in found) == (component in {"distributor", "ingester"})
    assert ("", RATE) not in found or ("distributor", RETRY) in found


@pytest.mark.parametrize(("limits", "waits"), [({"cpu": "100m"}, True), ({"memory": "9Gi"}, True), ({}, False)])
def test_whoever_calls_an_ingester_with_limits_waits_for_its_answer(limits: dict[str, str], waits: bool) -> None:
    """Tempo's one second is less than it takes while it completes a block, and ends everything under way."""
    settings = settings_of(**own("ingester", **limits)) if limits else settings_of()
    for component in ("distributor", "querier"):
        file = yaml.safe_load(files_of(settings)[f"{component}.yaml"])
        client = file.get("ingester_client", {})
        assert client.get("pool_config") == ({"healthchecktimeout": "5s"} if waits else None)
    assert "pool_config" not in files_of(settings)["ingester.yaml"]


def test_everyone_s_entry_and_each_tenant_s_have_the_same_limits() -> None:
    tenants = {"mode": "static", "authentication": [{"tenantName": "dev", "tenantId": "1"}]}
    retention = {"perTenant": {"dev": {"traces": "7h"}}}
    settings = limited(100, 256, tenants=tenants, retention=retention)
    entries = yaml.safe_load(files_of(settings)["overrides.yaml"])["overrides"]
    assert entries["1"] == entries["*"] | {"compaction": {"block_retention": "7h"}}
    assert entries["*"]["ingestion"]["rate_limit_bytes"] == value(settings, RATE)


def test_the_user_s_own_limits_hold_and_the_plan_says_what_its_own_would_be() -> None:
    limits = {"global": {"ingestion": {"ingestionRateLimitBytes": 12_345_678, "maxTracesPerUser": 7}}}
    settings = limited(100, 256, limits=limits)
    setting = tuning(settings)["", RATE]
    assert (setting.value, setting.source) == (12_345_678, "limits")
    assert str(value(limited(100, 256), RATE)) in setting.reason
    entry = yaml.safe_load(files_of(settings)["overrides.yaml"])["overrides"]["*"]["ingestion"]
    assert (entry["rate_limit_bytes"], entry["max_traces_per_user"]) == (12_345_678, 7)


def test_of_a_size_s_rate_and_the_plan_s_the_lower_holds() -> None:
    promised = tuning(settings_of(size="1x.pico"))["", RATE]
    assert (promised.value, promised.source) == (600_000, "size")
    less = tuning(settings_of(size="1x.pico", **own("ingester", memory="200Mi")))["", RATE]
    assert less.source == "plan"
    assert int(less.value) < 600_000


@pytest.mark.parametrize(("cpu", "threads"), [("1m", 1), ("190m", 1), ("1", 1), ("1001m", 2), ("2500m", 3)])
def test_a_program_runs_on_as_many_threads_as_its_cpu_fills(cpu: str, threads: int) -> None:
    container = allocate(settings_of(**own("ingester", cpu=cpu))).workload("ingester")
    assert container is not None
    assert gomaxprocs(container.container("tempo")) == threads


def test_large_components_are_left_as_tempo_has_them_but_for_what_they_may_be_sent() -> None:
    found = planned(limited(64_000, 128 * GIB // MIB, storageSize="1Ti"))
    assert {key for component, key in found if component} == {RETRY, HEALTH}
    assert {key for component, key in found if not component} == {RATE, BURST, TRACES}


@pytest.mark.parametrize("tenant", [None, "dev"])
def test_a_limit_above_the_plan_s_is_warned_of_with_both_figures(tenant: str | None) -> None:
    most = value(with_dev({}), RATE)

    def found(rate: int) -> list[str]:
        own = {"ingestion": {"ingestionRateLimitBytes": rate}}
        findings = allocate(with_dev({"global": own} if tenant is None else {"perTenant": {tenant: own}})).findings
        return [f"{f.severity} {f.path}: {f.message}" for f in findings if f.code == "limit-above-plan"]

    place = "global" if tenant is None else f"perTenant.{tenant}"
    message = f"{most + 1} for {RATE}, and the containers' limits carry {most}"
    assert found(most) == []
    assert found(most + 1) == [f"warning spec.limits.{place}.ingestion.ingestionRateLimitBytes: {message}"]


@pytest.mark.parametrize("component", COMPONENTS)
def test_memory_that_the_idle_process_fills_is_warned_of_with_what_leaves_it_room(component: str) -> None:
    def found(memory: str) -> list[str]:
        findings = allocate(settings_of(**own(component, memory=memory))).findings
        return [f"{f.path}: {f.message}; {f.remedy}" for f in findings if f.code == "limit-below-idle"]

    [finding] = found("31Mi")
    assert ".resources.limits.memory: the heap may fill 80 % of 31Mi, 24Mi, and the idle process takes 25Mi" in finding
    floor = floor_of(component, "tempo", "limits", "memory")
    assert finding.endswith(f"; raise it to {floor // MIB}Mi or more")  # what does away with `below-floor` too
    assert found("32Mi") == []


MESSAGES = (
    ("ingester", "server.grpc_server_max_send_msg_size", 16 * MIB),
    ("querier", "ingester_client.grpc_client_config.max_recv_msg_size", 100 * MIB),
    ("querier", "querier.frontend_worker.grpc_client_config.max_send_msg_size", 16 * MIB),
    ("query-frontend", "server.grpc_server_max_recv_msg_size", 16 * MIB),
)


@pytest.mark.parametrize("place", ["global", "perTenant"])
@pytest.mark.parametrize("trace", [1, 5_000_000, 10_000_000, 200_000_000, 2**62])
@pytest.mark.parametrize("memory", [64, 100_000])
def test_the_largest_trace_that_is_kept_gets_through_to_the_client(place: str, trace: int, memory: int) -> None:
    own = {"ingestion": {"maxBytesPerTrace": trace}}
    found = tuning(with_dev({"global": own} if place == "global" else {"perTenant": {"dev": own}}, memory))
    for component, key, tempos in MESSAGES:
        size = int(found[component, key].value) if (component, key) in found else tempos
        assert min(trace + MIB, 2**31 - 1) <= size < 2**31
    if trace <= 5_000_000:
        assert set(found) == set(tuning(with_dev({}, memory))) | ({("", TRACE_BYTES)} & set(found))


def test_no_reason_speaks_of_nothing_as_an_amount() -> None:
    assert [str(setting) for setting in allocate(limited(10, 16)).tuning if "0Ki" in setting.reason] == []


LOST = "after it was acknowledged: those spans are lost"


@pytest.mark.parametrize("place", ["global", "perTenant.dev"])
@pytest.mark.parametrize(
    ("key", "value", "beyond"),
    [
        ("maxTracesPerUser", 7, "7 traces"),
        ("maxTracesPerUser", 0, None),
        ("maxBytesPerTrace", 499_999, "499999 bytes of a trace"),
        ("maxBytesPerTrace", 500_000, None),  # as the plan has it, in so little memory
        ("maxBytesPerTrace", 0, None),
    ],
)
def test_a_limit_by_which_ingesters_refuse_what_was_acknowledged_is_warned_of(
    place: str, key: str, value: int, beyond: str | None
) -> None:
    own = {"ingestion": {key: value}}
    plan = allocate(with_dev({"global": own} if place == "global" else {"perTenant": {"dev": own}}, 128))
    path = f"spec.limits.{place}.ingestion.{key}"
    assert losses(plan) == ([] if beyond is None else [f"{path}: ingesters refuse what is beyond {beyond} {LOST}"])


def test_traces_below_tempo_s_own_are_lost_where_nothing_is_tuned_too() -> None:
    def found(most: int) -> list[str]:
        return losses(allocate(settings_of(limits={"global": {"ingestion": {"maxBytesPerTrace": most}}})))

    assert found(c.DEFAULT_TRACE_BYTES) == []
    assert len(found(c.DEFAULT_TRACE_BYTES - 1)) == 1


def test_traces_of_all_ingesters_that_are_bound_in_tempo_s_own_words_are_warned_of() -> None:
    extra = {"tempo": {"overrides": {"defaults": {"ingestion": {"max_global_traces_per_user": 9}}}}}
    [finding] = losses(allocate(settings_of(extraConfig=extra)))
    assert finding.startswith("spec.extraConfig.tempo.overrides.defaults.ingestion.max_global_traces_per_user: ")


def losses(plan: Plan) -> list[str]:
    return [f"{f.path}: {f.message}" for f in plan.findings if f.code == "acknowledged-loss"]


def with_dev(limits: dict[str, Any], memory_mebibytes: int = 256) -> Settings:
    tenants = {"mode": "static", "authentication": [{"tenantName": "dev", "tenantId": "1"}]}
    return limited(100, memory_mebibytes, tenants=tenants, limits=limits)


def test_what_the_user_says_in_tempo_s_own_words_holds() -> None:
    extra = {"tempo": {"querier": {"max_concurrent_queries": 11}}}
    settings = limited(100, 256, extraConfig=extra)
    setting = tuning(settings)["querier", "querier.max_concurrent_queries"]
    assert (setting.value, setting.source, setting.planned) == (11, "extraConfig", 2)
    assert yaml.safe_load(files_of(settings)["querier.yaml"])["querier"]["max_concurrent_queries"] == 11


def merging(memory: str, **spec: Any) -> Plan:
    """2 MB/s, three copies in three ingesters of four minutes a block, and a compactor with this limit."""
    ingester = {"resources": {"limits": {"cpu": "1", "memory": "2Gi"}}, "replicas": 3}
    template = own("compactor", cpu="1", memory=memory)["template"] | {"ingester": ingester}
    workload = {"ingest": {"megabytesPerSecond": 2}, "retention": "48h"}
    return allocate(settings_of(workload=workload, replicationFactor=3, template=template, **spec))


def too_small(plan: Plan) -> list[str]:
    return [f"{f.path}: {f.message}; {f.remedy}" for f in plan.findings if f.code == "compactor-too-small"]


def test_a_compactor_that_merges_none_of_its_ingesters_blocks_is_warned_of_with_the_memory_that_is_enough() -> None:
    [finding] = too_small(merging("512Mi"))
    assert finding.startswith("spec.template.compactor.resources.limits.memory: ingesters cut blocks of 500Mi, ")
    assert finding.endswith(f"; give it {SAFE_MEMORY_BYTES // MIB}Mi or more")  # 673Mi merge them, and may be too few
    assert too_small(merging(f"{SAFE_MEMORY_BYTES // MIB}Mi")) == []


def test_the_memory_that_is_named_for_a_compactor_holds_what_it_reads_ahead_of_as_many_blocks_as_it_merges() -> None:
    """The page calls less than that unsafe, and names the same figure."""
    needed = c.IDLE_BYTES + c.FLUSH_BYTES + c.LEAST_ROW_GROUP_BYTES * c.ROW_GROUP_COST
    needed += c.INPUT_BLOCKS * c.READ_AHEAD_BYTES
    assert needed <= SAFE_MEMORY_BYTES * c.HEAP_PERCENT // 100 < needed + MIB
    page = (PROJECT / "docs" / "tuning.md").read_text(encoding="utf-8")
    assert f"A compactor of less than {SAFE_MEMORY_BYTES // MIB}Mi".lower() in page.lower()


def test_where_no_memory_merges_blocks_of_the_user_s_they_are_what_is_to_be_made_smaller() -> None:
    """A compactor makes blocks of 100 GiB at the most, as Tempo by itself."""

    def found(block: int, memory: str = "64Gi") -> list[str]:
        ingester = {"max_block_bytes": block, "max_block_duration": "9000h"}
        return too_small(merging(memory, extraConfig={"tempo": {"ingester": ingester}}))

    [finding] = found(51 * GIB)
    assert finding.startswith("spec.extraConfig.tempo.ingester.max_block_bytes: ")
    assert finding.endswith(f"; write {50 * GIB} or less")
    assert found(50 * GIB) == []
    [finding] = found(50 * GIB, "1Gi")
    assert "limits.memory: " in finding


def test_a_compactor_that_merges_nothing_by_the_user_s_word_is_warned_of_once() -> None:
    extra = {"tempo": {"compactor": {"compaction": {"max_block_bytes": 0}}}}
    findings = [f for f in merging("4Gi", extraConfig=extra).findings if f.path.endswith("max_block_bytes")]
    assert [f.code for f in findings] == ["limit-too-low"]


def test_copies_that_nobody_merges_are_reckoned_with_in_the_bucket() -> None:
    small, large = merging("512Mi").storage, merging("4Gi").storage
    assert large.bucket_bytes == 2_000_000 * 48 * 3600 // 2
    assert small.bucket_bytes == 3 * large.bucket_bytes


def test_the_user_s_own_largest_block_is_what_is_merged() -> None:
    key = {"compactor": {"compaction": {"max_block_bytes": 10**9}}}
    assert too_small(merging("4Gi")) == []
    [finding] = too_small(merging("4Gi", extraConfig={"tempo": key}))
    assert finding.startswith("spec.extraConfig.tempo.compactor.compaction.max_block_bytes: ")
    assert finding.endswith(f"write {2 * 500 * MIB} or more")


def test_of_a_load_that_nobody_says_nothing_is_said_to_pile_up() -> None:
    assert too_small(allocate(limited(100, 128))) == []


@pytest.mark.parametrize(
    ("said", "disk"),
    [
        ({"max_block_duration": "2h", "max_block_bytes": GIB}, "1Gi"),
        ({"max_block_bytes": 600 * MIB}, "2Gi"),
        ({"complete_block_timeout": "1h"}, "10Gi"),
    ],
)
def test_times_and_bytes_of_the_user_s_that_fill_the_disk_lower_the_rate(said: dict[str, Any], disk: str) -> None:
    """By as much as they keep more there: with twice the disk, or more, it is what it was."""

    def rate(**spec: Any) -> int:
        return int(value(limited(128_000, 128 * GIB // MIB, **spec), RATE))

    extra = {"tempo": {"ingester": said}}
    assert rate(storageSize=disk, extraConfig=extra) < rate(storageSize=disk)
    assert rate(storageSize=f"{8 * int(disk[:-2])}Gi", extraConfig=extra) > rate(storageSize=disk)


def test_a_disk_of_the_user_s_times_holds_what_comes_in() -> None:
    """Complete blocks for ten minutes, beside what is open or on its way for twice five."""
    times = {"max_block_duration": "5m", "complete_block_timeout": "10m", "max_block_bytes": 2**63}
    extra = {"tempo": {"ingester": times}}
    setting = tuning(limited(128_000, 128 * GIB // MIB, storageSize="10Gi", extraConfig=extra))["", RATE]
    assert setting.reason.startswith("an ingester's disk of 10240Mi holds 20 minutes of blocks")
    assert int(setting.value) == 10 * GIB // 1200 * c.DISK_BYTES_PER_BYTE


@pytest.mark.parametrize("said", [{"trace_idle_period": "45s"}, {"flush_check_period": "45s"}])
def test_traces_that_the_user_keeps_in_memory_for_longer_lower_the_rate(said: dict[str, str]) -> None:
    def found(ingester: dict[str, str]) -> Setting:
        extra = {"tempo": {"ingester": ingester}}
        return tuning(limited(64_000, 8192, storageSize="10Ti", extraConfig=extra))["", RATE]

    longer, usual = found(said), found({})
    held = 15 + 45 - {"trace_idle_period": 5, "flush_check_period": 10}[next(iter(said))]
    assert f"holds each for {held} s" in longer.reason
    assert int(longer.value) * (held + 2) == pytest.approx(int(usual.value) * 17, rel=0.01)


def test_the_more_often_the_user_has_traces_looked_at_the_sooner_a_block_is_cut() -> None:
    """Each look makes a file of the WAL, and all of a block's are read at once."""
    extra = {"tempo": {"ingester": {"flush_check_period": "1s"}}}
    often, usual = (limited(4000, 8192, storageSize="1Ti", **spec) for spec in ({"extraConfig": extra}, {}))
    duration = ("ingester", "ingester.max_block_duration")
    assert amount(tuning(often)[duration]) < 30
    assert "one for every 1 s" in tuning(often)[duration].reason
    assert duration not in tuning(usual)


@pytest.mark.parametrize("key", ["max_block_duration", "complete_block_timeout", "trace_idle_period"])
def test_no_time_at_all_is_reckoned_with_too(key: str) -> None:
    extra = {"tempo": {"ingester": {key: "0s", "flush_check_period": "100ms"}}}
    workload = {"ingest": {"megabytesPerSecond": 1}}
    assert int(value(limited(100, 512, extraConfig=extra, workload=workload), RATE)) > 0


@pytest.mark.parametrize(("memory", "least"), [(170, True), (2048, False)])
def test_a_reason_says_where_a_setting_is_the_least_and_does_not_fit(memory: int, least: bool) -> None:
    found = tuning(limited(1000, memory))
    for place in (
        ("", TRACE_BYTES),
        ("ingester", "ingester.max_block_duration"),
        ("ingester", "storage.trace.block.parquet_row_group_size_bytes"),
    ):
        if place in found:
            assert ("this is the least, though there is" in found[place].reason) == least, place
    assert ("ingester", "ingester.max_block_duration") in found
