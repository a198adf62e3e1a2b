"""What spec.search, spec.timeout and spec.extraConfig come to in each of Tempo's files."""

from collections.abc import Iterator, Mapping
from typing import Any

from settings import Settings

Section = dict[str, Any]
KeyPath = tuple[str, ...]  # a key of a user's own, such as a tag's, may have dots in it
OVERRIDES_FILE = ""  # no component: every entry of overrides.yaml
OVERRIDES = ("overrides", "defaults")

DISTRIBUTOR, INGESTER, QUERIER = "distributor", "ingester", "querier"
QUERY_FRONTEND, COMPACTOR = "query-frontend", "compactor"
ALL = (DISTRIBUTOR, INGESTER, QUERIER, QUERY_FRONTEND, COMPACTOR)
STORE = (INGESTER, QUERIER, QUERY_FRONTEND, COMPACTOR)
SENDERS = (DISTRIBUTOR, QUERIER)  # to ingesters

# Dotted key -> the components that read it, or what is below it; the longest that fits decides. Tempo 2.9.0: the
# modules' dependencies and what they are given in cmd/tempo/app/modules.go; the overrides by who calls the functions
# of modules/overrides/interface.go.
READERS: Mapping[str, tuple[str, ...]] = {
    "server": ALL,
    "usage_report": STORE,  # it is kept in the store, and who knows of none does not start with it
    "shutdown_delay": ALL,
    "enable_go_runtime_metrics": ALL,
    "stream_over_http_enabled": (QUERY_FRONTEND,),
    "distributor": (DISTRIBUTOR,),
    "ingester": (INGESTER,),
    "ingester.lifecycler.ring": (DISTRIBUTOR, INGESTER, QUERIER),
    "ingester_client": SENDERS,
    "querier": (QUERIER,),
    "query_frontend": (QUERY_FRONTEND,),
    "compactor": (COMPACTOR,),
    "memberlist": (DISTRIBUTOR, INGESTER, QUERIER, COMPACTOR),
    "storage": STORE,
    "storage.trace.wal": (INGESTER,),
    "storage.trace.block": (INGESTER, COMPACTOR),
    "cache": STORE,
    "overrides": ALL,
    "overrides.defaults.ingestion": (DISTRIBUTOR,),
    "overrides.defaults.ingestion.max_global_traces_per_user": (INGESTER,),
    "overrides.defaults.ingestion.tenant_shard_size": (DISTRIBUTOR, INGESTER, QUERIER),
    "overrides.defaults.read": (QUERY_FRONTEND,),
    "overrides.defaults.read.max_blocks_per_tag_values_query": (INGESTER,),
    "overrides.defaults.read.unsafe_query_hints": (QUERIER, QUERY_FRONTEND),
    "overrides.defaults.compaction": (COMPACTOR,),
    "overrides.defaults.forwarders": (DISTRIBUTOR,),
    "overrides.defaults.cost_attribution": (DISTRIBUTOR,),
    "overrides.defaults.storage": (INGESTER,),
}
# The longest time of a request: that of the query frontend's server, and of each query in a querier.
# With Tempo's own.
TIMEOUTS: Mapping[str, str] = {
    "server.http_server_read_timeout": "30s",
    "server.http_server_write_timeout": "30s",
    "querier.search.query_timeout": "30s",
    "querier.trace_by_id.query_timeout": "10s",
}
TIMED = (QUERY_FRONTEND, QUERIER)
# The fields of spec.search, which have the same names below this key of Tempo's, with Tempo's own.
SEARCH_KEY = "query_frontend.search"
SEARCHES: Mapping[str, str] = {
    "default_result_limit": "20",
    "max_result_limit": "0, which is any number",
    "max_duration": "168h; `0s` is any time",
}


def said_by_user(settings: Settings, component: str) -> dict[str, Any]:
    """Dotted key -> value of all that the user says in a component's file; `extraConfig` goes before the others.

    `query_frontend.search.max_duration`; in OVERRIDES_FILE as an entry has it: `ingestion.max_attribute_bytes`.
    """
    return {".".join(path): value for path, value in _said(settings, component).items()}


def with_said(content: Section, settings: Settings, component: str) -> Section:
    """A component's file under what the user says: lists and scalars are replaced."""
    return _under(content, _said(settings, component))


def entries_with_said(entries: Mapping[str, Section], settings: Settings) -> dict[str, Section]:
    """The entries of OVERRIDES_FILE, each under what the user says of all of them."""
    said = _said(settings, OVERRIDES_FILE)  # once: there may be ten thousand entries
    return {tenant: _under(entry, said) for tenant, entry in entries.items()}


def _under(content: Section, said: Mapping[KeyPath, Any]) -> Section:
    for path, value in said.items():
        content = put(content, path, value)
    return content


def _said(settings: Settings, component: str) -> dict[KeyPath, Any]:
    extra = dict(_leaves(settings.spec.extra_config.tempo))
    if component == OVERRIDES_FILE:
        return {path[2:]: value for path, value in extra.items() if path[:2] == OVERRIDES}
    said = {path: value for path, value in extra.items() if component in readers(".".join(path))}
    return _by_settings(settings, component) | said


def put(content: Section, path: KeyPath, value: Any) -> Section:
    """The same with a value at a path of keys; a list or a scalar on the way gives place to a mapping."""
    first, *rest = path
    below = content.get(first)
    inner = put(below if isinstance(below, dict) else {}, tuple(rest), value) if rest else value
    return {**content, first: inner}


def readers(key: str) -> tuple[str, ...]:
    """The components that read a dotted key of Tempo's."""
    while key not in READERS:
        key = key.rpartition(".")[0]
    return READERS[key]


def _by_settings(settings: Settings, component: str) -> dict[KeyPath, Any]:
    """What spec.search and spec.timeout come to in a component's file."""
    search, timeout = settings.spec.search, settings.spec.timeout
    limits = {f"{SEARCH_KEY}.{field}": getattr(search, field) for field in SEARCHES}
    said = limits if component == QUERY_FRONTEND else {}
    timeouts = {key: timeout for key in TIMEOUTS if component in TIMED and component in readers(key)}
    return {tuple(key.split(".")): value for key, value in (said | timeouts).items() if value is not None}


def _leaves(mapping: Mapping[str, Any], path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Every value that is no mapping, by the keys that lead to it."""
    for key, value in mapping.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def literal(text: str) -> str:
    """Text that comes out of the expansion of variables as it is here: there `$$` is `$`, and `\\\\` one backslash."""
    return text.replace("\\", "\\\\").replace("$", "$$")
