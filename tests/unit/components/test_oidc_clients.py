"""A tenant's OIDC client in a Secret of the user's own: read in every run, before anything is made."""

import base64
from typing import Any

import pytest
import yaml

from tests.support.commands import ops
from tests.support.configs import CLIENT_SECRET, SECRETS, config
from tests.support.recording import Existing, Run, run
from tests.unit.ops.test_render import objects, stack_file

GATEWAY = "tempo-static-gateway"


def encoded(**texts: str) -> dict[str, str]:
    return {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}


THERE: Existing = {"given/dev-oidc": encoded(clientID="tempo", clientSecret=CLIENT_SECRET)}


def with_secret(**changes: Any) -> dict[str, Any]:
    """The stack of static tenants; the client of the only one is in a Secret."""
    given = config("static")
    given["spec"]["tenants"]["authentication"][0]["oidc"]["secret"] = {"name": "dev-oidc"}
    del given["oidcClients"]
    return given | changes


def clients(done: Run) -> dict[str, dict[str, str]]:
    """Tenant name -> its OIDC block in tenants.yaml."""
    text = base64.b64decode(done.kind("Secret")[GATEWAY].data["tenants.yaml"]).decode()
    return {tenant["name"]: tenant["oidc"] for tenant in yaml.safe_load(text)["tenants"]}


def test_the_gateway_gets_the_client_that_stands_in_the_secret() -> None:
    done = run(with_secret(), SECRETS, THERE)
    assert done.errors == []
    assert done.reads == ["given/dev-oidc"]
    assert clients(done) == clients(run(config("static"), SECRETS))
    assert "dev-oidc" not in done.kind("Secret")  # read, not made


def test_another_client_in_the_secret_rolls_the_gateway_and_nothing_else() -> None:
    other: Existing = {"given/dev-oidc": encoded(clientID="tempo", clientSecret="another")}
    before, after = run(with_secret(), SECRETS, THERE), run(with_secret(), SECRETS, other)
    changed = {name for name, workload in before.workloads.items() if workload.inputs != after.workloads[name].inputs}
    assert changed == {GATEWAY}


def test_each_tenant_has_its_client_in_one_of_the_two_places() -> None:
    given = with_secret(oidcClients={"prod": {"clientID": "other", "clientSecret": "its own"}})
    prod = {"tenantName": "prod", "tenantId": "2", "oidc": {"issuerURL": "https://id.example.com"}}
    given["spec"]["tenants"]["authentication"].append(prod)
    done = run(given, SECRETS, THERE)
    assert {name: (oidc["clientID"], oidc["clientSecret"]) for name, oidc in clients(done).items()} == {
        "dev": ("tempo", CLIENT_SECRET),
        "prod": ("other", "its own"),
    }


def test_two_tenants_of_one_client_read_its_secret_once() -> None:
    given = with_secret()
    dev = given["spec"]["tenants"]["authentication"][0]
    given["spec"]["tenants"]["authentication"].append(dev | {"tenantName": "prod", "tenantId": "2"})
    done = run(given, SECRETS, THERE)
    assert done.reads == ["given/dev-oidc"]
    assert set(clients(done)) == {"dev", "prod"}


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ({}, ["clientID is missing or empty; write it", "clientSecret is missing or empty; write it"]),
        (encoded(clientID="tempo"), ["clientSecret is missing or empty; write it"]),
        (encoded(clientID="tempo", clientSecret=""), ["clientSecret is missing or empty; write it"]),
        (
            encoded(clientID="tempo") | {"clientSecret": "/w=="},
            ["clientSecret is not text; write it as text, in quotes"],
        ),
        (
            encoded(clientID="tempo", clientSecret="of a file\n"),
            [
                "clientSecret has a line break, or a character that is not ASCII; write it with printable ASCII "
                "characters only"
            ],
        ),
    ],
)
def test_a_secret_that_holds_no_client_is_one_line_and_nothing_is_made(data: dict[str, str], lines: list[str]) -> None:
    done = run(with_secret(), SECRETS, {"given/dev-oidc": data})
    assert done.errors == [f"Secret dev-oidc: {line}" for line in lines]
    assert done.objects == []


def test_a_secret_that_is_not_there_stops_everything() -> None:
    done = run(with_secret(), SECRETS)
    assert done.errors == ["resource 'given/dev-oidc' does not exist"]
    assert done.objects == []


def test_a_tenant_without_a_client_is_told_both_places() -> None:
    given = with_secret(oidcClients={"prod": {"clientID": "other", "clientSecret": "its own"}})
    for name in ("prod", "third"):
        tenant = {"tenantName": name, "tenantId": name, "oidc": {"issuerURL": "https://id.example.com"}}
        given["spec"]["tenants"]["authentication"].append(tenant)
    assert run(given, SECRETS, THERE).errors == [
        "oidcClients.third: is missing; add {clientID: …, clientSecret: …} for this tenant, as a secret, or name a "
        "Secret that has them in its oidc.secret"
    ]


def test_a_rendering_masks_what_only_the_cluster_has(tmp_path: Any) -> None:
    file = stack_file(tmp_path, "static", spec=with_secret()["spec"], oidcClients=None)
    rendered = objects(ops("render", file))
    assert rendered["Secret", GATEWAY]["data"] == {"tenants.yaml": "********"}
    shown = ops("render", file, "--show-secrets")
    assert (shown.code, shown.out) == (2, "")
    assert shown.complaints == [
        "oidcClients.dev: is in the cluster's Secret dev-oidc only; render without --show-secrets, or put the client "
        "into oidcClients"
    ]


def test_a_rendering_knows_which_client_is_where(tmp_path: Any) -> None:
    given = with_secret(oidcClients={"prod": {"clientID": "other", "clientSecret": {"secure": "v1:abc"}}})
    given["spec"]["tenants"]["authentication"].append(
        {"tenantName": "prod", "tenantId": "prod", "oidc": {"issuerURL": "https://id.example.com"}}
    )
    file = stack_file(tmp_path, "static", spec=given["spec"], oidcClients=given["oidcClients"])
    assert objects(ops("render", file))["Secret", GATEWAY]["data"] == {"tenants.yaml": "********"}


def test_a_bare_spec_that_names_a_secret_is_of_a_namespace_that_is_there(tmp_path: Any) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(yaml.safe_dump(with_secret()["spec"]))
    assert ("Namespace", "tempo") not in objects(ops("render", file))
