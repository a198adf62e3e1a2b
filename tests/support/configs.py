"""Stacks for the tests of components and program: configs by name, each run once, or with a key changed."""

import base64
import copy
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from allocation import allocate
from components.tempo_config import config_files
from settings import Settings
from tests.support.recording import Run, run

ROOT = Path(__file__).parents[2]
PASSWORD, COOKIE_KEY = "correct horse battery staple", "a cookie key of enough characters"
CLIENT_SECRET = "known to the provider only"
STORE = {  # the storage Secret of the stack `static`, which exists before it
    "endpoint": "http://store.example.com",
    "bucket": "traces",
    "access_key_id": "somebody",
    "access_key_secret": "known to the store only",
}
SECRETS = ("minioRootPassword", "gatewayCookieKey", "oidcClients")
Config = dict[str, Any]


def in_base64(data: dict[str, str]) -> dict[str, str]:
    """As a Secret's `data` has it."""
    return {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}


EXISTING = {"given/bucket": in_base64(STORE)}


def _case(name: str) -> Config:
    spec = yaml.safe_load((ROOT / "tests" / "cases" / f"{name}.yaml").read_text())["spec"]
    return _with_secrets({"name": "tmrs", "namespace": "tempo", "minio": {"enabled": True}, "spec": spec})


def _stack(name: str) -> Config:
    entries = yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text())["config"]
    return {key.removeprefix("tempostack:"): value for key, value in entries.items()}


def _with_secrets(config: Config) -> Config:
    return {**config, "minioRootPassword": PASSWORD, "gatewayCookieKey": COOKIE_KEY}


def _static() -> Config:
    """Tenants with OIDC, an object store of the user's own, a ServiceAccount and a namespace that exist."""
    oidc = {"issuerURL": "https://id.example.com", "redirectURL": "https://tempo.example.com/oidc/dev/callback"}
    role = {"name": "all", "resources": ["traces"], "tenants": ["dev"], "permissions": ["read", "write"]}
    binding = {"name": "team", "roles": ["all"], "subjects": [{"kind": "group", "name": "team"}]}
    tenant = {"tenantName": "dev", "tenantId": "1", "oidc": oidc}
    spec = {
        "storage": {"secret": {"name": "bucket", "type": "s3"}},
        "serviceAccount": "given",
        "networkPolicy": {"ports": {"s3": [80]}},  # so that nothing is read of the Secret
        "tenants": {
            "mode": "static",
            "authentication": [tenant],
            "authorization": {"roles": [role], "roleBindings": [binding]},
        },
        "template": {"gateway": {"enabled": True}},
    }
    clients = {"dev": {"clientID": "tempo", "clientSecret": CLIENT_SECRET}}
    return {
        "name": "static",
        "namespace": "given",
        "createNamespace": False,
        "minio": {"enabled": False},
        "spec": spec,
        "oidcClients": clients,
    }


_CONFIGS: dict[str, Callable[[], Config]] = {
    "seed-global": lambda: _case("seed-global"),
    "seed-per-component": lambda: _case("seed-per-component"),
    "dev": lambda: _stack("dev"),
    "prod": lambda: _with_secrets(_stack("prod")),
    "static": _static,
}
STACKS = tuple(_CONFIGS)


def config(stack: str) -> Config:
    """The config of a stack, to be changed at will."""
    return copy.deepcopy(_CONFIGS[stack]())


def files_of(settings: Settings) -> dict[str, str]:
    """Tempo's files of a stack, as the program writes them."""
    return config_files(settings, allocate(settings))


@cache
def run_of(stack: str) -> Run:
    return run(config(stack), SECRETS, EXISTING)


def changed(stack: str, path: str, value: Any) -> Run:
    """A run of the stack with one key set, as `pulumi config set --path` does."""
    keys, whole = path.split("."), config(stack)
    at = whole
    for key in keys[:-1]:
        at = at.setdefault(key, {})
    at[keys[-1]] = value
    return run(whole, SECRETS, EXISTING)
