"""Tempo's limits: what each component's file says of those that it sees to, and each tenant's entry of overrides.yaml.

An entry replaces all that holds for everyone: to Tempo, a key that it leaves out is 0, which is nothing at all for what
may be sent, and no limit for the rest (2.9.0, modules/overrides/runtime_config_overrides.go). So each says everything.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal, NamedTuple

from allocation.defaults import ingest_limits, kept
from allocation.extra import entries_with_said, literal
from allocation.tuning.setting import EVERYONE, Setting
from settings import Settings
from settings.duration import NO_DURATION, canonical_duration, nanoseconds
from settings.limits import TenantLimits

Value = int | str
WILDCARD = "*"  # to Tempo, the entry of every tenant without one of its own (modules/overrides)
Scoped = dict[str, dict[str, Value]]  # scope -> key -> value, as in Tempo's files

CONFIG_MAP_BYTES = 2**20  # that Kubernetes takes: https://kubernetes.io/docs/concepts/configuration/configmap/
OTHER_FILES_BYTES = 2**16  # of them, for the components' files, which no number of tenants makes longer


class Limit(NamedTuple):
    """One limit: where Tempo reads it, which key of ours says it, and what Tempo takes where nobody does."""

    scope: str
    key: str
    block: Literal["ingestion", "query"]
    field: str
    tempos: int | None  # None: the component's own, which a key left out stands for
    readers: tuple[str, ...]  # the components that ask for it
    of_size: str = ""  # the field of a size's IngestLimits
    note: str = ""  # for docs/limits.md, in Markdown

    @property
    def path(self) -> str:
        """The dotted path of it."""
        return f"{self.scope}.{self.key}"


# Tempo 2.9.0: the defaults in modules/overrides/config.go, the readers by who calls the functions of
# modules/overrides/interface.go.
LIMITS = (
    Limit(
        "ingestion",
        "rate_limit_bytes",
        "ingestion",
        "ingestion_rate_limit_bytes",
        15_000_000,
        ("distributor",),
        "rate_bytes",
        "each for itself: two take twice as much, unless [`rate_strategy: global`](tuning.md) lets them share it",
    ),
    Limit(
        "ingestion",
        "burst_size_bytes",
        "ingestion",
        "ingestion_burst_size_bytes",
        20_000_000,
        ("distributor",),
        "burst_bytes",
        "each for itself: a request larger than this is never taken",
    ),
    Limit(
        "ingestion",
        "max_traces_per_user",
        "ingestion",
        "max_traces_per_user",
        10_000,
        ("ingester",),
        "live_traces",
        "each for itself; 0 is any number",
    ),
    Limit(
        "read",
        "max_bytes_per_tag_values_query",
        "query",
        "max_bytes_per_tag_values",
        1_000_000,
        ("ingester", "querier", "query-frontend"),
        note="0 is any number",
    ),
    Limit(
        "read",
        "max_search_duration",
        "query",
        "max_search_duration",
        None,
        ("query-frontend",),
        note="1s or more; `0s` is Tempo's own",
    ),
    Limit(
        "global",
        "max_bytes_per_trace",
        "ingestion",
        "max_bytes_per_trace",
        5_000_000,
        ("ingester", "querier", "query-frontend", "compactor"),
        note="0 is any number",
    ),
)


def defaults_of(settings: Settings, component: str) -> Scoped:
    """`overrides.defaults` of a component's file: what it sees to of everyone's limits, but for Tempo's own."""
    said = _said_for_everyone(settings)
    return _scoped({limit: value for limit, value in said.items() if component in limit.readers})


def overrides_of(settings: Settings, tuning: Iterable[Setting] = ()) -> dict[str, Scoped]:
    """The entries of overrides.yaml: id -> all limits, for each tenant that has one of its own, in their order.

    What the plan's numbers come to stands in an entry of everyone's, which Tempo reads again while it runs: so another
    limit of an ingester's restarts no distributor.
    """
    tenants = settings.spec.tenants.authentication if settings.spec.tenants else ()
    limits, retention = settings.spec.limits.per_tenant, settings.spec.retention.per_tenant
    planned = planned_for_everyone(tuning)
    everyone = {limit: limit.tempos for limit in LIMITS if limit.tempos is not None} | _said_for_everyone(settings)
    everyone |= planned
    found: dict[str, Scoped] = {WILDCARD: _scoped(everyone)} if planned else {}
    for tenant in tenants:
        keys = (tenant.tenant_name, tenant.tenant_id)
        if any(key in limits or key in retention for key in keys):
            own = next((limits[key] for key in keys if key in limits), TenantLimits())
            time = _whole_seconds(kept(settings, tenant))
            found[tenant.tenant_id] = _scoped(everyone | _said(own)) | {"compaction": {"block_retention": time}}
    return entries_with_said(found, settings)


def overrides_text(settings: Settings, tuning: Iterable[Setting] = ()) -> str:
    """overrides.yaml, a line for each tenant; JSON is YAML, and quickly written for ten thousand of them."""
    lines = [
        f"  {json.dumps(tenant)}: {json.dumps(entry)}\n" for tenant, entry in overrides_of(settings, tuning).items()
    ]
    return f"overrides:\n{literal(''.join(lines))}" if lines else "overrides: {}\n"


def planned_for_everyone(tuning: Iterable[Setting]) -> dict[Limit, Value]:
    """What the tuning says of limits; it has heard the size and limits.global by then."""
    values = {setting.key: setting.value for setting in tuning if setting.component == EVERYONE}
    return {limit: values[limit.path] for limit in LIMITS if limit.path in values}


def of_size(settings: Settings) -> dict[Limit, Value]:
    """What the size says for everyone."""
    size = ingest_limits(settings)
    said = {limit: getattr(size, limit.of_size) for limit in LIMITS if size is not None and limit.of_size}
    return {limit: value for limit, value in said.items() if value is not None}


def of_everyone(settings: Settings) -> dict[Limit, Value]:
    """What limits.global says."""
    return _said(settings.spec.limits.global_)


def _said_for_everyone(settings: Settings) -> dict[Limit, Value]:
    """What the size says, and what limits.global says over it."""
    return of_size(settings) | of_everyone(settings)


def _said(limits: TenantLimits) -> dict[Limit, Value]:
    """What a block of the settings says, without what it leaves out."""
    found = {limit: getattr(getattr(limits, limit.block), limit.field) for limit in LIMITS}
    return {limit: value for limit, value in found.items() if value is not None}


def _scoped(values: Mapping[Limit, Value]) -> Scoped:
    """As Tempo has them; no duration is what a key left out stands for."""
    scoped: Scoped = {}
    for limit in LIMITS:
        value = values.get(limit, NO_DURATION)
        if value != NO_DURATION:
            text = isinstance(value, str)
            scoped.setdefault(limit.scope, {})[limit.key] = _whole_seconds(str(value)) if text else value
    return scoped


@cache
def _whole_seconds(duration: str) -> str:
    """Rounded up: in its overrides Tempo reads Prometheus' durations, which know no fractions."""
    return canonical_duration(f"{-(-nanoseconds(duration) // 10**9)}s")
