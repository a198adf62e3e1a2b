"""Hypothesis strategies for stacks: specs as a user writes them, from the smallest to absurd ones.

A spec is a plain mapping, so that a test can change one thing of it and plan again.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from typing import Any

import hypothesis
from hypothesis import strategies as st

from settings import Settings

MIB = 2**20

# What every property test runs with; a failure prints the line that replays it.
thorough = hypothesis.settings(
    max_examples=300,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.filter_too_much],
)

Spec = dict[str, Any]

# Every container and the path of its `resources` below `spec.template`.
CONTAINERS: Mapping[str, tuple[str, ...]] = {
    "distributor": ("distributor", "component"),
    "ingester": ("ingester",),
    "compactor": ("compactor",),
    "querier": ("querier",),
    "query_frontend": ("queryFrontend", "component"),
    "jaeger_query": ("queryFrontend", "jaegerQuery"),
    "tempo_query": ("queryFrontend", "jaegerQuery", "tempoQuery"),
    "oauth_proxy": ("queryFrontend", "jaegerQuery", "authentication"),
    "gateway": ("gateway", "component"),
    "opa": ("gateway", "opa"),
}
COMPONENTS = ("distributor", "ingester", "compactor", "querier", "queryFrontend", "gateway")
ALWAYS = ("distributor", "ingester", "compactor", "querier", "query_frontend")


def settings_of(spec: Mapping[str, Any], **beside: Any) -> Settings:
    """Settings of a stack `x` with that spec and, beside it, whatever a test needs."""
    return Settings.model_validate({"name": "x", "namespace": "x", "spec": deepcopy(dict(spec)), **beside})


def put(spec: Spec, path: tuple[str, ...], value: Any) -> None:
    """Sets a nested key, making the mappings on the way."""
    for key in path[:-1]:
        spec = spec.setdefault(key, {})
    spec[path[-1]] = value


def get(spec: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """A nested key, None where it is not there."""
    found: Any = spec
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def base_spec(gateway: str | None = None, jaeger: bool = False, proxy: bool = False) -> Spec:
    """A stack without any number: `gateway` is None, "openshift" (with OPA) or "static"."""
    spec: Spec = {"storage": {"secret": {"name": "minio", "type": "s3"}}, "template": {}}
    if gateway:
        put(spec, ("template", "gateway", "enabled"), True)
        tenant: Spec = {"tenantName": "dev", "tenantId": "1610b0c3-c509-4592-a256-a1871353dbfa"}
        if gateway == "static":
            tenant["oidc"] = {
                "issuerURL": "https://idp.example.com",
                "redirectURL": "https://x.example.com/oidc/callback",
            }
        spec["tenants"] = {"mode": gateway, "authentication": [tenant]}
        if gateway == "static":
            role = {"name": "all", "resources": ["traces"], "tenants": ["dev"], "permissions": ["read", "write"]}
            binding = {"name": "all", "roles": ["all"], "subjects": [{"kind": "group", "name": "devs"}]}
            spec["tenants"]["authorization"] = {"roles": [role], "roleBindings": [binding]}
    if jaeger:
        put(spec, ("template", "queryFrontend", "jaegerQuery", "enabled"), True)
        if proxy:
            put(spec, ("template", "queryFrontend", "jaegerQuery", "authentication", "enabled"), True)
    return spec


def running(spec: Mapping[str, Any]) -> list[str]:
    """The containers that run."""
    jaeger = get(spec, ("template", "queryFrontend", "jaegerQuery")) or {}
    with_ui = ["jaeger_query", "tempo_query"] if jaeger.get("enabled") else []
    with_proxy = ["oauth_proxy"] if with_ui and (jaeger.get("authentication") or {}).get("enabled") else []
    with_gateway = ["gateway"] if get(spec, ("template", "gateway", "enabled")) else []
    with_opa = ["opa"] if with_gateway and spec["tenants"]["mode"] == "openshift" else []
    return [*ALWAYS, *with_ui, *with_proxy, *with_gateway, *with_opa]


def millicores(least: int = 1, most: int = 20_000) -> st.SearchStrategy[str]:
    """Cpu in whole millicores."""
    return st.integers(least, most).map(lambda n: f"{n}m")


def mebibytes(least: int = 1, most: int = 40_000) -> st.SearchStrategy[str]:
    """Memory in whole MiB."""
    return st.integers(least, most).map(lambda n: f"{n}Mi")


def odd_bytes(least: int = 1, most: int = 40_000 * MIB) -> st.SearchStrategy[str]:
    """Memory in bytes, hardly ever whole MiB."""
    return st.integers(least, most).map(str)


def override_blocks(memory: st.SearchStrategy[str], crossed: bool) -> st.SearchStrategy[Spec]:
    """`resources` blocks with some of their four numbers; requests within limits unless `crossed`."""

    def block(**pairs: tuple[str | None, str | None]) -> Spec:
        resources: Spec = {}
        for resource, (limit, request) in pairs.items():
            if not crossed and limit and request and _amount(request) > _amount(limit):
                limit, request = request, limit
            for side, quantity in (("limits", limit), ("requests", request)):
                if quantity:
                    put(resources, (side, resource), quantity)
        return resources

    cpu = st.none() | millicores(1, 3_000)
    return st.builds(block, cpu=st.tuples(cpu, cpu), memory=st.tuples(st.none() | memory, st.none() | memory))


def _amount(text: str) -> int:
    return int(text.removesuffix("Mi")) * MIB if text.endswith("Mi") else int(text.removesuffix("m"))


def totals_blocks(enough: bool, whole: bool) -> st.SearchStrategy[Spec]:
    """`resources.total` with some of its four numbers; `enough`: both limits, and they hold every floor."""
    # All floors x 12 replicas: 9 containers' 10m / 16Mi and the ingester's 50m / 128Mi.
    least_cpu, least_memory = (1_680, 3_264) if enough else (1, 1)
    cpu, memory = millicores(least_cpu, 60_000), mebibytes(least_memory, 120_000)
    if not whole:
        memory |= odd_bytes(least_memory * MIB, 120_000 * MIB)
    some = st.fixed_dictionaries({}, optional={"cpu": cpu, "memory": memory})
    limits = st.fixed_dictionaries({"cpu": cpu, "memory": memory}) if enough else some
    return st.fixed_dictionaries({"limits": limits, "requests": some})


PROFILES = st.fixed_dictionaries(
    {
        "profile": st.sampled_from(["operator", "production", "custom"]),
        "onViolation": st.sampled_from(["warn", "error"]),
        "requestRatio": st.sampled_from([0.3, 0.001, 0.5, 1]),
    }
)
WEIGHTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=len(CONTAINERS), max_size=len(CONTAINERS))
REPLICAS = st.lists(st.none() | st.integers(1, 12), min_size=len(COMPONENTS), max_size=len(COMPONENTS))
SHAPES = st.builds(base_spec, st.sampled_from([None, "static", "openshift"]), st.booleans(), st.booleans())


@cache
def stacks(*, enough: bool = False, whole: bool = False, crossed: bool = False) -> st.SearchStrategy[Spec]:
    """Specs with any containers, replicas, profile, totals and overrides.

    `enough`: both total limits, and they hold all floors (but perhaps not the overrides). `whole`: every memory in
    whole MiB. `crossed`: an override's request may exceed its limit.
    """
    memory = mebibytes(1, 4_000) if whole else mebibytes(1, 4_000) | odd_bytes(1, 4_000 * MIB)
    overrides = st.dictionaries(st.sampled_from(list(CONTAINERS)), override_blocks(memory, crossed), max_size=8)
    return st.builds(_stack, SHAPES, REPLICAS, PROFILES, WEIGHTS, totals_blocks(enough, whole), overrides)


def _stack(
    shape: Spec,
    replicas: Sequence[int | None],
    profile: Spec,
    weights: Sequence[tuple[int, int]],
    total: Spec,
    overrides: Mapping[str, Spec],
) -> Spec:
    spec = deepcopy(shape)
    runs = running(spec)
    spec["resources"] = {**profile, "total": total}
    if profile["profile"] == "custom":
        by_container = dict(zip(CONTAINERS, weights, strict=True))
        spec["resources"]["weights"] = {
            _camel(c): dict(zip(("cpu", "memory"), by_container[c], strict=True)) for c in runs
        }
    for component, count in zip(COMPONENTS, replicas, strict=True):
        if count is not None and (component != "gateway" or "gateway" in runs):
            put(spec, ("template", component, "replicas"), count)
    for container, block in overrides.items():
        if container in runs and block:
            put(spec, ("template", *CONTAINERS[container], "resources"), block)
    return spec


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def replicas_of(spec: Mapping[str, Any]) -> int:
    """The largest replica count of the stack."""
    counts = [get(spec, ("template", component, "replicas")) or 1 for component in COMPONENTS]
    return int(max(counts))
