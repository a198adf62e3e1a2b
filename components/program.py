"""Between Pulumi and the stack: config in, diagnostics out; a user's mistake is a line, never a traceback."""

from collections.abc import Iterator

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from allocation import Plan
from components.ending import end
from components.secrets import Secrets, parse_oidc_clients
from settings import Mistake, Settings, SettingsError, load_config
from settings.secrets import OIDC_CLIENTS, SECRETS, missing_secrets

PREFIX = "tempostack:"
STORE_FINDINGS = ("store-port", "storage-plaintext")  # what the endpoint in the storage Secret answers


def read_settings() -> Settings:
    """The settings of this Pulumi stack. Mistakes end the program, each with an error of one line."""
    keys = [key for key in CONFIG.get() if key.startswith(PREFIX)]
    config = {key.removeprefix(PREFIX): CONFIG.get()[key] for key in keys}
    secret = [key.removeprefix(PREFIX) for key in keys if is_config_secret(key)]
    try:
        return load_config(config, secret)
    except SettingsError as error:
        end(map(str, error.mistakes))


def read_secrets(settings: Settings, plan: Plan) -> Secrets:
    """The secrets that these settings need: the last gate before anything is registered.

    The plan's warnings become diagnostics. Its errors, and secrets that are missing, end the program, each with a line.
    """
    config = pulumi.Config(PREFIX.removesuffix(":"))
    values = {
        secret.key: value for secret in SECRETS if secret.is_needed(settings) and (value := config.get(secret.key))
    }
    errors = [str(finding) for finding in plan.findings if finding.severity == "error"]
    errors += map(str, missing_secrets(settings, values))
    errors += map(str, _missing_clients(settings, values.get(OIDC_CLIENTS.key)))
    for finding in plan.findings:
        # The engine reads the endpoint, and knows better than the plan.
        is_read = finding.code in STORE_FINDINGS and settings.store_port_is_read
        if finding.severity == "warning" and not is_read:
            pulumi.log.warn(str(finding))
    if errors:
        end(errors)
    return Secrets.of(values)


def _missing_clients(settings: Settings, clients: str | None) -> Iterator[Mistake]:
    """A mistake for every tenant that the gateway could not log in."""
    tenants = settings.spec.tenants
    if clients is None or tenants is None:
        return
    known = parse_oidc_clients(clients).keys() | tenants.client_secrets.keys()
    for tenant in tenants.authentication:
        if tenant.tenant_name not in known:
            text = "is missing; add {clientID: …, clientSecret: …} for this tenant, as a secret, or name a Secret"
            yield Mistake((OIDC_CLIENTS.key, tenant.tenant_name), f"{text} that has them in its oidc.secret")
