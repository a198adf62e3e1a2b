"""Whether a way in from outside leads to a login, and whether what stands in front speaks TLS to the pods."""

from collections.abc import Iterator

from allocation.review.case import Case, Violation
from settings import Settings
from settings.ingress import Ingress

UI, GATEWAY = "spec.template.queryFrontend.jaegerQuery", "spec.template.gateway"
# How the annotations end by which an Ingress says so: ingress-nginx's and others' `backend-protocol`, HAProxy's
# `haproxy.org/server-ssl`, F5 NGINX's `nginx.org/ssl-services`, OpenShift's `route.openshift.io/termination`.
SAYS_SO = ("backend-protocol", "/server-ssl", "/ssl-services", "/termination")
# Annotations by which a controller asks for a login: ingress-nginx's and HAProxy's `auth-url`, `auth-type`,
# `auth-secret` and `auth-tls-secret`, the AWS load balancer's `auth-type`, for which `none` is none, Traefik's
# `router.middlewares`.
ASKS_FOR_A_LOGIN = ("auth-url", "auth-type", "auth-secret", "auth-tls-secret", "router.middlewares")
NO_LOGIN = ("none", "")


def backends_spoken_to_in_tls(case: Case) -> Iterator[Violation]:
    """A Route says it by itself; nothing in an HTTPRoute can, so there the finding is a reminder."""
    settings = case.settings
    doors = {GATEWAY: settings.gateway_ingress, UI: settings.jaeger_ingress}
    for place, door in doors.items():
        if door is None or settings.tls_mode == "off":
            continue
        path = f"{place}.ingress"
        pods = "the pods behind it speak TLS"
        if door.type == "ingress" and not any(key.endswith(SAYS_SO) for key in door.annotations or {}):
            remedy = "add your controller's, such as nginx.ingress.kubernetes.io/backend-protocol: HTTPS"
            yield Violation("backend-tls", f"{path}.annotations", f"none says that {pods}", remedy)
        if door.type == "httpRoute":
            remedy = "make sure that there is a BackendTLSPolicy for their Service"
            yield Violation("backend-tls", f"{path}.type", f"an HTTPRoute cannot say that {pods}", remedy)


def the_ui_asks_for_a_login(case: Case) -> Iterator[Violation]:
    """The Jaeger UI has no login of its own: its proxy has one, or the gateway, or what stands in front of it."""
    settings, door = case.settings, case.settings.jaeger_ingress
    if door is None or settings.spec.template.has_oauth_proxy or _has_a_login(door):
        return
    message = f"the {_NAMES[door.type]} leads to the Jaeger UI, which asks nobody for a login: all traces are open"
    yield Violation("open-ui", f"{UI}.ingress", message, _login(settings))


def logins_come_back(settings: Settings) -> Iterator[Violation]:
    """Warns when rendered files send a login back to the gateway's Service, which no browser reaches.

    OpenShift makes up the host of a Route when it takes the Route. `pulumi up` reads that host; a rendering cannot.
    """
    door, tenants = settings.gateway_ingress, settings.spec.tenants
    if door is None or tenants is None or door.type != "route" or door.host is not None:
        return
    sent = [
        tenant.tenant_name
        for tenant in tenants.authentication
        if tenants.mode == "openshift" or tenant.oidc is None or tenant.oidc.redirect_url is None
    ]
    if sent:
        message = "is missing, and a rendering cannot read the host that OpenShift makes up for the Route"
        lost = (
            f"tenants.yaml names the gateway's Service, to which no browser comes back: no login for {', '.join(sent)}"
        )
        remedy = "add the host, such as traces.apps.example.com, or deploy with pulumi up, which reads it"
        yield Violation("redirect-without-host", f"{GATEWAY}.ingress.host", f"{message}; {lost}", remedy)


_NAMES = {"ingress": "Ingress", "route": "Route", "httpRoute": "HTTPRoute"}


def _has_a_login(door: Ingress) -> bool:
    annotations = door.annotations or {}
    return any(
        key.rpartition("/")[2].endswith(ASKS_FOR_A_LOGIN) and value.strip() not in NO_LOGIN
        for key, value in annotations.items()
    )


def _login(settings: Settings) -> str:
    if settings.on_openshift:
        if settings.spec.template.query_frontend.jaeger_query.authentication is None:
            return f"add {UI}.authentication: {{}}, OpenShift's login"
        return f"set {UI}.authentication.enabled: true, OpenShift's login"
    return (
        f"set {GATEWAY}.enabled: true with an OIDC login for each of spec.tenants, and move the ingress there, or add "
        "your controller's annotation for a login, such as nginx.ingress.kubernetes.io/auth-url"
    )
