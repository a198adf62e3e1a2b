"""Secrets: handed to the engine as secrets only, derived and not drawn, and of the form their readers take."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from components import secrets
from components.secrets import Secrets
from tests.support.configs import CLIENT_SECRET, COOKIE_KEY, PASSWORD, changed
from tests.support.recording import Run

Named = Callable[[str], Run]

NO_SECRETS = ("endpoint", "bucket", "access_key_id")  # in the storage Secret, beside what is one


def test_no_secret_reaches_the_engine_in_plain(stack: Run) -> None:
    hidden = {PASSWORD, COOKIE_KEY, CLIENT_SECRET}
    for each in stack.kind("Secret").values():
        hidden |= {_decoded(value) for key, value in each.data.items() if key not in NO_SECRETS}
    hidden |= {base64.b64encode(text.encode()).decode() for text in hidden}
    hidden |= {hashlib.sha256(text.encode()).hexdigest()[:16] for text in hidden}  # a quick hash can be guessed
    for resource in stack.resources:
        for text in _plain_texts(resource.inputs):
            assert not [secret for secret in hidden if secret in text], f"{resource.urn}: {text}"
    for text in _plain_texts(stack.outputs):
        assert not [secret for secret in hidden if secret in text]


def test_a_value_from_config_is_a_secret_before_anything_is_done_with_it() -> None:
    async def are_secret() -> list[bool]:
        secrets = Secrets.of({"minioRootPassword": PASSWORD, "gatewayCookieKey": COOKIE_KEY, "oidcClients": "{}"})
        outputs = (secrets.minio_root_password, secrets.gateway_cookie_key, secrets.oidc_clients)
        return [output is not None and await output.is_secret() for output in outputs]

    assert asyncio.run(are_secret()) == [True, True, True]


def test_minio_makes_the_secret_that_the_spec_names(stack_named: Named) -> None:
    data = stack_named("prod").kind("Secret")["minio"].data
    assert {key: _decoded(value) for key, value in data.items()} == {
        "endpoint": "https://tempo-tmrs-minio.tempo-prod.svc:9000",
        "bucket": "tempo",
        "access_key_id": "tempo",
        "access_key_secret": PASSWORD,
    }


def test_without_minio_the_storage_secret_is_the_users_own(stack_named: Named) -> None:
    run = stack_named("static")
    assert "bucket" not in run.kind("Secret")
    assert not run.of_type(":Minio")
    env = run.workloads["tempo-static-ingester"].pod["spec"]["containers"][0]["env"]
    assert {variable["valueFrom"]["secretKeyRef"]["name"] for variable in env if "valueFrom" in variable} == {"bucket"}


def test_every_tenant_of_the_cluster_has_a_cookie_secret_of_its_own_that_stays(stack_named: Named) -> None:
    tenants = _tenants(stack_named("seed-global"), "tempo-tmrs-gateway")
    cookies = [tenant["openshift"]["cookieSecret"] for tenant in tenants]
    assert len(set(cookies)) == 2
    assert {len(cookie) for cookie in cookies} == {32}  # an AES key: other lengths than 16, 24 and 32 are refused
    assert _tenants(changed("seed-global", "spec.storageSize", "2Gi"), "tempo-tmrs-gateway") == tenants
    assert [tenant["name"] for tenant in tenants] == ["dev", "prod"]
    assert tenants[0]["id"] == "1610b0c3-c509-4592-a256-a1871353dbfa"
    assert tenants[0]["openshift"]["serviceAccount"] == "tempo-tmrs-gateway"
    assert tenants[0]["opa"] == {"url": "http://localhost:8082/v1/data/tempostack/allow", "withAccessToken": True}


def test_a_static_tenant_logs_in_with_the_client_from_config(stack_named: Named) -> None:
    (tenant,) = _tenants(stack_named("static"), "tempo-static-gateway")
    assert tenant["oidc"] == {
        "clientID": "tempo",
        "clientSecret": CLIENT_SECRET,
        "issuerURL": "https://id.example.com",
        "redirectURL": "https://tempo.example.com/oidc/dev/callback",
    }
    rbac = yaml.safe_load(stack_named("static").kind("ConfigMap")["tempo-static-gateway"].data["rbac.yaml"])
    assert rbac["roles"] == [
        {"name": "all", "resources": ["traces"], "tenants": ["dev"], "permissions": ["read", "write"]}
    ]
    assert rbac["roleBindings"] == [{"name": "team", "roles": ["all"], "subjects": [{"kind": "group", "name": "team"}]}]


def test_the_oauth_proxy_takes_its_cookie_secret(stack_named: Named) -> None:
    data = stack_named("prod").kind("Secret")["tempo-tmrs-cookie-proxy"].data
    cookie = _decoded(data["session_secret"])
    assert len(base64.urlsafe_b64decode(cookie)) == 24  # it decodes what it can, and takes 16, 24 or 32 bytes


def test_the_oauth_proxy_lets_in_who_may_see_the_stacks_pods(stack_named: Named) -> None:
    pod = stack_named("prod").workloads["tempo-tmrs-query-frontend"].pod["spec"]
    (proxy,) = (c for c in pod["containers"] if c["name"] == "oauth-proxy")
    (review,) = (a.partition("=")[2] for a in proxy["args"] if a.startswith("--openshift-sar="))
    assert json.loads(review) == {"namespace": "tempo-prod", "resource": "pods", "verb": "get"}


def test_a_fingerprint_tells_secrets_apart_and_is_too_short_to_tell_all_guesses_apart() -> None:
    assert len({secrets.fingerprint(text, salt) for text in ("a", "b") for salt in ("here", "there")}) == 4
    assert len(secrets.fingerprint("a", "here")) * 4 == 24  # bits


def test_two_stacks_with_one_password_do_not_look_alike(stack_named: Named) -> None:
    def fingerprint(run: Run) -> str:
        return run.workloads["tempo-tmrs-ingester"].checksums["checksum/storage-secret"]

    here, there = stack_named("seed-global"), changed("seed-global", "namespace", "elsewhere")
    assert fingerprint(here) != fingerprint(there)
    assert fingerprint(here) == fingerprint(changed("seed-global", "spec.storageSize", "2Gi"))


def _tenants(run: Run, secret: str) -> list[dict[str, Any]]:
    text = _decoded(run.kind("Secret")[secret].data["tenants.yaml"])
    tenants: list[dict[str, Any]] = yaml.safe_load(text)["tenants"]
    return tenants


def _decoded(value: str) -> str:
    return base64.b64decode(value).decode()


def _plain_texts(value: Any) -> Iterator[str]:
    """Every text that is not in a Secret."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _plain_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _plain_texts(item)
    elif isinstance(value, str):
        yield value
