"""The pages on tenants: their configs load, and the addresses that they show are those that the program exports."""

import json
import re
from typing import Any

import yaml

from tests.support.configs import PASSWORD, ROOT, SECRETS, config
from tests.support.recording import run

CLIENTS = {name: {"clientID": "tempo", "clientSecret": "known to the provider"} for name in ("dev", "prod")}


def page(name: str) -> str:
    return (ROOT / "docs" / f"multi-tenancy-{name}.md").read_text()


def stack_of(text: str) -> dict[str, Any]:
    """The first config on a page, without the project's name in its keys."""
    (block, *_) = re.findall(r"```yaml\n(config:.*?)```", text, re.DOTALL)
    entries = yaml.safe_load(block)["config"]
    return {key.removeprefix("tempostack:"): value for key, value in entries.items()}


def shown(text: str) -> list[dict[str, str]]:
    """The addresses of the tenant dev, each time that a page shows them."""
    blocks = re.findall(r'"dev": (\{.*?\})', text, re.DOTALL)
    return [json.loads(block) for block in blocks]


def merged(below: Any, above: Any) -> Any:
    """One mapping over another, at every depth."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {key: merged(below.get(key, {}), above[key]) if key in above else below[key] for key in {**below, **above}}


def test_the_openshift_page_shows_the_addresses_of_its_config() -> None:
    text = page("openshift")
    done = run(merged(config("prod"), stack_of(text)), SECRETS)
    assert shown(text) == [done.outputs["tenants"]["dev"]]
    assert list(done.kind("ClusterRole")) == re.findall(r"its binding \(`(.*?)`\)", text)
    assert done.outputs["tenants"]["dev"]["otlpGrpc"] in text.split("## 4.")[1]


def test_the_oidc_page_shows_the_addresses_of_its_config_with_a_gateway_and_without() -> None:
    text = page("oidc")
    given = stack_of(text) | {"minioRootPassword": PASSWORD}
    with_gateway = run(given | {"oidcClients": CLIENTS}, SECRETS)
    assert with_gateway.errors == []

    spec = given["spec"]
    tenants = [{key: tenant[key] for key in ("tenantName", "tenantId")} for tenant in spec["tenants"]["authentication"]]
    fewer = {key: value for key, value in spec.items() if key not in ("tls", "template")}
    without = run(given | {"spec": fewer | {"tenants": {"mode": "static", "authentication": tenants}}}, SECRETS)
    assert shown(text) == [each.outputs["tenants"]["dev"] for each in (with_gateway, without)]


def test_the_httproute_of_the_oidc_page_leads_in_too() -> None:
    text = page("oidc")
    (given,) = re.findall(r"`ingress: (\{type: httpRoute.*?\})`", text)
    stack = stack_of(text) | {"minioRootPassword": PASSWORD, "oidcClients": CLIENTS}
    stack["spec"]["template"]["gateway"]["ingress"] = yaml.safe_load(given)
    assert list(run(stack, SECRETS).kind("HTTPRoute")) == ["tempo-traces-gateway"]
