"""From a file to the config that the Pulumi runtime hands to the program."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ops.mistakes import Mistakes, readable
from ops.render.secrets import MASK, SECRETS, decrypted, from_environment
from settings import Settings

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
    with readable(path):
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    entries = _stack_entries(document["config"]) if "config" in document else _spec_entries(document, settings)
    match = STACK_FILE.fullmatch(Path(path).name)
    stack = match["stack"] if match else settings.name
    encrypted = frozenset(key for key, value in entries.items() if _is_encrypted(value))
    values = {key: MASK if key in encrypted else _raw(value) for key, value in entries.items()}
    secrets = (
        _shown(path, stack, settings, entries, encrypted, stack_secrets) if show_secrets else _masks(settings, entries)
    )
    given_in_plain = {key for key in secrets if key in entries and key not in encrypted}
    return ProgramConfig(stack, values | secrets, (encrypted | secrets.keys()) - given_in_plain)


def _spec_entries(document: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """What a stack file for a bare spec or a TempoStack would say."""
    return {
        PREFIX + "name": settings.name,
        PREFIX + "namespace": settings.namespace,
        PREFIX + "minio": {"enabled": settings.minio.enabled},
        PREFIX + "spec": document.get("spec", document),
    }


def _stack_entries(config: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a stack file; a key without a project is the project's own."""
    return {key if ":" in key else PREFIX + key: value for key, value in config.items()}


def _masks(settings: Settings, entries: Mapping[str, Any]) -> dict[str, str]:
    """A mask for every secret that is needed or given."""
    return {
        PREFIX + secret.name: secret.mask(settings)
        for secret in SECRETS
        if secret.is_needed(settings) or PREFIX + secret.name in entries
    }


def _shown(
    path: str,
    stack: str,
    settings: Settings,
    entries: Mapping[str, Any],
    encrypted: frozenset[str],
    stack_secrets: bool,
) -> dict[str, str]:
    """Every secret that the file does not give in plain text. Raises Mistakes, one for each that cannot be had."""
    if encrypted and not stack_secrets:
        raise Mistakes(
            *(
                f"{_bare(key)}: is encrypted in {path}; add --stack-secrets to read it through `pulumi config`"
                for key in encrypted
            )
        )
    values = decrypted(Path(path), stack) if encrypted else {}
    missing = [secret for secret in SECRETS if secret.is_needed(settings) and PREFIX + secret.name not in entries]
    given = from_environment([secret.name for secret in missing])
    if len(given) < len(missing):
        raise Mistakes(
            *(
                f"{secret.name}: is not in {path}; put it in the environment as {secret.variable}, or render a stack "
                f"file that has it (pulumi config set --secret {PREFIX}{secret.name} …)"
                for secret in missing
                if secret.name not in given
            )
        )
    return {key: values[key] for key in encrypted} | {PREFIX + name: value for name, value in given.items()}


def _is_encrypted(value: Any) -> bool:
    """Whether there is a `secure:` value in it, at any depth, as `pulumi config set --secret --path` leaves them."""
    match value:
        case {"secure": str(), **others} if not others:
            return True
        case dict():
            return any(map(_is_encrypted, value.values()))
        case list():
            return any(map(_is_encrypted, value))
    return False


def _raw(value: Any) -> str:
    """A value as the runtime hands it over: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), default=str)


def _bare(key: str) -> str:
    return key.removeprefix(PREFIX)
