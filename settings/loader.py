"""The ways in: a stack file of Pulumi, a bare spec, a TempoStack, or what the Pulumi runtime hands over."""

import difflib
from collections.abc import Collection, Mapping
from os import PathLike, fspath

from settings.check import KEYS, PROJECT, Source, checked, unknown_keys
from settings.explain import unknown_key
from settings.mistakes import Mistake, Path, SettingsError, shown
from settings.secrets import SECRET_KEYS, plaintext
from settings.stack import Settings
from settings.written import Config, at, entries
from settings.yaml_file import read_yaml

API_VERSION, KIND = "tempo.grafana.com/v1alpha1", "TempoStack"
DEFAULT_NAME = DEFAULT_NAMESPACE = "tempo"  # of a bare spec, and of a TempoStack that has none

STACK_FILE_KEYS = ("config", "encryptionsalt", "secretsprovider", "encryptedkey")
RESOURCE_KEYS = ("apiVersion", "kind", "metadata", "spec", "status")
METADATA_KEYS = ("name", "namespace")
# What else Kubernetes may write into a resource's metadata; it is about the resource alone.
# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
UNREAD_METADATA_KEYS = (
    *("annotations", "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers"),
    *("generation", "labels", "managedFields", "ownerReferences", "resourceVersion", "selfLink", "uid"),
)
ALIKE = 0.7  # of 1: how far a prefix of a config key may be from the project's and still be meant for it


def load_config(config: Mapping[str, str], secret_keys: Collection[str] = ()) -> Settings:
    """Settings from what the Pulumi runtime hands over: texts by key without `tempostack:`, and which are secret.

    Raises SettingsError.
    """
    hidden = [key for key in config if key in secret_keys and key in KEYS and key not in SECRET_KEYS]
    remedy = f"set it in plain, and secrets as {', '.join(SECRET_KEYS)}"
    mistakes = [Mistake((key,), f"is set as a secret, or holds one; {remedy}") for key in hidden]
    in_plain = frozenset(key for key in SECRET_KEYS if key in config and key not in secret_keys)
    return checked(Source(dict(config), mistakes, in_plain))


def load_file(path: str | PathLike[str], *, with_minio: bool = False) -> Settings:
    """Settings from a file: a stack file of Pulumi, a bare spec, or a TempoStack. Raises SettingsError.

    A bare spec and a TempoStack name an object store that exists; `with_minio` adds MinIO. A stack file has a `minio`
    block instead.
    """
    data, repeated = read_yaml(path)
    if not isinstance(data, dict):
        text = f"{fspath(path)}: {shown(data)} is not a config; write a stack's config, a spec or a TempoStack"
        raise SettingsError([*repeated, Mistake((), text)])
    if any(key in data for key in STACK_FILE_KEYS):
        if with_minio:
            text = "is a stack file, and --with-minio is for a spec or a TempoStack; write a minio block into it"
            repeated = (*repeated, Mistake((), f"{fspath(path)}: {text}"))
        return checked(_stack_file(data, repeated))
    beside = _beside_a_spec(with_minio=with_minio)
    if list(data) == ["spec"] and isinstance(data["spec"], dict):  # a spec under its own name, as pages show them
        repeated = tuple(Mistake(mistake.path[1:], mistake.text) for mistake in repeated)
        return checked(_bare_spec(data["spec"], repeated, beside))
    if any(key in data for key in RESOURCE_KEYS):
        return checked(_resource(data, repeated, beside))
    return checked(_bare_spec(data, repeated, beside))


def _beside_a_spec(*, with_minio: bool) -> Config:
    """What stands beside the spec of a file that has a spec alone.

    Its store's Secret exists, and so does the namespace of that Secret. With MinIO the stack makes both.
    """
    place: Config = {"minio": {}} if with_minio else {"createNamespace": False}
    return {"name": DEFAULT_NAME, "namespace": DEFAULT_NAMESPACE, **place}


def _bare_spec(data: Config, repeated: Collection[Mistake], beside: Config) -> Source:
    config = beside | {"spec": data} | _place(data)
    return Source(config, [Mistake(("spec", *mistake.path), mistake.text) for mistake in repeated])


def _stack_file(data: Config, repeated: Collection[Mistake]) -> Source:
    mistakes = [Mistake(_without_prefix(mistake.path), mistake.text) for mistake in repeated]
    mistakes += unknown_keys(data, STACK_FILE_KEYS)
    entries = data.get("config")
    if "config" not in data and _is_meant("config", mistakes):
        raise SettingsError(mistakes)
    if not isinstance(entries, dict):
        text = "is missing" if entries is None else f"{shown(entries)} is not a mapping"
        raise SettingsError(
            [*mistakes, Mistake(("config",), f"{text}; write {PROJECT}:name and the other keys below it")]
        )
    config: Config = {}
    for key, value in entries.items():
        namespace, _, name = str(key).rpartition(":")
        if namespace not in ("", PROJECT):  # another program's, or a provider's
            if difflib.get_close_matches(namespace, [PROJECT], cutoff=ALIKE):
                mistakes.append(Mistake((str(key),), f"is not read; write {PROJECT}:{name}"))
            continue
        if name in config:
            mistakes.append(Mistake((name,), f"stands with and without the prefix {PROJECT}:; keep one of the two"))
        config[name] = value
    given = {key: config[key] for key in SECRET_KEYS if key in config}
    return Source(config, mistakes, frozenset(part for key in given for part in plaintext(key, given[key])))


def _without_prefix(path: Path) -> Path:
    """A path in a stack file as every line has it: without `config` and the project's prefix."""
    if len(path) < 2 or path[0] != "config":
        return path
    return (str(path[1]).removeprefix(f"{PROJECT}:"), *path[2:])


def _is_meant(key: str, mistakes: Collection[Mistake]) -> bool:
    """Whether it was said already, of a misspelt one, that this key was meant."""
    return (key,) in {mistake.meant for mistake in mistakes}


def _resource(data: Config, repeated: Collection[Mistake], beside: Config) -> Source:
    mistakes = [*repeated, *unknown_keys(data, RESOURCE_KEYS)]
    for key, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
        if data.get(key) != wanted and (key in data or not _is_meant(key, mistakes)):
            found = f"{shown(data[key])} is not {wanted}" if key in data else "is missing"
            mistakes.append(Mistake((key,), f"{found}; write {wanted}"))
    metadata = data.get("metadata")
    if not isinstance(metadata, dict | None):
        mistakes.append(Mistake(("metadata",), f"{shown(metadata)} is not a mapping; write name below it"))
        metadata = None
    mistakes += [
        unknown_key(("metadata", str(key)), METADATA_KEYS)
        for key in metadata or {}
        if key not in (*METADATA_KEYS, *UNREAD_METADATA_KEYS)
    ]
    config = beside | {key: value for key, value in (metadata or {}).items() if key in METADATA_KEYS}
    config |= {key: value for key, value in data.items() if key == "spec"} | _place(data.get("spec"))
    return Source(config, mistakes, written=_in_resource)


def _place(spec: object) -> Config:
    """With MinIO, too, the namespace exists where a tenant's OIDC client is in a Secret: that Secret exists."""
    tenants = entries(spec, ("tenants", "authentication"))
    return {"createNamespace": False} if any(at(tenant, ("oidc", "secret")) for tenant in tenants) else {}


def _in_resource(path: Path) -> Path:
    """A path as a TempoStack has it: its name and namespace are metadata."""
    return ("metadata", *path) if path[:1] in (("name",), ("namespace",)) else path
