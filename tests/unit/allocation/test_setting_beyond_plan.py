"""Keys of the user's in extraConfig.tempo that leave a component's memory, or work against the stack."""

from typing import Any

import pytest

from allocation import Finding, allocate
from allocation.review.low_settings import BOUNDS
from allocation.tuning.costs import COSTS
from settings import Settings, tempo_keys
from tests.unit.allocation.test_tuning import BLOCKS, limited, own

CODE, EXTRA = "setting-beyond-plan", "spec.extraConfig.tempo."
CUT, CHECK, IDLE = (f"ingester.{key}" for key in ("max_block_duration", "flush_check_period", "trace_idle_period"))
WINDOW, OBJECTS = (f"compactor.compaction.{key}" for key in ("compaction_window", "max_compaction_objects"))
HEALTH, RETRY = "ingester_client.pool_config.healthchecktimeout", "distributor.retry_after_on_resource_exhausted"
ROW_GROUP = "storage.trace.block.parquet_row_group_size_bytes"
BLOCK_BYTES = "compactor.compaction.max_block_bytes"


def extra(**values: Any) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in values.items():
        *keys, last = path.split(".")
        below = tree
        for key in keys:
            below = below.setdefault(key, {})
        below[last] = value
    return {"tempo": tree}


def stack(memory: int = 1024, values: dict[str, Any] | None = None, **spec: Any) -> Settings:
    return limited(1000, memory, extraConfig=extra(**(values or {})), **spec)


def found(settings: Settings) -> list[Finding]:
    return [finding for finding in allocate(settings).findings if finding.code == CODE]


def paths(settings: Settings) -> list[str]:
    return [finding.path.removeprefix(EXTRA) for finding in found(settings)]


@pytest.mark.parametrize("cost", COSTS, ids=lambda cost: f"{cost.component} {cost.key}")
def test_the_value_and_the_memory_of_each_remedy_end_the_finding(cost: Any) -> None:
    def of_it(value: Any, memory: int = 1024) -> list[Finding]:
        template = own(cost.component, cpu="1", memory=f"{memory}Mi")["template"]
        findings = found(limited(1000, 1024, extraConfig=extra(**{cost.key: value}), template=template))
        name = cost.component.replace("-", " ")
        return [f for f in findings if f" in a {name} of " in f.message or f" in an {name} of " in f.message]

    far = {CUT: "24h", OBJECTS: 10**9, "query_frontend.max_outstanding_per_tenant": 10**6}
    value = far.get(cost.key, 10 * cost.default)
    [finding] = of_it(value)
    assert (finding.severity, finding.path) == ("warning", f"{EXTRA}{cost.key}")
    fitting = finding.remedy.split()[1]
    assert of_it(fitting if cost.is_time else int(fitting)) == []
    near = cost.default if not cost.is_time else f"{cost.default // 60}m"
    for finding in of_it(near):  # Tempo's own, which a larger component holds
        gibi, mebi = finding.remedy.removesuffix("Gi"), finding.remedy.removesuffix("Mi")
        memory = int(mebi.split()[-1]) if mebi != finding.remedy else 1024 * int(gibi.split()[-1])
        assert of_it(near, memory) == []


def test_what_the_plan_itself_would_write_is_no_finding_and_one_more_is() -> None:
    settings = stack()
    for setting in allocate(settings).tuning:
        if setting.component in BLOCKS and not setting.key.startswith("distributor.receivers"):
            assert paths(stack(values={setting.key: setting.value})) in ([], [ROW_GROUP]), setting.key
    assert paths(stack(values={CUT: "4m"})) == []
    assert paths(stack(values={CUT: "5m"})) == [CUT]


def test_nothing_is_said_without_a_limit_or_where_the_plan_decides_nothing() -> None:
    tempo = {CUT: "24h", OBJECTS: 1, WINDOW: "1s"}
    assert paths(stack(values=tempo, resources={"tuning": "none"})) == []
    cpu_only = limited(1000, 1024, extraConfig=extra(**{CUT: "24h"}), template=own("ingester", cpu="1")["template"])
    assert paths(cpu_only) == []


@pytest.mark.parametrize(
    ("key", "bad", "good"),
    [
        (CHECK, "1s", "5s"),
        (HEALTH, "1s", "5s"),
        (RETRY, "0s", "1s"),
        ("ingester.complete_block_timeout", "1m", "5m"),
        (ROW_GROUP, 1_000_000, 16_000_000),
        (BLOCK_BYTES, 1_000_000, 4 * 2**20),
        (OBJECTS, 200, 24_000),
        (WINDOW, "7m", "8m"),
        (WINDOW, "49h", "48h"),
        (IDLE, "1h", "10s"),
    ],
)
def test_a_value_that_works_against_the_stack_is_a_warning_that_names_its_key_once(
    key: str, bad: Any, good: Any
) -> None:
    spec = {"template": own("compactor", cpu="1", memory="8Gi")["template"]}
    spec["template"] |= own("ingester", cpu="1", memory="1Gi")["template"]
    [finding] = [f for f in found(stack(values={key: bad}, **spec)) if f.path == f"{EXTRA}{key}"]
    assert finding.severity == "warning"
    assert [f for f in found(stack(values={key: good}, **spec)) if f.path == f"{EXTRA}{key}"] == [] or key == ROW_GROUP


def test_two_ingesters_fill_a_window_twice_as_fast() -> None:
    assert paths(stack(values={WINDOW: "4m"})) == [WINDOW]
    assert paths(stack(values={WINDOW: "4m"}, template={"ingester": {"replicas": 2}})) == []


def test_the_longest_idle_period_that_is_named_lets_enough_in() -> None:
    [finding] = found(stack(values={IDLE: "876000h"}))
    assert paths(stack(values={IDLE: finding.remedy.split()[1]})) == []


def test_an_answer_below_the_largest_trace_of_the_limits_is_a_warning() -> None:
    limits = {"global": {"ingestion": {"maxBytesPerTrace": 20_000_000}}}
    key = "querier.frontend_worker.grpc_client_config.max_send_msg_size"
    assert paths(stack(8192, {key: 16_000_000}, limits=limits)) == [key]
    assert paths(stack(8192, {key: 32_000_000}, limits=limits)) == []


def test_every_key_of_the_tables_is_one_of_tempo_s() -> None:
    known = {".".join(path) for path, _ in tempo_keys.paths()}
    assert {cost.key for cost in COSTS} | {bound.key for bound in BOUNDS} <= known
