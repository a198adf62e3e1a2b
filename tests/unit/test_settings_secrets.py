"""Secrets in settings: which a stack asks for, and where none may stand."""

import json
from pathlib import Path
from typing import Any

from settings import load_config, load_file
from settings.secrets import missing_secrets, stray_secrets

CASES = Path(__file__).parent.parent / "cases"
SPEC = {"storage": {"secret": {"name": "minio"}}}


def test_a_stack_asks_for_the_secrets_that_it_needs_and_no_others() -> None:
    settings = load_file(CASES / "seed-global.yaml")
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
