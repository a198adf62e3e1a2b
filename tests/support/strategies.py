"""Hypothesis strategies for stacks: specs as a user writes them, from the smallest to absurd ones.

A spec is a plain mapping, so that a test can change one thing of it and plan again. It is put together from a shape,
which says what runs, and parts: each a strategy of what one group of keys says. A new key is a part more in `stacks`.
"""

import os
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any, get_args

import hypothesis
from hypothesis import strategies as st

from settings import Settings
from settings.workload import Preset, Size

MIB = 2**20

# What every property test of the allocation runs with. Fewer examples are for who runs them very often.
thorough = hypothesis.settings(
    max_examples=int(os.environ.get("TEMPOSTACK_EXAMPLES", "100")),
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
    store: Spec = {"secret": {"name": "minio", "type": "s3"}, "tls": {"enabled": False}}
    spec: Spec = {"storage": store, "networkPolicy": {"ports": {"s3": [9000]}}, "template": {}}
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


def any_bytes(least: int = 1, most: int = 40_000) -> st.SearchStrategy[str]:
    """Memory of so many MiB, written in them or in bytes, which are hardly ever whole ones."""
    return st.integers(2 * least * MIB, 2 * most * MIB).map(lambda n: f"{n // 2}" if n % 2 else f"{n // 2 // MIB}Mi")


def camel(name: str) -> str:
    """A container's name as a key."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


# What a part writes: a value for each path below `spec`. Whatever belongs to a container that does not run is left out.
Path = tuple[str, ...]
Part = Mapping[Path, Any]
Amounts = dict[Path, st.SearchStrategy[str]]
NEEDS: Mapping[Path, str] = {
    ("template", "gateway"): "gateway",
    ("template", "gateway", "opa"): "opa",
    ("template", "queryFrontend", "jaegerQuery"): "jaeger_query",
    ("template", "queryFrontend", "jaegerQuery", "authentication"): "oauth_proxy",
} | {("resources", "weights", camel(container)): container for container in CONTAINERS}


@st.composite
def some_of(draw: st.DrawFn, values: Mapping[Any, st.SearchStrategy[Any]]) -> dict[Any, Any]:
    """Some of the keys, each with a value. Choosing them all at once makes stacks in half the time."""
    chosen = draw(st.integers(0, 2 ** len(values) - 1))
    return {key: draw(value) for bit, (key, value) in enumerate(values.items()) if chosen >> bit & 1}


SHAPES = st.builds(base_spec, st.sampled_from([None, "static", "openshift"]), st.booleans(), st.booleans())


def replicas() -> st.SearchStrategy[Part]:
    """Up to 12 replicas of any component."""
    counts = st.integers(1, 12)
    return some_of({("template", component, "replicas"): counts for component in COMPONENTS})


def sizes() -> st.SearchStrategy[Part]:
    """A size, a load with or without a preset, a preset alone, or nothing."""
    size = st.fixed_dictionaries({("size",): st.sampled_from(get_args(Size))})
    preset = {("workload", "preset"): st.sampled_from(get_args(Preset))}
    ingest = {("workload", "ingest", "megabytesPerSecond"): st.integers(1, 2_000)}
    queries = {("workload", "queriesPerSecond"): st.integers(0, 500)}
    return st.one_of(
        st.just({}), size, st.fixed_dictionaries(ingest, optional=queries | preset), st.fixed_dictionaries(preset)
    )


def autoscaling() -> st.SearchStrategy[Part]:
    """An autoscaler for some components, and which of its bounds the budget counts."""

    def block(bounds: tuple[int, int], budget: str) -> Spec:
        return {"minReplicas": min(bounds), "maxReplicas": max(bounds), "budget": budget}

    bounds = st.tuples(st.integers(1, 12), st.integers(1, 12))
    blocks = st.builds(block, bounds, st.sampled_from(["min", "max"]))
    paths = [("template", component, "autoscaling") for component in COMPONENTS if component != "ingester"]
    return st.dictionaries(st.sampled_from(paths), blocks, max_size=2)


def classes() -> st.SearchStrategy[Part]:
    """A class for the stack, for some components, or neither."""
    qos = st.sampled_from(["Guaranteed", "Burstable", "BestEffort"])
    paths = [("template", component, "qos") for component in COMPONENTS]
    whole = st.fixed_dictionaries({}, optional={("resources", "qos"): qos | st.just("recommended")})
    return st.just({}) | st.builds(dict.__or__, whole, st.dictionaries(st.sampled_from(paths), qos, max_size=3))


def tenants() -> st.SearchStrategy[Part]:
    """A gateway by the number of tenants, or not."""
    amounts = st.fixed_dictionaries({"cpu": millicores(1, 500), "memory": mebibytes(1, 500)})
    blocks = st.fixed_dictionaries({"base": amounts, "perTenant": amounts})
    return st.just({}) | st.fixed_dictionaries({("template", "gateway", "sizing"): blocks})


def profiles() -> st.SearchStrategy[Part]:
    """A profile, or weights of the stack's own."""
    weights = st.integers(0, 99).map(lambda n: dict(zip(("cpu", "memory"), divmod(n, 10), strict=True)))
    profile: Path = ("resources", "profile")
    custom: dict[Path, st.SearchStrategy[Any]] = {profile: st.just("custom")}
    custom |= {("resources", "weights", camel(c)): weights for c in CONTAINERS}
    named = st.sampled_from(["operator", "production", "measured"])
    return st.fixed_dictionaries({profile: named}) | st.fixed_dictionaries(custom)


def rules() -> st.SearchStrategy[Part]:
    """What the plan is to make of it."""
    return st.fixed_dictionaries(
        {
            ("resources", "onViolation"): st.sampled_from(["warn", "error"]),
            ("resources", "requestRatio"): st.sampled_from([0.3, 0.001, 0.5, 1]),
        }
    )


def totals(enough: bool, whole: bool) -> st.SearchStrategy[Part]:
    """Some of the totals' numbers; `enough`: the limits of cpu and memory, and all that there are hold every floor."""
    # All floors x 12 replicas: 10m / 64Mi, an ingester's 50m; of memory Tempo's 580Mi, the bridge's 44Mi and 16Mi for
    # each of the other 4.
    least_cpu, least_memory, least_storage = (1_680, 8_256, 7_680) if enough else (1, 1, 1)
    amounts = {
        "cpu": millicores(least_cpu, 60_000),
        "memory": (mebibytes if whole else any_bytes)(least_memory, 120_000),
        "ephemeral-storage": mebibytes(least_storage, 120_000),
    }
    limits: Amounts = {("resources", "total", "limits", resource): amount for resource, amount in amounts.items()}
    some: Amounts = {("resources", "total", "requests", resource): amount for resource, amount in amounts.items()}
    always = {path: amount for path, amount in limits.items() if enough and path[-1] in ("cpu", "memory")}
    some |= {path: amount for path, amount in limits.items() if path not in always}
    return st.builds(dict.__or__, st.fixed_dictionaries(always), some_of(some))


def overrides(whole: bool, crossed: bool) -> st.SearchStrategy[Part]:
    """`resources` of some containers, with some of their numbers; requests within limits unless `crossed`."""
    memory = (mebibytes if whole else any_bytes)(1, 4_000)
    amounts = {"cpu": millicores(1, 3_000), "memory": memory, "ephemeral-storage": mebibytes(1, 4_000)}
    numbers = {(side, resource): amounts[resource] for side in ("limits", "requests") for resource in amounts}

    def block(given: Mapping[tuple[str, str], str]) -> Spec:
        resources: Spec = {}
        for (side, resource), amount in given.items():
            put(resources, (side, resource), amount)
            limit, request = get(resources, ("limits", resource)), get(resources, ("requests", resource))
            if not crossed and limit and request and _amount(request) > _amount(limit):
                resources["limits"][resource], resources["requests"][resource] = request, limit
        return resources

    blocks = some_of(numbers).map(block)
    paths = [("template", *path, "resources") for path in CONTAINERS.values()]
    return st.dictionaries(st.sampled_from(paths), blocks, max_size=6)


def _amount(text: str) -> int:
    return int(text.removesuffix("Mi")) * MIB if text.endswith("Mi") else int(text.removesuffix("m"))


@cache
def stacks(*, enough: bool = False, whole: bool = False, crossed: bool = False) -> st.SearchStrategy[Spec]:
    """Specs with any containers, replicas, profile, totals and overrides.

    `enough`: both total limits, and they hold all floors (but perhaps not the overrides). `whole`: every memory in
    whole MiB, and nothing from a size. `crossed`: an override's request may exceed its limit.
    """
    parts = (
        st.just({}) if whole else sizes(),
        replicas(),
        autoscaling(),
        profiles(),
        classes(),
        tenants(),
        rules(),
        totals(enough, whole),
        overrides(whole, crossed),
    )
    return st.builds(stack_of, SHAPES, *parts)


def stack_of(shape: Spec, *parts: Part) -> Spec:
    """The shape with what the parts say of the containers that run."""
    spec = deepcopy(shape)
    runs = running(spec)
    for part in parts:
        for path, value in part.items():
            if all(NEEDS.get(path[:n], ALWAYS[0]) in runs for n in range(len(path) + 1)):
                put(spec, path, deepcopy(value))
    return spec
