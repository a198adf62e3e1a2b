"""Rules over several keys. They read the config as written, so that they speak even where other keys are broken."""

from collections.abc import Iterator

from pydantic_core import PydanticCustomError

from settings import (
    access_rules,
    limit_rules,
    namespace_rules,
    network_rules,
    search_rules,
    secret_rules,
    sizing_rules,
    tempo_rules,
    tls_rules,
)
from settings.mistakes import Mistake, Path, shown
from settings.names import LABEL, TEXT
from settings.node_pools import HOSTNAME
from settings.pods import PodSettings
from settings.scaling_rules import a_total_is_there_to_be_enforced, ingesters_stay, one_decides_how_many_pods_run
from settings.types import fraction
from settings.written import Config, Rule, at, entries, names, repeated

TENANTS: Path = ("spec", "tenants")
GATEWAY: Path = ("spec", "template", "gateway")
JAEGER: Path = ("spec", "template", "queryFrontend", "jaegerQuery")
WEIGHTS: Path = ("spec", "resources", "weights")


def each_key_stands_in_one_place(config: Config) -> Iterator[Mistake]:
    """A component's key stands directly under it or under its `component:`."""
    template = at(config, ("spec", "template"))
    for name, component in template.items() if isinstance(template, dict) else ():
        for key in (field.alias or "" for field in PodSettings.model_fields.values()):
            if at(component, (key,)) is not None and at(component, ("component", key)) is not None:
                path = ("spec", "template", name, "component", key)
                yield Mistake(path, f"stands here and in spec.template.{name}.{key}; keep one of the two")


def tenants_differ(config: Config) -> Iterator[Mistake]:
    """No two tenants share a name or an id."""
    for key in ("tenantName", "tenantId"):
        yield from repeated(config, (*TENANTS, "authentication"), key)


def roles_and_bindings_differ(config: Config) -> Iterator[Mistake]:
    """No two roles, and no two role bindings, share a name."""
    for group in ("roles", "roleBindings"):
        yield from repeated(config, (*TENANTS, "authorization", group), "name")


def node_pools_differ(config: Config) -> Iterator[Mistake]:
    """No two node pools share a name, and no two nodes a hostname."""
    yield from repeated(config, ("nodePools",), "name")
    first: dict[str, int] = {}
    for index, pool in enumerate(entries(config, ("nodePools",))):
        hostname = at(pool, ("labels", HOSTNAME))
        if isinstance(hostname, str) and first.setdefault(hostname, index) != index:
            path = ("nodePools", index, "labels", HOSTNAME)
            yield Mistake(path, f"{shown(hostname)} is already that of nodePools[{first[hostname]}]; give each its own")


def tenants_and_gateway_fit(config: Config) -> Iterator[Mistake]:
    """The gateway and the tenants' mode go together, and so do what each mode reads."""
    tenants, has_gateway = at(config, TENANTS), at(config, (*GATEWAY, "enabled")) is True
    mode = at(tenants, ("mode",))
    if has_gateway and tenants is None:
        yield Mistake((*GATEWAY, "enabled"), "is true, but there are no tenants; add spec.tenants, or write false")
    if mode == "openshift":
        if not has_gateway:
            yield Mistake((*TENANTS, "mode"), "openshift needs the gateway; write spec.template.gateway.enabled: true")
        yield from _without_oidc(config, "is read in static mode only; remove it, or write mode: static")
    if mode == "static" and has_gateway:
        yield from _with_oidc(config)
    if mode == "static" and not has_gateway:
        remedy = "remove it, or write spec.template.gateway.enabled: true"
        yield from _without_oidc(config, f"is read by the gateway only; {remedy}")


def _with_oidc(config: Config) -> Iterator[Mistake]:
    for index, tenant in enumerate(entries(config, (*TENANTS, "authentication"))):
        if isinstance(tenant, dict) and tenant.get("oidc") is None:
            path = (*TENANTS, "authentication", index, "oidc")
            yield Mistake(path, "is missing; add the tenant's OIDC provider, which a static gateway asks")
    if at(config, (*TENANTS, "authorization")) is None:
        yield Mistake((*TENANTS, "authorization"), "is missing; add roles and roleBindings, or nobody gets in")


