"""Values in settings: exact numbers, one form for each duration, names that fit what is made of them."""

import json
from fractions import Fraction
from typing import Any

import pytest

from settings import Quantity, Settings, SettingsError, load_config
from settings.duration import canonical_duration
from settings.mistakes import Mistake, dotted
from settings.names import LONGEST_NAME
from settings.secrets import missing_secrets

SPEC = {"storage": {"secret": {"name": "minio"}}}


def with_spec(**keys: Any) -> Settings:
    return load_config({"name": "tmrs", "namespace": "tempo", "spec": json.dumps(SPEC | keys)})


def with_ingester(**keys: Any) -> Settings:
    return with_spec(template={"ingester": keys})


@pytest.mark.parametrize(
    ("written", "cores"), [(1, 1), (2.0, 2), (0.5, Fraction(1, 2)), (0.1, Fraction(1, 10)), ("250m", Fraction(1, 4))]
)
def test_a_quantity_may_be_text_or_a_number(written: object, cores: Fraction) -> None:
    resources = with_ingester(resources={"limits": {"cpu": written}}).spec.template.ingester.resources
    assert resources is not None
    assert resources.limits.cpu == Quantity(Fraction(cores))


def test_a_request_of_nothing_is_a_request() -> None:
    resources = with_ingester(resources={"requests": {"cpu": 0}}).spec.template.ingester.resources
    assert resources is not None
    assert resources.requests.cpu == Quantity.parse("0")


def test_a_whole_number_may_come_as_a_float() -> None:
    assert with_ingester(replicas=3.0).spec.template.ingester.pod.replicas == 3


@pytest.mark.parametrize("written", [0.3, "0.3", "3e-1"])
def test_a_ratio_is_exact(written: object) -> None:
    settings = with_spec(resources={"requestRatio": written})
    assert settings.spec.resources.request_ratio == Fraction(3, 10)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        *(("48h", "48h"), ("172800s", "48h"), ("90m", "1h30m"), ("1h30m0s", "1h30m"), (".5h", "30m"), ("59m60s", "1h")),
        *(
            ("1.5s", "1.5s"),
            ("1h1ms", "1h0.001s"),
            ("0.1s", "100ms"),
            ("1500us", "1500us"),
            ("2µs", "2us"),
            ("7ns", "7ns"),
        ),
    ],
)
def test_a_duration_has_one_form(written: str, canonical: str) -> None:
    assert canonical_duration(written) == canonical
    assert canonical_duration(canonical) == canonical


@pytest.mark.parametrize(
    "written", ["", "h", "48", "-1h", "+1h", "1 h", "1h ", "2d", "1h1", "0s", "0.1ns", "999999999h"]
)
def test_what_go_does_not_read_or_is_no_time_is_no_duration(written: str) -> None:
    with pytest.raises(ValueError, match="is "):
        canonical_duration(written)


def test_the_longest_name_still_fits_every_object() -> None:
    name = "t" * LONGEST_NAME
    assert load_config({"name": name, "namespace": "b", "spec": json.dumps(SPEC)}).name == name
    assert len(f"tempo-{name}-query-frontend-discovery") == 63
    assert len(f"tempo-{name}-ingester-5d4f8c9b7x") <= 63


@pytest.mark.parametrize(
    "tenant_id", ["1610b0c3-c509-4592-a256-a1871353dbfa", "team_a", "a.b", "(x)", "!*'", "a" * 150]
)
def test_every_tenant_id_of_tempo_is_allowed(tenant_id: str) -> None:
    tenants = {"mode": "static", "authentication": [{"tenantName": "dev", "tenantId": tenant_id}]}
    assert with_spec(tenants=tenants).spec.tenants


@pytest.mark.parametrize("tenant_id", ["", ".", "..", "a b", "a|b", "a/b", "ä", "a" * 151])
def test_no_other_tenant_id_is(tenant_id: str) -> None:
    tenants = {"mode": "static", "authentication": [{"tenantName": "dev", "tenantId": tenant_id}]}
    with pytest.raises(SettingsError) as refused:
        with_spec(tenants=tenants)
    assert [mistake.path[-1] for mistake in refused.value.mistakes] == ["tenantId"]


def test_a_static_gateway_with_oidc_and_roles_loads() -> None:
    oidc = {"issuerURL": "https://sso.example.com/realms/traces", "redirectURL": "https://traces.example.com/oidc/dev"}
    tenants = {
        "mode": "static",
        "authentication": [{"tenantName": "dev", "tenantId": "a", "oidc": oidc | {"usernameClaim": "email"}}],
        "authorization": {
            "roles": [{"name": "rw", "resources": ["traces"], "tenants": ["dev"], "permissions": ["read", "write"]}],
            "roleBindings": [{"name": "b", "roles": ["rw"], "subjects": [{"kind": "group", "name": "admins"}]}],
        },
    }
    settings = with_spec(tenants=tenants, template={"gateway": {"enabled": True}})
    assert not settings.spec.has_opa
    assert [mistake.path for mistake in missing_secrets(settings, ())] == [("oidcClients",)]


def test_a_path_is_written_as_pulumi_takes_it() -> None:
    path = ("spec", "template", "ingester", "nodeSelector", "kubernetes.io/arch")
    assert dotted(path) == 'spec.template.ingester.nodeSelector["kubernetes.io/arch"]'
    assert dotted(("spec", "tenants", "authentication", 0, "tenantName")) == "spec.tenants.authentication[0].tenantName"


def test_a_mistake_is_one_line_whatever_is_in_it() -> None:
    assert str(Mistake(("a\nb", "c\x1b[31m"), "x\u2028y\r\nz")).isprintable()
