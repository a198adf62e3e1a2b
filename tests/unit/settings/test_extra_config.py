"""What users say in Tempo's own words: taken key by key, and merged into the files of those who read it, no others."""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml

from allocation.extra import OVERRIDES_FILE, READERS, literal, readers, said_by_user
from allocation.tuning import coefficients, querier, query_frontend
from allocation.tuning.decide import INGESTER_SENDS
from sandbox.catalog import TEMPO_VERSION
from settings import Settings, SettingsError, load_config, tempo_bounds, tempo_keys, tempo_refused
from settings.duration import canonical_duration
from settings.tempo_rules import MOST_BYTES, open_to_users
from tests.support.configs import files_of

STORAGE = {"secret": {"name": "minio", "type": "s3"}}
TENANTS = {"mode": "static", "authentication": [{"tenantName": "dev", "tenantId": "1610b0c3"}]}
ALL = {"distributor.yaml", "ingester.yaml", "querier.yaml", "query-frontend.yaml", "compactor.yaml"}
STORE = ALL - {"distributor.yaml"}


def settings_of(**spec: Any) -> Settings:
    return load_config({"name": "tmrs", "namespace": "tracing", "spec": json.dumps({"storage": STORAGE} | spec)})


def extra(**tempo: Any) -> Settings:
    return settings_of(extraConfig={"tempo": tempo})


def nested(path: str, value: Any) -> dict[str, Any]:
    first, _, rest = path.partition(".")
    return {first: nested(rest, value) if rest else value}


def changed(before: Settings, after: Settings) -> set[str]:
    old, new = files_of(before), files_of(after)
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def value(settings: Settings, file: str, path: str) -> Any:
    found = yaml.safe_load(files_of(settings)[file])
    for key in path.split("."):
        found = found[key]
    return found


def mistakes(**spec: Any) -> list[str]:
    with pytest.raises(SettingsError) as error:
        settings_of(**spec)
    return [str(mistake) for mistake in error.value.mistakes]


def test_searches_are_the_query_frontend_s() -> None:
    search = {"defaultResultLimit": 50, "maxResultLimit": 500, "maxDuration": "48h"}
    said = settings_of(search=search)
    assert changed(settings_of(), said) == {"query-frontend.yaml"}
    found = value(said, "query-frontend.yaml", "query_frontend.search")
    expected = {"default_result_limit": 50, "max_result_limit": 500, "max_duration": "48h"}
    assert {key: found[key] for key in expected} == expected


def test_a_search_of_any_length_is_said_to_tempo_whose_own_limit_is_a_week() -> None:
    said = settings_of(search={"maxDuration": "0s", "maxResultLimit": 0})
    assert value(said, "query-frontend.yaml", "query_frontend.search.max_duration") == "0s"
    assert value(said, "query-frontend.yaml", "query_frontend.search.max_result_limit") == 0


def test_the_usual_answer_may_be_as_large_as_the_largest_and_a_limit_of_any_number_is_no_limit() -> None:
    for search in ({"maxResultLimit": 20}, {"maxResultLimit": 0}, {"defaultResultLimit": 9, "maxResultLimit": 9}):
        assert settings_of(search=search).spec.search.max_result_limit == search["maxResultLimit"]


def test_a_second_is_enough_and_the_store_may_be_asked_at_once() -> None:
    said = settings_of(timeout="1s", search={"maxDuration": "1s"})
    assert said.spec.timeout == said.spec.search.max_duration == "1s"
    at_once = {"query_backend_after": "0s", "query_ingesters_until": "0s"}
    assert extra(query_frontend={"search": at_once}).spec.extra_config.tempo["query_frontend"]["search"] == at_once


def test_a_timeout_is_that_of_the_frontend_s_answers_and_the_queriers_queries() -> None:
    said = settings_of(timeout="3m")
    assert changed(settings_of(), said) == {"query-frontend.yaml", "querier.yaml"}
    for key in ("http_server_read_timeout", "http_server_write_timeout"):
        assert value(said, "query-frontend.yaml", f"server.{key}") == "3m"
    for key in ("search", "trace_by_id"):
        assert value(said, "querier.yaml", f"querier.{key}.query_timeout") == "3m"


