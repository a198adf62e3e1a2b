"""Where the values of secret config keys come from, and the mask that stands for them elsewhere."""

import json
import subprocess
from pathlib import Path

from ops.mistakes import Mistakes
from settings import Settings
from settings.secrets import OIDC_CLIENTS, SECRETS

MASK = "********"  # no base64, so that the API server refuses it where it would be decoded
ENVIRONMENT = "PULUMI_CONFIG_TEMPOSTACK_"  # the Pulumi runtime's own way to take one config key from the environment
PULUMI_CONFIG = ("pulumi", "config", "--show-secrets", "--json", "--non-interactive")


def variable(key: str) -> str:
    """The environment variable that gives the secret config key."""
    return ENVIRONMENT + key.upper()


def masked(key: str, settings: Settings) -> str:
    """What the program gets in place of the secret: of its shape, so that it is valid there."""
    if key == OIDC_CLIENTS.key:
        tenants = settings.spec.tenants
        names = [tenant.tenant_name for tenant in tenants.authentication] if tenants else []
        elsewhere = tenants.client_secrets if tenants else {}
        client = {"clientID": MASK, "clientSecret": MASK}
        return json.dumps({name: client for name in names if name not in elsewhere})
    shortest = next(secret.shortest for secret in SECRETS if secret.key == key)
    return "*" * max(shortest, len(MASK))


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
