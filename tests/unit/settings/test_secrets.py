"""Secrets in settings: which a stack asks for, and where none may stand."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from allocation import allocate
from settings import load_config, load_file
from settings.secrets import missing_secrets, stray_secrets

CASES = Path(__file__).parents[2] / "cases"
SPEC = {"storage": {"secret": {"name": "minio"}}}


def test_a_stack_asks_for_the_secrets_that_it_needs_and_no_others() -> None:
    settings = load_file(CASES / "seed-global.yaml", with_minio=True)
    assert [str(mistake) for mistake in missing_secrets(settings, ["oidcClients"])] == [
        "minioRootPassword: is missing; run: pulumi config set --secret tempostack:minioRootPassword",
        "gatewayCookieKey: is missing; run: pulumi config set --secret tempostack:gatewayCookieKey",
    ]
    assert missing_secrets(settings, ["minioRootPassword", "gatewayCookieKey"]) == ()
    plain = load_config({"name": "a", "namespace": "b", "spec": json.dumps(SPEC)})
    assert missing_secrets(plain, ()) == ()


def test_the_search_for_secrets_ends_in_any_depth() -> None:
    value: Any = "bottom"
    for _ in range(100_000):
        value = {"a": value}
    assert list(stray_secrets(value)) == []


def test_a_node_label_may_be_called_like_a_secret() -> None:
    spec = SPEC | {"template": {"ingester": {"nodeSelector": {"password": "none"}}}}
    settings = load_config({"name": "a", "namespace": "b", "spec": json.dumps(spec)})
    assert settings.spec.template.ingester.pod.node_selector == {"password": "none"}


SAFE = {"secure": "v1:abcdefgh:ijklmnop"}
IN_PLAIN = {"clientID": "tempo", "clientSecret": "hunter2"}
IN_PART = {"clientID": "tempo", "clientSecret": SAFE}


@pytest.mark.parametrize(
    ("clients", "plaintext"),
    [
        (SAFE, set()),
        ({"dev": IN_PART, "prod": IN_PART}, set()),
        ({"dev": IN_PART, "prod": IN_PLAIN}, {"oidcClients.prod.clientSecret"}),
        ({"dev": SAFE, "prod": IN_PLAIN}, {"oidcClients.prod.clientSecret"}),
        ({"dev": IN_PLAIN, "prod": IN_PLAIN}, {"oidcClients"}),
        (json.dumps({"dev": IN_PLAIN}), {"oidcClients"}),
    ],
)
def test_of_a_secret_that_is_encrypted_in_part_the_plain_part_is_named(
    clients: Any, plaintext: set[str], tmp_path: Path
) -> None:
    tenants = [{"tenantName": name, "tenantId": name, "oidc": {"issuerURL": "https://a.b"}} for name in ("dev", "prod")]
    role = {"name": "all", "resources": ["traces"], "tenants": ["dev"], "permissions": ["read"]}
    binding = {"name": "all", "roles": ["all"], "subjects": [{"kind": "group", "name": "all"}]}
    authorization = {"roles": [role], "roleBindings": [binding]}
    spec = SPEC | {
        "tenants": {"mode": "static", "authentication": tenants, "authorization": authorization},
        "template": {"gateway": {"enabled": True}},
    }
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(yaml.safe_dump({"config": {"name": "a", "namespace": "b", "oidcClients": clients, "spec": spec}}))
    settings = load_file(file)
    assert settings.plaintext_secrets == plaintext
    said = [finding for finding in allocate(settings).findings if finding.code == "plaintext-secret"]
    assert [finding.path for finding in said] == sorted(plaintext)
    for finding in said:
        path = "--path " if "." in finding.path else ""
        assert str(finding).endswith(f"run `pulumi config set --secret {path}tempostack:{finding.path}`")
