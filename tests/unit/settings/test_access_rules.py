"""Rules read config as it is written, Settings what became of it: on whatever is valid both decide the same."""

from copy import deepcopy
from typing import Any

import hypothesis
from hypothesis import assume, event, given
from hypothesis import strategies as st

from settings import Settings, SettingsError, access_rules
from settings.check import Source, checked
from tests.support.strategies import SHAPES, Spec, get, put

GATEWAY, JAEGER = ("template", "gateway"), ("template", "queryFrontend", "jaegerQuery")  # below `spec`
HOST = {"host": "traces.example.com"}
DOORS: tuple[Spec, ...] = (
    {},
    {"type": ""},
    {"type": "none"},
    HOST,
    {"type": "", "route": {"termination": "passthrough"}},
    {"type": "route"},
    {"type": "route", "route": {"termination": "edge"}},
    {"type": "ingress", **HOST},
    {"type": "httpRoute", "parentRefs": [{"name": "public"}], **HOST},
)
TLS: tuple[Spec, ...] = (
    {"mode": "off"},
    {"mode": False},
    {"mode": "serviceCA"},
    {"mode": "certManager"},
    {"mode": "secrets", "secretName": "given"},
)
CHOICES: dict[tuple[str, ...], tuple[Any, ...]] = {
    ("spec", "tls"): TLS,
    ("spec", *GATEWAY, "ingress"): DOORS,
    ("spec", *JAEGER, "ingress"): DOORS,
    ("spec", *JAEGER, "authentication"): ({}, {"enabled": True}, {"enabled": False}),
    ("platform",): ("kubernetes", "openshift"),
}


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    """A shape with, each or not, a platform, a mode of TLS, ways in, and what is said of the oauth-proxy."""
    config: dict[str, Any] = {"name": "x", "namespace": "x", "createNamespace": False, "spec": deepcopy(draw(SHAPES))}
    for path, choices in CHOICES.items():
        runs = path[1:-1] not in (GATEWAY, JAEGER) or get(config["spec"], (*path[1:-1], "enabled"))
        if runs and draw(st.booleans()):
            put(config, path, deepcopy(draw(st.sampled_from(choices))))
    return config


def settings_of(config: dict[str, Any]) -> Settings:
    secrets = {"gatewayCookieKey": "a cookie key of enough characters"}
    try:
        return checked(Source(deepcopy(config) | secrets))
    except SettingsError:
        assume(False)
        raise


@hypothesis.settings(max_examples=300)  # half of what is drawn is valid
@given(configs())
def test_rules_decide_as_settings_do(config: dict[str, Any]) -> None:
    settings = settings_of(config)
    template = settings.spec.template
    assert access_rules.on_openshift(config) == settings.on_openshift
    assert access_rules.tls_mode(config) == settings.tls_mode
    assert access_rules.has_proxy(config) == template.has_oauth_proxy
    doors = {}
    if template.gateway.enabled:
        doors[access_rules.GATEWAY] = settings.gateway_ingress
    elif template.has_jaeger_ui:
        doors[access_rules.JAEGER] = settings.jaeger_ingress
    for place, door in doors.items():
        assert access_rules.kind_of_door(config, place) == ("none" if door is None else door.type)
        event(f"{place[-1]}: {access_rules.kind_of_door(config, place)}, {settings.tls_mode}")