@pytest.mark.parametrize(
    ("key", "given", "files"),
    [
        ("querier.max_concurrent_queries", 3, {"querier.yaml"}),
        ("query_frontend.max_outstanding_per_tenant", 300, {"query-frontend.yaml"}),
        ("ingester.trace_idle_period", "7s", {"ingester.yaml"}),
        ("distributor.retry_after_on_resource_exhausted", "5s", {"distributor.yaml"}),
        ("compactor.compaction.compaction_window", "30m", {"compactor.yaml"}),
        ("ingester_client.remote_timeout", "9s", {"distributor.yaml", "querier.yaml"}),
        ("ingester.lifecycler.ring.heartbeat_timeout", "2m", {"distributor.yaml", "ingester.yaml", "querier.yaml"}),
        ("ingester.lifecycler.join_after", "9s", {"ingester.yaml"}),
        ("memberlist.gossip_interval", "2s", ALL - {"query-frontend.yaml"}),
        ("storage.trace.blocklist_poll", "4m", STORE),
        ("storage.trace.block.version", "vParquet4", {"ingester.yaml", "compactor.yaml"}),
        ("storage.trace.wal.ingestion_time_range_slack", "3m", {"ingester.yaml"}),
        ("storage.trace.s3.region", "eu-central-1", STORE),
        ("cache.background.writeback_buffer", 20_000, STORE),
        ("server.log_level", "debug", ALL),
        ("usage_report.reporting_enabled", True, STORE),
        ("overrides.defaults.ingestion.max_attribute_bytes", 4096, {"distributor.yaml"}),
        ("overrides.defaults.read.max_metrics_duration", "1d", {"query-frontend.yaml"}),
        ("overrides.defaults.compaction.compaction_window", "2h", {"compactor.yaml"}),
    ],
)
def test_a_key_changes_the_files_of_those_who_read_it_and_no_others(key: str, given: Any, files: set[str]) -> None:
    said = extra(**nested(key, given))
    assert changed(settings_of(), said) - {"overrides.yaml"} == files
    assert all(value(said, file, key) == given for file in files)
    assert all(said_by_user(said, file.removesuffix(".yaml"))[key] == given for file in files)


def test_every_key_that_may_be_written_is_read_by_somebody() -> None:
    paths = [path for path, _ in tempo_keys.paths() if open_to_users(path)]
    assert len(paths) > 250
    assert all(readers(".".join(path)) for path in paths)


def test_no_row_of_the_tables_is_about_a_key_that_tempo_does_not_have() -> None:
    paths = [".".join(path[:length]) for path, _ in tempo_keys.paths() for length in range(1, len(path) + 1)]
    assert set(READERS) <= set(paths)
    old = ("overrides.", "search_enabled", "metrics_generator_enabled")  # which older Tempos had
    for pattern in tempo_refused.KEYS:
        assert any(fnmatchcase(path, pattern) for path in paths) or pattern.startswith(old), pattern


def open_keys(pattern: str) -> list[tuple[str, str]]:
    """The keys, and their kinds, that users may write and a pattern of a table fits."""
    keys = [(".".join(path), kind) for path, kind in tempo_keys.paths() if open_to_users(path)]
    return [(key, kind) for key, kind in keys if fnmatchcase(key, pattern)]


def said_of(key: str, value: Any) -> str:
    """What is said about one key of Tempo's, without where; nothing where it is taken."""
    try:
        extra(**nested(key, value))
    except SettingsError as error:
        (mistake,) = error.mistakes
        assert mistake.path == ("spec", "extraConfig", "tempo", *key.split("."))
        return mistake.text
    return ""


def beside(kind: str, value: Any, step: int) -> Any:
    """The value just below or above another: a nanosecond of a duration, a second of Prometheus', 1, or a hair."""
    match kind:
        case "duration":
            nanoseconds = int(tempo_keys.amount(kind, value)) + step
            return canonical_duration(f"{nanoseconds}ns")
        case "prometheus duration":
            seconds = int(tempo_keys.amount(kind, value)) // 10**9 + step
            return f"{seconds // 3600}h{seconds % 3600}s"
        case "float64":
            return value + step * 1e-9
        case _:
            return value + step


