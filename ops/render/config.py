"""From a file to the config that the Pulumi runtime hands to the program."""

import json
import os
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.mistakes import Mistakes
from ops.render.secrets import MASK, decrypted, masked, variable
from settings import Settings
from settings.secrets import SECRET_KEYS, SECRETS, holds_secure, set_secret
from settings.yaml_file import read_yaml

PREFIX = "tempostack:"
STACK_FILE = re.compile(r"Pulumi\.(?P<stack>.+)\.ya?ml")


@dataclass(frozen=True)
class ProgramConfig:
    """The stack's name, its config as the runtime has it (raw text, mappings as JSON), and which keys are secret."""

    stack: str
    values: Mapping[str, str]
    secret_keys: frozenset[str]


def config_of(path: str, settings: Settings, *, show_secrets: bool, stack_secrets: bool) -> ProgramConfig:
    """The config in the file at `path`, which is valid and says `settings`.

    Unless secrets are shown the program never learns one: a mask stands for each. Raises Mistakes when they are to be
    shown and cannot be.
    """
    document, _ = read_yaml(path)
    assert isinstance(document, dict)  # it is valid
    entries = _stack_entries(document["config"]) if "config" in document else _spec_entries(document, settings)
    match = STACK_FILE.fullmatch(Path(path).name)
    stack = match["stack"] if match else settings.name
    encrypted = frozenset(key for key, value in entries.items() if holds_secure(value))
    needed = {PREFIX + secret.key for secret in SECRETS if secret.is_needed(settings)}
    if show_secrets:
        _none_in_the_cluster(settings)
        secrets = _encrypted_values(path, stack, encrypted, stack_secrets=stack_secrets)
        secrets |= _values_from_environment(path, needed - entries.keys())
    else:
        given = {PREFIX + key for key in SECRET_KEYS} & entries.keys()
        secrets = {key: masked(_bare(key), settings) for key in needed | given}
    values = {key: MASK if key in encrypted else _raw(value) for key, value in entries.items()} | secrets
    return ProgramConfig(stack, values, encrypted | (secrets.keys() - entries.keys()))


def _none_in_the_cluster(settings: Settings) -> None:
    """Raises Mistakes where the objects hold a secret that only the cluster has, which a rendering does not ask."""
    tenants = settings.spec.tenants
    found = sorted(tenants.client_secrets.items()) if tenants else []
    if found:
        remedy = "render without --show-secrets, or put the client into oidcClients"
        raise Mistakes(
            *(f"oidcClients.{tenant}: is in the cluster's Secret {secret} only; {remedy}" for tenant, secret in found)
        )


def _spec_entries(document: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """What a stack file for a bare spec or a TempoStack would say."""
    return {
        PREFIX + "name": settings.name,
        PREFIX + "namespace": settings.namespace,
        PREFIX + "createNamespace": settings.create_namespace,
        PREFIX + "minio": {"enabled": settings.minio.enabled},
        PREFIX + "spec": document.get("spec", document),
    }


def _stack_entries(config: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a stack file; a key without a project is the project's own."""
    return {key if ":" in key else PREFIX + key: value for key, value in config.items()}


def _encrypted_values(path: str, stack: str, keys: Set[str], *, stack_secrets: bool) -> dict[str, str]:
    if keys and not stack_secrets:
        how = "add --stack-secrets to read it through `pulumi config`"
        raise Mistakes(*(f"{_bare(key)}: is encrypted in {path}; {how}" for key in sorted(keys)))
    values = decrypted(Path(path), stack) if keys else {}
    return {key: values[key] for key in keys}


def _values_from_environment(path: str, keys: Set[str]) -> dict[str, str]:
    values = {key: os.environ[name] for key in keys if (name := variable(_bare(key))) in os.environ}
    missing = [_bare(key) for key in sorted(keys - values.keys())]
    if missing:
        raise Mistakes(
            *(
                f"{key}: is not in {path}; put it into the environment as {variable(key)}, or render a stack file that "
                f"has it ({set_secret(key)})"
                for key in missing
            )
        )
    return values


def _raw(value: Any) -> str:
    """A value as the runtime hands it over: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _bare(key: str) -> str:
    return key.removeprefix(PREFIX)
