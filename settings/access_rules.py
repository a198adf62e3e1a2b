"""Rules on who comes in and by which door: OpenShift's own login, Routes, Ingresses and HTTPRoutes."""

from collections.abc import Iterator

from settings.ingress import TERMINATIONS
from settings.mistakes import Mistake, Path, shown
from settings.names import LONGEST_LABEL
from settings.tls import TlsMode, as_written
from settings.written import Config, Rule, at

TENANTS_MODE: Path = ("spec", "tenants", "mode")
TLS_MODE: Path = ("spec", "tls", "mode")
GATEWAY: Path = ("spec", "template", "gateway")
JAEGER: Path = ("spec", "template", "queryFrontend", "jaegerQuery")
COMPONENTS = {GATEWAY: "gateway", JAEGER: "query-frontend"}  # whose Service a way in leads to
KEYS_OF = {"ingressClassName": "ingress", "tls": "ingress", "route": "route", "parentRefs": "httpRoute"}


def openshift_is_what_it_says(config: Config) -> Iterator[Mistake]:
    """Nothing that only OpenShift has is asked of another platform."""
    if at(config, ("platform",)) != "kubernetes":
        return
    remedy = "is OpenShift's, and platform is kubernetes; write platform: openshift, or"
    if at(config, TENANTS_MODE) == "openshift":
        yield Mistake(TENANTS_MODE, f"openshift {remedy} mode: static")
    if has_proxy(config):
        yield Mistake((*JAEGER, "authentication"), f"{remedy} enabled: false")
    for place in COMPONENTS:
        if at(config, (*place, "ingress", "type")) == "route":
            yield Mistake((*place, "ingress", "type"), f"route {remedy} ingress or httpRoute")


def the_service_account_is_not_one_that_reviews(config: Config) -> Iterator[Mistake]:
    """The accounts that OpenShift's login needs are made by the stack, for the pods that need them."""
    given, name = at(config, ("spec", "serviceAccount")), at(config, ("name",))
    logs_in = {
        "gateway": at(config, TENANTS_MODE) == "openshift" and at(config, (*GATEWAY, "enabled")) is True,
        "query-frontend": has_proxy(config),
    }
    for component, has_account in logs_in.items():
        if has_account and given == f"tempo-{name}-{component}":
            found = f"{shown(given)} is the ServiceAccount that the stack makes for its {component}"
            yield Mistake(("spec", "serviceAccount"), f"{found}; write another, or remove it")


def openshifts_login_is_encrypted(config: Config) -> Iterator[Mistake]:
    """The gateway reads a token only off an encrypted connection: its gRPC server fails on any other."""
    if at(config, ("platform",)) == "kubernetes":
        return  # where such tenants are none
    if at(config, TENANTS_MODE) == "openshift" and tls_mode(config) == "off":
        yield Mistake(TLS_MODE, "off leaves openshift tenants' tokens in the open; write serviceCA, or remove it")


def ways_in_lead_somewhere(config: Config) -> Iterator[Mistake]:
    """There is something behind each door, and only one to the Jaeger UI."""
    for place, name in ((GATEWAY, "the gateway"), (JAEGER, "the Jaeger UI")):
        kind = at(config, (*place, "ingress", "type"))
        path = (*place, "ingress")
        if kind in (None, "", "none"):
            continue
        if at(config, (*place, "enabled")) is not True:
            yield Mistake(path, f"leads to {name}, which does not run; write enabled: true beside it, or remove it")
        elif place == JAEGER and at(config, (*GATEWAY, "enabled")) is True:
            yield Mistake(path, "leads around the gateway, through which the Jaeger UI is reached; remove it")