@pytest.mark.parametrize("pattern", tempo_bounds.BOUNDS)
def test_a_key_holds_the_least_and_the_most_of_its_row_and_nothing_beyond(pattern: str) -> None:
    keys = [(key, kind) for key, kind in open_keys(pattern) if kind in tempo_keys.NUMBERS]
    assert keys, "a row about no key that users may write"
    for key, kind in keys:
        least, most = tempo_bounds.bound_of(tuple(key.split(".")), kind)
        long = kind in tempo_bounds.DURATIONS
        if least is not None:
            assert said_of(key, least if not long or least else "0s") == ""
            below = beside(kind, least, -1)
            assert said_of(key, below).endswith(f" is too {'short' if long else 'small'}; write {least} or more")
        assert most is None or said_of(key, most) == ""
        if most not in (None, tempo_bounds.LONGEST_OF_ALL):  # Go's types hold no more than that
            above = beside(kind, most, 1)
            assert said_of(key, above).endswith(f" is too {'long' if long else 'large'}; write {most} or less")


def test_a_message_may_not_be_smaller_than_the_plan_lets_it_be() -> None:
    answers = (INGESTER_SENDS, querier.RECEIVED, querier.SENT, query_frontend.RECEIVED)
    for key in (key for _, key in answers):
        assert tempo_bounds.bound_of(tuple(key.split(".")), "int").least == coefficients.LEAST_MESSAGE_BYTES
    pushed = ("ingester_client", "grpc_client_config", "max_send_msg_size")
    assert tempo_bounds.bound_of(pushed, "int").least == coefficients.LARGEST_REQUEST_BYTES


@pytest.mark.parametrize("pattern", tempo_bounds.WORDS)
def test_a_key_with_words_of_its_own_takes_each_of_them_and_no_other(pattern: str) -> None:
    what, words = tempo_bounds.WORDS[pattern]
    for key, _ in open_keys(pattern):
        assert [said_of(key, word) for word in words] == [""] * len(words)
        assert said_of(key, "v1").startswith(f"'v1' is not {what}; write {words[0]}")


def test_words_in_lists_are_looked_at_too() -> None:
    roles = [{"roles": ["bloom", "blom"], "redis": {"endpoint": "redis:6379"}}]
    columns = [{"name": "http.url", "scope": "event", "type": "string"}]
    block = {"block": {"parquet_dedicated_columns": columns}}
    assert mistakes(extraConfig={"tempo": {"cache": {"caches": roles}, "storage": {"trace": block}}}) == [
        "spec.extraConfig.tempo.cache.caches[0].roles[1]: 'blom' is not a role of caches; write bloom or "
        "trace-id-index or frontend-search or parquet-footer or parquet-column-idx or "
        "parquet-offset-idx or parquet-page",
        "spec.extraConfig.tempo.storage.trace.block.parquet_dedicated_columns[0].scope: 'event' is not a scope; "
        "write span or resource",
    ]


def test_no_duration_is_so_long_that_twice_of_it_is_none() -> None:
    durations = [key for key in open_keys("*") if key[1] in tempo_bounds.DURATIONS]
    longest = {key for key, kind in durations if said_of(key, "2000000h") == ""}
    assert len(durations) > 90
    assert longest == {
        key for key, kind in durations if key.startswith("server.grpc_server_max_connection_")
    }  # those of connections


def test_the_table_is_of_the_tempo_that_tests_run() -> None:
    assert f"v{tempo_keys.version()}" == TEMPO_VERSION


def test_maps_are_merged_and_lists_and_single_values_replaced() -> None:
    s3 = {"tags": {"team.name": "a", "b": "c"}, "prefix": "tmrs"}
    columns = [{"name": "http.url", "scope": "span", "type": "string"}]
    said = extra(storage={"trace": {"s3": s3, "block": {"parquet_dedicated_columns": columns}}})
    found = value(said, "ingester.yaml", "storage.trace")
    assert found["s3"]["prefix"] == "tmrs"
    assert found["s3"]["tags"] == s3["tags"]
    assert found["s3"]["bucket"] == "${S3_BUCKET}"
    assert found["block"]["parquet_dedicated_columns"] == columns
    assert found["wal"] == {"path": "/var/tempo/wal"}


