"""From config by key to Settings, or to every mistake in it at once."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from settings.explain import EMPTY, explained, known_keys, unknown_key
from settings.mistakes import Mistake, Path, SettingsError
from settings.rules import broken_rules
from settings.secrets import DEEPEST, OIDC_CLIENTS, SECRET_KEYS, broken_secrets, stray_secrets
from settings.stack import Settings
from settings.written import Config, at

PROJECT = "tempostack"
KEYS = (*known_keys(Settings), *SECRET_KEYS)
# Pulumi hands these over as JSON.
STRUCTURED_KEYS = ("minio", "nodePools", "pricing", "spec", "tenantNamespaces", OIDC_CLIENTS.key)
BOOLEAN_KEYS = ("createNamespace",)  # as the words true and false


@dataclass
class Source:
    """A config as it was read: values by key, what was already wrong, and where its paths lie in the user's file."""

    config: Config
    mistakes: list[Mistake] = field(default_factory=list)
    plaintext_secrets: frozenset[str] = frozenset()
    written: Callable[[Path], Path] = lambda path: path


def checked(source: Source) -> Settings:
    """Settings from a source. Raises SettingsError with the source's mistakes and all further ones."""
    config, found = _decoded(source.config)
    secrets = {key: config.pop(key) for key in SECRET_KEYS if key in config}
    found += stray_secrets(config)
    settings, broken = _validated(config)
    found += _news(broken, found)
    found += _news(_empty_keys(config), found)
    found += _news(broken_rules(config), found)
    found += broken_secrets(secrets, config)
    if settings is None or source.mistakes or found:
        meant = {mistake.meant for mistake in found}
        found = [each for each in found if each.path not in meant or _is_written(config | secrets, each.path)]
        written = (Mistake(source.written(mistake.path), mistake.text) for mistake in found)
        raise SettingsError([*source.mistakes, *written])
    return settings.model_copy(update={"plaintext_secrets": source.plaintext_secrets})


def _validated(config: Config) -> tuple[Settings | None, list[Mistake]]:
    try:
        return Settings.model_validate(config), []
    except ValidationError as error:
        return None, list(explained(error, Settings))


def _is_written(config: Config, path: Path) -> bool:
    """Whether the key stands there, with or without a value."""
    return bool(path) and path[-1] in (at(config, path[:-1]) or {})


def _empty_keys(config: object, path: Path = ()) -> Iterator[Mistake]:
    """A mistake for every key without a value, also where the key may be left out: it was written for something."""
    if config is None:
        yield Mistake(path, EMPTY)
    elif isinstance(config, dict) and len(path) <= DEEPEST:
        for key, value in config.items():
            yield from _empty_keys(value, (*path, str(key)))
    elif isinstance(config, list) and len(path) <= DEEPEST:
        for index, value in enumerate(config):
            yield from _empty_keys(value, (*path, index))


def _news(mistakes: Iterable[Mistake], said: Iterable[Mistake]) -> list[Mistake]:
    """The mistakes at places about which nothing was said yet, nor about anything above them."""
    places = {mistake.path for mistake in said}
    return [m for m in mistakes if not any(m.path[:length] in places for length in range(len(m.path) + 1))]


def _decoded(given: Config) -> tuple[Config, list[Mistake]]:
    """The known keys' values, also from the texts that Pulumi hands over, or writes without --path."""
    config: Config = {}
    mistakes: list[Mistake] = []
    for key, value in given.items():
        if key not in KEYS:
            mistakes.append(_unknown(key))
        elif isinstance(value, str) and key in BOOLEAN_KEYS:
            config[key] = {"true": True, "false": False}.get(value, value)
        elif isinstance(value, str) and key in STRUCTURED_KEYS:
            try:
                config[key] = _from_json(value)
            except _NotJson as error:
                mistakes.append(Mistake((key,), f"is text, and not JSON ({error}); write its keys below it"))
                config |= {} if key in SECRET_KEYS else {key: {}}
        else:
            config[key] = value
    return config, mistakes


class _NotJson(Exception):
    """A text that is no JSON, or none that a config could hold; the message says why."""


def _from_json(text: str) -> Any:
    """The value that a JSON text stands for. Raises _NotJson."""
    try:
        value = json.loads(text, object_pairs_hook=_mapping)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _NotJson(f"{error.msg}, column {error.colno}") from None
    except UnicodeEncodeError:  # an escape such as \ud800, without its other half
        raise _NotJson("it has half a character") from None
    except (ValueError, RecursionError):
        raise _NotJson("too large or too deep") from None
    return value


def _mapping(pairs: list[tuple[str, Any]]) -> Config:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise _NotJson("a key stands in it twice")
    return mapping


def _unknown(key: str) -> Mistake:
    first = key.replace("[", ".").partition(".")[0]
    if first != key and first in KEYS:
        return Mistake((key,), f"is a path, not a key; run: pulumi config set --path '{PROJECT}:{key}' …")
    return unknown_key((key,), KEYS)


def unknown_keys(data: Config, known: tuple[str, ...]) -> Iterator[Mistake]:
    """A mistake for every key of a mapping that is none of the known ones."""
    return (unknown_key((str(key),), known) for key in data if key not in known)
