"""Findings about ways in: plain HTTP to pods that speak TLS, a UI without a login, a login that does not come back."""

from typing import Any

import pytest

from allocation import allocate, review_rendering
from tests.support.commands import SEED_GLOBAL, ops
from tests.support.strategies import base_spec, put, settings_of

INGRESS = {"type": "ingress", "host": "t.example.com"}
ROUTE = {"type": "httpRoute", "host": "t.example.com", "parentRefs": [{"name": "public"}]}
ANNOTATIONS = "spec.template.queryFrontend.jaegerQuery.ingress.annotations"


def told(ingress: dict[str, Any], tls: str = "certManager", **beside: Any) -> list[str]:
    spec = base_spec() | {"tls": {"mode": tls}}
    put(spec, ("template", "queryFrontend", "jaegerQuery"), {"enabled": True, "ingress": ingress})
    found = allocate(settings_of(spec, **beside)).findings
    return [f"{each.severity} {each.path}" for each in found if each.code == "backend-tls"]


def test_an_ingress_that_nobody_told_of_tls_is_a_warning() -> None:
    assert told(INGRESS) == [f"warning {ANNOTATIONS}"]
    assert told(INGRESS | {"annotations": {"a.example.com/timeout": "5s"}}) == [f"warning {ANNOTATIONS}"]


@pytest.mark.parametrize(
    "key",
    [
        "nginx.ingress.kubernetes.io/backend-protocol",
        "alb.ingress.kubernetes.io/backend-protocol",
        "haproxy.org/server-ssl",
        "nginx.org/ssl-services",
        "route.openshift.io/termination",
    ],
)
def test_an_ingress_that_says_it_in_its_controllers_words_is_none(key: str) -> None:
    assert told(INGRESS | {"annotations": {key: "HTTPS"}}) == []


def test_an_http_route_is_a_reminder_of_the_policy_that_it_needs() -> None:
    assert told(ROUTE) == ["warning spec.template.queryFrontend.jaegerQuery.ingress.type"]


def test_plain_pods_and_a_route_of_openshift_need_no_word() -> None:
    assert told(INGRESS, tls="off") == told(ROUTE, tls="off") == []
    assert told({"type": "route"}, tls="serviceCA", platform="openshift") == []


def open_ui(ingress: dict[str, Any], on_violation: str = "warn", **more: Any) -> list[tuple[str, str]]:
    beside = {key: more.pop(key) for key in ("platform",) if key in more}
    spec = base_spec()
    put(spec, ("resources", "onViolation"), on_violation)
    put(spec, ("template", "queryFrontend", "jaegerQuery"), {"enabled": True, "ingress": ingress} | more)
    found = allocate(settings_of(spec, **beside)).findings
    return [(each.severity, each.remedy) for each in found if each.code == "open-ui"]


@pytest.mark.parametrize(("on_violation", "severity"), [("warn", "warning"), ("error", "error")])
@pytest.mark.parametrize("door", [INGRESS, ROUTE, {"type": "route"}])
def test_a_way_to_the_ui_without_a_login_is_as_severe_as_on_violation_says(
    door: dict[str, Any], on_violation: str, severity: str
) -> None:
    [(found, _)] = open_ui(door, on_violation)
    assert found == severity


def test_the_remedy_of_an_open_ui_is_the_login_of_the_platform() -> None:
    [(_, elsewhere)] = open_ui(INGRESS)
    [(_, switched_off)] = open_ui({"type": "route"}, authentication={"enabled": False})
    assert "spec.template.gateway.enabled: true" in elsewhere
    assert "jaegerQuery.authentication.enabled: true" in switched_off


@pytest.mark.parametrize(
    ("key", "value", "asks"),
    [
        ("nginx.ingress.kubernetes.io/auth-url", "https://sso.example.com", True),
        ("haproxy.org/auth-type", "basic-auth", True),
        ("alb.ingress.kubernetes.io/auth-type", "none", False),
        ("nginx.ingress.kubernetes.io/auth-url", "", False),
        ("nginx.ingress.kubernetes.io/auth-realm", "hi", False),
        ("traefik.ingress.kubernetes.io/router.middlewares", "default-auth@kubernetescrd", True),
        ("a.example.com/timeout", "5s", False),
    ],
)
def test_a_controller_that_asks_for_a_login_is_one(key: str, value: str, asks: bool) -> None:
    assert (open_ui(INGRESS | {"annotations": {key: value}}) == []) == asks


def test_a_ui_with_a_proxy_behind_a_gateway_or_without_a_way_in_is_not_open() -> None:
    assert open_ui({"type": "route"}, authentication={}) == []
    assert open_ui({"type": "none"}) == []
    behind = allocate(settings_of(base_spec("static", jaeger=True))).findings
    assert [each for each in behind if each.code == "open-ui"] == []


def rendered(mode: str = "openshift", ingress: dict[str, Any] | None = None, **beside: Any) -> list[str]:
    spec = base_spec(mode)
    put(spec, ("template", "gateway", "ingress"), ingress or {})
    return [f"{each.severity} {each.code} {each.path}" for each in review_rendering(settings_of(spec, **beside))]


def test_a_rendered_gateway_whose_route_has_no_host_is_a_warning_of_the_rendering_alone() -> None:
    assert rendered() == ["warning redirect-without-host spec.template.gateway.ingress.host"]
    assert [
        f for f in allocate(settings_of(base_spec("openshift"))).findings if f.code == "redirect-without-host"
    ] == []


def test_a_login_that_has_an_address_to_come_back_to_needs_no_host_of_the_route() -> None:
    assert rendered(ingress={"host": "t.example.com"}) == []
    assert rendered(ingress={"type": "none"}) == []
    assert rendered("static", {"type": "route"}) == []  # the tenant's redirectURL
    spec = base_spec("static")
    del spec["tenants"]["authentication"][0]["oidc"]["redirectURL"]
    put(spec, ("template", "gateway", "ingress", "type"), "route")
    [finding] = review_rendering(settings_of(spec))
    assert "dev" in finding.message


def test_render_prints_the_warning_and_the_objects() -> None:
    done = ops("render", SEED_GLOBAL)
    assert done.code == 0
    assert len([line for line in done.complaints if "[redirect-without-host]" in line]) == 1
