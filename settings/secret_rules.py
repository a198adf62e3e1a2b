"""Rules on the Secrets that a config names: which of them this stack makes, and which must be there before it."""

from collections.abc import Iterator

from settings.mistakes import Mistake, Path, shown
from settings.written import Config, Rule, at, entries, has_minio

TENANTS: Path = ("spec", "tenants", "authentication")
STORAGE_SECRET: Path = ("spec", "storage", "secret", "name")
TLS: Path = ("spec", "tls")
TEMPLATE: Path = ("spec", "template")
# The places beside `spec.tls` that name a Secret with a certificate, there before the stack.
CERTIFICATES: tuple[Path, ...] = (
    (*TEMPLATE, "distributor", "tls", "certName"),
    (*TEMPLATE, "gateway", "ingress", "tls", "secretName"),
    (*TEMPLATE, "queryFrontend", "jaegerQuery", "ingress", "tls", "secretName"),
)
# The Secrets `tempo-<name>…` of the gateway and the oauth-proxy, and those that certificates are issued into.
ISSUED = ("distributor", "ingester", "compactor", "querier", "query-frontend", "gateway", "minio", "gossip-ring")
OWN_SECRETS = ("-gateway", "-cookie-proxy", "-ca", *(f"-{component}-tls" for component in ISSUED))


def storage_secret_is_its_own(config: Config) -> Iterator[Mistake]:
    """The storage Secret must not be one that another part of the stack makes, which would replace its keys."""
    name = at(config, STORAGE_SECRET)
    if isinstance(name, str) and name in _made_elsewhere(config):
        remedy = "write minio" if has_minio(config) else "give the bucket's keys a Secret of their own"
        yield Mistake(STORAGE_SECRET, f"{shown(name)} is another Secret of this stack; {remedy}")


def clients_secrets_are_there(config: Config) -> Iterator[Mistake]:
    """A Secret with an OIDC client is read, so it is not one that comes with the stack, nor is its namespace."""
    own = [*_made_elsewhere(config), *([at(config, STORAGE_SECRET)] if has_minio(config) else [])]
    for index, tenant in enumerate(entries(config, TENANTS)):
        secret = at(tenant, ("oidc", "secret"))
        path = (*TENANTS, index, "oidc", "secret")
        if isinstance(secret, dict) and at(config, ("createNamespace",)) is not False:
            remedy = "write createNamespace: false, or put the client into the secret key oidcClients"
            yield Mistake(path, f"must be there before the stack, which makes its own namespace; {remedy}")
        elif (name := at(secret, ("name",))) is not None and name in own:
            yield Mistake((*path, "name"), f"{shown(name)} is a Secret of the stack itself; give the client its own")


def certificates_are_in_secrets_of_their_own(config: Config) -> Iterator[Mistake]:
    """The Secrets that the stack makes hold logins and keys to the bucket, and no certificate."""
    own = {f"tempo-{at(config, ('name',))}{suffix}" for suffix in OWN_SECRETS[:2]}
    minios = at(config, STORAGE_SECRET) if has_minio(config) else None
    single = at(config, (*TLS, "secretNames"))
    components = ((*TLS, "secretNames", key) for key in (single if isinstance(single, dict) else ()))
    for path in ((*TLS, "secretName"), *components, *CERTIFICATES):
        name = at(config, path)
        if not isinstance(name, str):
            continue
        if name == minios and path not in CERTIFICATES:
            found = f"{shown(name)} is MinIO's Secret with the keys to its bucket"
            yield Mistake(path, f"{found}; give the certificate its own")
        if name in own or (name == minios and path in CERTIFICATES):
            found = f"{shown(name)} is a Secret of the stack itself, without a certificate"
            yield Mistake(path, f"{found}; give the certificate its own")


def _made_elsewhere(config: Config) -> set[str]:
    """The Secrets that the stack has beside MinIO's, or that somebody issues certificates into for it."""
    return {f"tempo-{at(config, ('name',))}{suffix}" for suffix in OWN_SECRETS}


RULES: tuple[Rule, ...] = (
    storage_secret_is_its_own,
    clients_secrets_are_there,
    certificates_are_in_secrets_of_their_own,
)
