"""The secret config keys: what each is, when it is needed, and what a secret says that stands anywhere else."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from settings.mistakes import Mistake, Path, dotted
from settings.names import LABEL
from settings.rules import TENANTS
from settings.stack import Settings
from settings.unsupported import instead_of_key
from settings.written import Config, at, entries, names

LONGEST = 1024  # characters of a secret; the API server takes no Secret of more than 1 MiB in all
DEEPEST = 40  # levels of a config that are searched; no key of it lies deeper
NESTED = (dict, list)  # what they are made of; a config of thousands of tenants has far more leaves


@dataclass(frozen=True)
class Secret:
    """A config key whose value is secret: its meaning, its shortest text (characters), and when it must be there."""

    key: str
    meaning: str
    shortest: int
    is_needed: Callable[[Settings], bool]


def _has_cookies(settings: Settings) -> bool:
    return settings.spec.has_opa or settings.spec.template.has_oauth_proxy


def _has_oidc_clients(settings: Settings) -> bool:
    """Some tenant of the gateway logs in by OIDC, and no Secret holds its client."""
    tenants = settings.spec.tenants
    if not settings.spec.template.gateway.enabled or tenants is None or tenants.mode != "static":
        return False
    return len(tenants.client_secrets) < len(tenants.authentication)


MINIO_ROOT_PASSWORD = Secret(
    "minioRootPassword",
    "The password of MinIO's root user `tempo`, needed while MinIO is on.",
    8,  # MinIO refuses a shorter one
    lambda settings: settings.minio.enabled,
)
GATEWAY_COOKIE_KEY = Secret(
    "gatewayCookieKey",
    "The key from which the cookie secrets of openshift tenants and of the Jaeger UI's oauth-proxy are derived.",
    16,  # 128 bits, were each character a byte drawn at random
    _has_cookies,
)
OIDC_CLIENTS = Secret(
    "oidcClients",
    "For each static tenant behind a gateway its OIDC client, `{<tenantName>: {clientID: …, clientSecret: …}}`, "
    "unless its `oidc.secret` names a Secret that has it.",
    0,
    _has_oidc_clients,
)
SECRETS = (MINIO_ROOT_PASSWORD, GATEWAY_COOKIE_KEY, OIDC_CLIENTS)
SECRET_KEYS = tuple(secret.key for secret in SECRETS)

# Keys (in lower case, without '_') that hold a secret wherever people put them, and where it belongs.
ELSEWHERE = {
    "password": MINIO_ROOT_PASSWORD.key,
    "rootpassword": MINIO_ROOT_PASSWORD.key,
    "miniorootpassword": MINIO_ROOT_PASSWORD.key,
    "cookiesecret": GATEWAY_COOKIE_KEY.key,
    "gatewaycookiekey": GATEWAY_COOKIE_KEY.key,
    "oidcclients": OIDC_CLIENTS.key,
    "clientid": OIDC_CLIENTS.key,
    "clientsecret": OIDC_CLIENTS.key,
    "accesskeyid": None,
    "accesskeysecret": None,
    "accesskey": None,
    "secretkey": None,
    "secretaccesskey": None,
}


def set_secret(key: str) -> str:
    """The command that sets a secret key."""
    return f"pulumi config set --secret tempostack:{key}"


def missing_secrets(settings: Settings, given: Collection[str]) -> tuple[Mistake, ...]:
    """A mistake for every secret key that this stack needs, to run, and that is not among those given."""
    return tuple(
        Mistake((secret.key,), f"is missing; run: {set_secret(secret.key)}")
        for secret in SECRETS
        if secret.key not in given and secret.is_needed(settings)
    )


def stray_secrets(value: object, path: Path = ()) -> Iterator[Mistake]:
    """A mistake for every secret that stands where none may: `secure:` values, and keys that say what they hold."""
    if len(path) > DEEPEST:
        return
    if isinstance(value, dict) and "secure" in value:
        yield Mistake(path, f"is a secret, and none is kept here; {_instead(path)}")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if _holds_secret(key, inner) and "nodeSelector" not in path:
                yield Mistake((*path, str(key)), f"is a secret, and none is kept here; {_instead((*path, str(key)))}")
            elif isinstance(inner, NESTED):
                yield from stray_secrets(inner, (*path, key if isinstance(key, int) else str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, NESTED):
                yield from stray_secrets(inner, (*path, index))


def _holds_secret(key: object, value: object) -> bool:
    """Whether the key says that its value is one; `secret` is for the name of a Secret, with `name` below it."""
    return value is not None and (_plain(key) in ELSEWHERE or (key == "secret" and isinstance(value, str)))


@lru_cache(maxsize=1024)  # the same few keys stand in every tenant
def _plain(key: object) -> str:
    return str(key).lower().replace("_", "").replace("-", "")


def _instead(path: Path) -> str:
    """Where a secret belongs that stands at the path."""
    words = [_plain(key) for key in path]
    key = next((ELSEWHERE[word] for word in reversed(words) if word in ELSEWHERE), "")
    if key and "extraConfig" in path:
        return "remove it; a ConfigMap would show it to everybody"
    if key:
        return f"remove it and run: {set_secret(key)}"
    if "oidc" in words:
        return f"write a Secret's name below oidc.secret, or remove it and run: {set_secret(OIDC_CLIENTS.key)}"
    if key is None or "storage" in words:
        return "put it into the Secret that spec.storage.secret.name names"
    return instead_of_key(path) or f"write it in plain, or use one of the secret keys {', '.join(SECRET_KEYS)}"


def broken_secrets(values: dict[str, Any], config: Config) -> Iterator[Mistake]:
    """Mistakes in the secret keys themselves; what they hold is never repeated."""
    for secret in (MINIO_ROOT_PASSWORD, GATEWAY_COOKIE_KEY):
        value = values.get(secret.key)
        if secret.key in values and not is_secure(value):
            if not isinstance(value, str):
                yield Mistake((secret.key,), f"is not text; run: {set_secret(secret.key)}")
            elif len(value) < secret.shortest:
                yield Mistake((secret.key,), f"has {len(value)} characters; use {secret.shortest} or more")
            elif what := broken_text(value):
                yield Mistake((secret.key,), what)
    if OIDC_CLIENTS.key in values:
        yield from _broken_clients(values[OIDC_CLIENTS.key], config)


def _broken_clients(clients: object, config: Config) -> Iterator[Mistake]:
    if is_secure(clients):
        return
    if not isinstance(clients, dict):
        yield Mistake((OIDC_CLIENTS.key,), "is not a mapping; write {<tenantName>: {clientID: …, clientSecret: …}}")
        return
    tenants = names(config, (*TENANTS, "authentication"), "tenantName", LABEL)
    in_secrets = _tenants_with_a_secret(config)
    for tenant, client in clients.items():
        path = (OIDC_CLIENTS.key, str(tenant))
        if tenants is not None and tenant not in tenants:
            yield Mistake(path, "there is no such tenant; write the tenantName of one, or remove it")
        elif tenant in in_secrets:
            other = dotted(in_secrets[tenant])
            yield Mistake(path, f"stands here, and {other} names a Secret for it; keep one of the two")
        elif not is_secure(client):
            yield from _broken_client(path, client)


def _broken_client(path: Path, client: object) -> Iterator[Mistake]:
    if not isinstance(client, dict) or set(client) != {"clientID", "clientSecret"}:
        yield Mistake(path, "is not a client; write clientID and clientSecret, both text, and nothing else")
        return
    for key, value in client.items():
        if not is_secure(value) and (what := broken_text(value)):
            yield Mistake((*path, key), what)


def broken_text(value: object) -> str | None:
    """What is wrong with a secret's text, and what to do; None where nothing is. The text is never repeated.

    OAuth allows clients the same characters (RFC 6749, A.1 and A.2), and they need no care in a file or a variable.
    """
    if not isinstance(value, str):
        return "is not text; write it as text, in quotes"
    if not value:
        return "is missing or empty; write it"
    if len(value) > LONGEST:
        return f"has {len(value)} characters; use {LONGEST} or less"
    if not all(" " <= character <= "~" for character in value):
        return "has a line break, or a character that is not ASCII; write it with printable ASCII characters only"
    return None


def _tenants_with_a_secret(config: Config) -> dict[str, Path]:
    """Tenant name -> the place that names a Secret for its client."""
    path = (*TENANTS, "authentication")
    return {
        tenant["tenantName"]: (*path, index, "oidc", "secret")
        for index, tenant in enumerate(entries(config, path))
        if at(tenant, ("oidc", "secret")) is not None and isinstance(tenant.get("tenantName"), str)
    }


def is_secure(value: object) -> bool:
    """Whether Pulumi keeps this value encrypted in the stack file."""
    return isinstance(value, dict) and set(value) == {"secure"}


def plaintext(key: str, value: object) -> Iterator[str]:
    """What of a secret key's value stands in plain text, as `pulumi config set --path` names it.

    The key where none of it is encrypted, else each client secret that is not: a client's id is no secret.
    """
    if not holds_secure(value):
        yield key
    elif isinstance(value, dict) and not is_secure(value):
        for tenant, client in value.items():
            if isinstance(client, dict) and isinstance(client.get("clientSecret"), str):
                yield dotted((key, str(tenant), "clientSecret"))


def holds_secure(value: object) -> bool:
    """Whether it is encrypted, or a part of it is, which makes a secret of the whole."""
    return is_secure(value) or (isinstance(value, dict) and any(map(holds_secure, value.values())))