def ways_in_are_whole(config: Config) -> Iterator[Mistake]:
    """Each kind has the keys that it needs, and none that another kind reads."""
    for place in COMPONENTS:
        ingress, path = at(config, (*place, "ingress")), (*place, "ingress")
        if not isinstance(ingress, dict):
            continue
        kind = kind_of_door(config, place)
        for key in ingress:
            if key in KEYS_OF and kind != KEYS_OF[key]:
                yield Mistake((*path, key), f"is read with type: {KEYS_OF[key]} only; write that type, or remove it")
            elif key in ("host", "annotations") and kind == "none":
                yield Mistake((*path, key), "is read by a way in only; write type: ingress, or another, or remove it")
        if kind in ("ingress", "httpRoute") and "host" not in ingress:
            yield Mistake((*path, "host"), f"is missing; add the host name of the {kind}, such as traces.example.com")
        if kind == "httpRoute" and "parentRefs" not in ingress:
            yield Mistake((*path, "parentRefs"), "is missing; add the Gateway, such as [{name: public}]")


def routes_fit_the_stacks_tls(config: Config) -> Iterator[Mistake]:
    """A router can speak to the pods as they speak, and trusts whom they are signed by."""
    tls = tls_mode(config)
    for place in COMPONENTS:
        path = (*place, "ingress", "route", "termination")
        termination = at(config, path)
        known = [word for words in TERMINATIONS.values() for word in words]
        if kind_of_door(config, place) == "route" and termination in known and termination not in TERMINATIONS[tls]:
            remedy = f"write {' or '.join(TERMINATIONS[tls])}, or remove it"
            yield Mistake(path, f"{termination} does not go with spec.tls.mode: {tls}; {remedy}")


def made_up_hosts_are_names(config: Config) -> Iterator[Mistake]:
    """OpenShift makes a host of a Route's name and its namespace, in one label of DNS."""
    stack, namespace = at(config, ("name",)), at(config, ("namespace",))
    if not (isinstance(stack, str) and isinstance(namespace, str)):
        return
    for place, component in COMPONENTS.items():
        label = f"tempo-{stack}-{component}-{namespace}"
        is_open = kind_of_door(config, place) == "route" and at(config, (*place, "enabled")) is True
        is_behind = place == JAEGER and at(config, (*GATEWAY, "enabled")) is True
        if is_open and not is_behind and at(config, (*place, "ingress", "host")) is None and len(label) > LONGEST_LABEL:
            found = f"is missing, and OpenShift's own, {shown(label)}, is over {LONGEST_LABEL} characters"
            yield Mistake((*place, "ingress", "host"), f"{found}; add a host, such as traces.example.com")


def kind_of_door(config: Config, place: Path) -> object:
    """The type of a way in; where nothing is said, what `Settings` decides."""
    given = at(config, (*place, "ingress", "type"))
    if given not in (None, ""):
        return given
    by_route = on_openshift(config) and (place == GATEWAY or has_proxy(config))
    return "route" if by_route else "none"


def tls_mode(config: Config) -> TlsMode:
    """As `Settings` has it; where what is written is none of them, the one that would be there without it."""
    given = as_written(at(config, TLS_MODE))
    default: TlsMode = "serviceCA" if on_openshift(config) else "off"
    return next((mode for mode in TERMINATIONS if mode == given), default)


def on_openshift(config: Config) -> bool:
    platform = at(config, ("platform",))
    if platform in ("kubernetes", "openshift"):
        return bool(platform == "openshift")
    has_route = any(at(config, (*place, "ingress", "type")) == "route" for place in COMPONENTS)
    return has_route or has_proxy(config) or at(config, TENANTS_MODE) == "openshift"


def has_proxy(config: Config) -> bool:
    """Whether the oauth-proxy runs, as far as what is written says."""
    authentication = at(config, (*JAEGER, "authentication"))
    is_on = isinstance(authentication, dict) and authentication.get("enabled", True) is True
    return is_on and at(config, (*JAEGER, "enabled")) is True


RULES: tuple[Rule, ...] = (
    openshift_is_what_it_says,
    the_service_account_is_not_one_that_reviews,
    openshifts_login_is_encrypted,
    ways_in_lead_somewhere,
    ways_in_are_whole,
    routes_fit_the_stacks_tls,
    made_up_hosts_are_names,
)
