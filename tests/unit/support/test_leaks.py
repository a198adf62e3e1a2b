"""The search for secrets finds them: planted in every form in which a run could show them."""

import base64
import gzip
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
import yaml

from tests.support.leaks import Leaks

CORE = "Tr0ub4dor3Core77"
SECRET = f"p@ss w/{CORE}%+&\"'é<"
TEXT = f"tenants:\n- name: dev\n  oidc: {{clientSecret: '{SECRET}'}}\n"


def embedded(before: int) -> Callable[[str], str]:
    return lambda secret: base64.b64encode(b"x" * before + secret.encode() + b"and more").decode()


FORMS: dict[str, Callable[[str], str | bytes]] = {
    "plain": lambda secret: f"error: {secret} is wrong",
    "core alone": lambda _: f"...{CORE}...",
    "JSON": json.dumps,
    "JSON in JSON": lambda secret: json.dumps(json.dumps({"a": secret})),
    "YAML": lambda secret: yaml.safe_dump({"a": secret}),
    "URL": lambda secret: f"http://tempo:{quote(secret, safe='')}@minio:9000",
    "form": quote_plus,
    "Python": repr,
    "hex": lambda secret: secret.encode().hex(),
    "base64": embedded(0),
    "base64, one further": embedded(1),
    "base64, two further": embedded(2),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(b"\xff\xfe" + secret.encode()).decode(),
    "base64 without padding": lambda secret: base64.b64encode(secret.encode()).decode().rstrip("="),
    "base64 of a whole file": lambda _: base64.b64encode(TEXT.encode()).decode(),
    "base64 of base64": lambda secret: base64.b64encode(base64.b64encode(secret.encode())).decode(),
    "base64 of base64, elsewhere": lambda s: base64.b64encode(b"data: " + base64.b64encode(b"a" + s.encode())).decode(),
    "compressed": lambda secret: gzip.compress(secret.encode()),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_found_in_every_form(form: str) -> None:
    leaks = Leaks({"password": CORE, "another": "SomethingElse99"})
    assert leaks.found(FORMS[form](SECRET)) == {"password"}


def test_where_no_secret_is_none_is_found() -> None:
    leaks = Leaks({"password": CORE})
    assert leaks.found(json.dumps({"secure": "v1:abcdefgh:" + base64.b64encode(b"cipher text" * 9).decode()})) == set()
    assert leaks.found(CORE[:-1]) == set()
