"""Findings about ways in: who speaks plain HTTP to pods that speak TLS."""

from typing import Any

import pytest

from allocation import allocate
from tests.unit.strategies import base_spec, put, settings_of

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