def test_extra_config_goes_before_the_settings_that_have_words_of_their_own() -> None:
    both = settings_of(
        timeout="1m",
        extraConfig={"tempo": {"querier": {"search": {"query_timeout": "2m"}}, "server": {"log_level": "warn"}}},
    )
    assert value(both, "querier.yaml", "querier.search.query_timeout") == "2m"
    assert value(both, "querier.yaml", "querier.trace_by_id.query_timeout") == "1m"


def test_limits_of_everyone_s_are_in_the_entries_that_replace_them() -> None:
    own = {"limits": {"perTenant": {"dev": {"ingestion": {"maxBytesPerTrace": 7}}}}, "tenants": TENANTS}
    defaults = {"ingestion": {"max_attribute_bytes": 4096}, "cost_attribution": {"dimensions": {"a.b": "c"}}}
    said = settings_of(**own, extraConfig={"tempo": {"overrides": {"defaults": defaults}}})
    plain = yaml.safe_load(files_of(settings_of(**own))["overrides.yaml"])["overrides"]["1610b0c3"]
    entries = yaml.safe_load(files_of(said)["overrides.yaml"])["overrides"]
    assert entries["1610b0c3"]["ingestion"] == plain["ingestion"] | defaults["ingestion"]
    assert entries["1610b0c3"]["cost_attribution"] == defaults["cost_attribution"]
    assert entries["1610b0c3"]["global"] == {"max_bytes_per_trace": 7}
    assert all(entry["ingestion"]["max_attribute_bytes"] == 4096 for entry in entries.values())
    assert said_by_user(said, OVERRIDES_FILE)["ingestion.max_attribute_bytes"] == 4096


def test_nothing_said_is_nothing_written() -> None:
    assert changed(settings_of(), settings_of(search={}, extraConfig={"tempo": {}})) == set()
    assert all(said_by_user(settings_of(), component.removesuffix(".yaml")) == {} for component in ALL)


@pytest.mark.parametrize(
    "text",
    ["true", "null", "~", "1e3", "- a", "a: b # c", "'", '"', "é — 日本", "\\d+\\\\", "$x $$", "2026-01-31", "%w", ""],
)
def test_text_stays_text_and_is_no_yaml(text: str) -> None:
    said = extra(server={"log_source_ips_header": text}, storage={"trace": {"s3": {"tags": {text: text}}}})
    for path, expected in (
        ("server.log_source_ips_header", literal(text)),
        ("storage.trace.s3.tags", {text: literal(text)}),
    ):
        found = value(said, "querier.yaml", path)
        assert found == ({literal(text): literal(text)} if isinstance(expected, dict) else expected)


def test_what_is_too_long_or_too_deep_for_a_config_map_is_one_line() -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = {"a": deep}
    assert mistakes(extraConfig={"tempo": {"distributor": deep}}) == [
        "spec.extraConfig.tempo.distributor.a: is not a key of Tempo 2.9.0; remove it"
    ]
    tags = {f"tag{index}": "x" * 80 for index in range(100)}
    assert mistakes(extraConfig={"tempo": {"storage": {"trace": {"s3": {"tags": tags}}}}}) == [
        f"spec.extraConfig.tempo: is too long or too deep; write {MOST_BYTES} bytes or less"
    ]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_no_number_that_is_none_comes_from_json(number: str) -> None:
    spec = json.dumps(
        {"storage": STORAGE, "extraConfig": {"tempo": nested("querier.metrics.time_overlap_cutoff", 0.5)}}
    )
    with pytest.raises(SettingsError, match="is not a number; write one such as"):
        load_config({"name": "tmrs", "namespace": "tracing", "spec": spec.replace("0.5", number)})


def test_a_secret_is_never_repeated() -> None:
    hidden = "hunter2hunter2"
    found = mistakes(extraConfig={"tempo": {"cache": {"caches": [{"redis": {"sentinel_password": hidden}}]}}})
    assert found == [
        "spec.extraConfig.tempo.cache.caches[0].redis.sentinel_password: "
        "is a secret, and none is kept here; remove it; a ConfigMap would show it to everybody"
    ]
