"""Where the values of secret config keys come from, and the mask that stands for them elsewhere."""

import json
import os
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ops.mistakes import Mistakes
from settings import Settings

MASK = "********"  # no base64, so that the API server refuses it where it would be decoded
ENVIRONMENT = "PULUMI_CONFIG_TEMPOSTACK_"  # the Pulumi runtime's own way to take one config key from the environment
PULUMI_CONFIG = ("pulumi", "config", "--show-secrets", "--json", "--non-interactive")


@dataclass(frozen=True)
class SecretKey:
    """A secret config key: when the program needs it, and what stands for it where it is masked."""

    name: str
    is_needed: Callable[[Settings], bool]
    mask: Callable[[Settings], str]

    @property
    def variable(self) -> str:
        """The environment variable that gives it."""
        return ENVIRONMENT + self.name.upper()


def _has_gateway_clients(settings: Settings) -> bool:
    spec = settings.spec
    return spec.template.gateway.enabled and spec.tenants is not None and spec.tenants.mode == "static"


def _masked_clients(settings: Settings) -> str:
    tenants = settings.spec.tenants.authentication if settings.spec.tenants else []
    return json.dumps({tenant.tenant_name: {"clientID": MASK, "clientSecret": MASK} for tenant in tenants})


SECRETS = (
    SecretKey("minioRootPassword", lambda settings: settings.minio.enabled, lambda _: MASK),
    SecretKey(
        "gatewayCookieKey",
        lambda settings: settings.spec.has_opa or settings.spec.template.has_oauth_proxy,
        lambda _: MASK,
    ),
    SecretKey("oidcClients", _has_gateway_clients, _masked_clients),
)


def from_environment(names: Iterable[str]) -> dict[str, str]:
    """The secrets of these names that the environment gives."""
    variables = {secret.name: secret.variable for secret in SECRETS if secret.name in names}
    return {name: os.environ[variable] for name, variable in variables.items() if variable in os.environ}


def decrypted(path: Path, stack: str) -> dict[str, str]:
    """Every key of the stack file at `path` with its plain value, read through `pulumi config`. Raises Mistakes."""
    directory = path.resolve().parent
    command = [*PULUMI_CONFIG, "--stack", stack, "--cwd", str(directory), "--config-file", str(path.resolve())]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Mistakes(f"{path}: `pulumi` is not on PATH; install it, or render without --stack-secrets") from None
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise Mistakes(f"{path}: `pulumi config` cannot read its secrets: {said}; see that it can in {directory}")
    return {key: entry["value"] for key, entry in json.loads(done.stdout).items()}