def _without_oidc(config: Config, text: str) -> Iterator[Mistake]:
    for index, tenant in enumerate(entries(config, (*TENANTS, "authentication"))):
        if at(tenant, ("oidc",)) is not None:
            yield Mistake((*TENANTS, "authentication", index, "oidc"), text)
    if at(config, (*TENANTS, "authorization")) is not None:
        yield Mistake((*TENANTS, "authorization"), text)


def references_lead_somewhere(config: Config) -> Iterator[Mistake]:
    """Roles name tenants, and bindings name roles, that there are."""
    authorization: Path = (*TENANTS, "authorization")
    tenants = names(config, (*TENANTS, "authentication"), "tenantName", LABEL)
    roles = names(config, (*authorization, "roles"), "name", TEXT)
    yield from _dangling(config, (*authorization, "roles"), "tenants", "tenant", tenants)
    yield from _dangling(config, (*authorization, "roleBindings"), "roles", "role", roles)


def _dangling(config: Config, path: Path, key: str, what: str, known: set[str] | None) -> Iterator[Mistake]:
    if known is None:
        return
    remedy = f"write {' or '.join(sorted(known))}" if known else f"add that {what}"
    for index, entry in enumerate(entries(config, path)):
        for position, name in enumerate(entries(entry, (key,))):
            if isinstance(name, str) and name not in known:
                yield Mistake((*path, index, key, position), f"there is no {what} {shown(name)}; {remedy}")


def custom_weights_are_whole(config: Config) -> Iterator[Mistake]:
    """`profile: custom` and `weights` need each other; each running container has a weight, and not all are 0."""
    weights, profile = at(config, WEIGHTS), at(config, ("spec", "resources", "profile"))
    if weights is None:
        if profile == "custom":
            yield Mistake(WEIGHTS, "is missing although the profile is custom; add a weight for every container")
        return
    if profile != "custom":
        yield Mistake(WEIGHTS, "is read with profile: custom only; write that profile, or remove the weights")
        return
    running = [name for name in _containers(config) if isinstance(weights, dict)]
    for name in running:
        if weights.get(name) is None:
            yield Mistake(
                (*WEIGHTS, name), "is missing although the container runs; add it, such as {cpu: 1, memory: 1}"
            )
    for resource in ("cpu", "memory"):
        if running and all(_is_zero(at(weights, (name, resource))) for name in running):
            yield Mistake(WEIGHTS, f"are all 0 for {resource}; give at least one container more")


def _containers(config: Config) -> Iterator[str]:
    """The keys of `weights` whose containers run."""
    yield from ("distributor", "ingester", "compactor", "querier", "queryFrontend")
    if at(config, (*JAEGER, "enabled")) is True:
        yield from ("jaegerQuery", "tempoQuery")
        authentication = at(config, (*JAEGER, "authentication"))
        if isinstance(authentication, dict) and authentication.get("enabled", True) is True:
            yield "oauthProxy"
    if at(config, (*GATEWAY, "enabled")) is True:
        yield "gateway"
        if at(config, (*TENANTS, "mode")) == "openshift":
            yield "opa"


def _is_zero(value: object) -> bool:
    try:
        return fraction(value) == 0
    except PydanticCustomError:
        return False


RULES: tuple[Rule, ...] = (
    each_key_stands_in_one_place,
    one_decides_how_many_pods_run,
    ingesters_stay,
    a_total_is_there_to_be_enforced,
    tenants_differ,
    roles_and_bindings_differ,
    node_pools_differ,
    tenants_and_gateway_fit,
    references_lead_somewhere,
    custom_weights_are_whole,
    *tls_rules.RULES,
    *access_rules.RULES,
    *secret_rules.RULES,
    *sizing_rules.RULES,
    *network_rules.RULES,
    *limit_rules.RULES,
    *namespace_rules.RULES,
    *tempo_rules.RULES,
    *search_rules.RULES,
)


def broken_rules(config: Config) -> Iterator[Mistake]:
    """Every breach of every rule."""
    for rule in RULES:
        yield from rule(config)
