"""What an update changes, field by field, and which of it means a replacement."""

import base64
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from pulumi.runtime.proto.provider_pb2 import PropertyDiff

from sandbox.provider.objects import Manifest, RefusedError
from sandbox.provider.wire import Secret, plain

Path = tuple[str | int, ...]
IDENTITY: Final[frozenset[Path]] = frozenset({("apiVersion",), ("metadata", "name"), ("metadata", "namespace")})

# Fields that the official provider replaces an object for though the API server would take the change, and the provider
# input that stops it (forceNewProperties in provider/pkg/provider/force_new_properties.go of pulumi-kubernetes 4).
REPLACED_DATA: Final = {
    "ConfigMap": ("enableConfigMapMutable", {"data", "binaryData"}),
    "Secret": ("enableSecretMutable", {"data", "stringData", "type"}),
}

# How API servers say that a field never changes (validation of apps, batch, core and rbac objects, Kubernetes 1.36).
_NEVER_CHANGES = re.compile(r"immutable|may not change once set|cannot change roleRef|for fields other than ")


def changes(old: Any, new: Any, at: Path = ()) -> dict[Path, Any]:
    """The deepest paths at which two plain values differ, each with ADD, DELETE or UPDATE (`PropertyDiff.Kind`)."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        steps = [(key, key in old, key in new) for key in [*old, *(key for key in new if key not in old)]]
    elif isinstance(old, list) and isinstance(new, list):
        steps = [(i, i < len(old), i < len(new)) for i in range(max(len(old), len(new)))]
    else:
        same = old == new and isinstance(old, bool) == isinstance(new, bool)
        return {} if same else {at: PropertyDiff.UPDATE}
    found: dict[Path, Any] = {}
    for step, was, will_be in steps:
        if was and will_be:
            found |= changes(old[step], new[step], (*at, step))
        else:
            found[(*at, step)] = PropertyDiff.ADD if will_be else PropertyDiff.DELETE
    return found


def spelled(path: Path) -> str:
    """A path as the engine writes it: `spec.containers[0].image`, `metadata.labels["app.kubernetes.io/name"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[A-Za-z_$][\w$]*", step):
            text += f".{step}" if text else step
        else:
            text += '["' + step.replace("\\", "\\\\").replace('"', '\\"') + '"]'
    return text


def identity(manifest: Manifest, default_namespace: str) -> tuple[Any, ...]:
    """What makes an object this one: API group, kind, namespace and name."""
    metadata = manifest.get("metadata", {})
    group = str(manifest.get("apiVersion", "")).rpartition("/")[0]
    return group, manifest.get("kind"), metadata.get("namespace") or default_namespace, metadata.get("name")


def is_immutability(refused: RefusedError) -> bool:
    """Whether the server objects to nothing but changes of fields that never change."""
    words = [cause.get("message", "") for cause in refused.causes] or [str(refused)]
    return refused.status == 422 and all(_NEVER_CHANGES.search(word) for word in words)


def immutable_among(refused: RefusedError, changed: Collection[Path]) -> frozenset[Path]:
    """Those of the changed paths that the server calls immutable; all of them when it names none of them."""
    fields = [re.findall(r"[^.\[\]]+", cause.get("field", "")) for cause in refused.causes]
    named = {path for path in changed for field in fields if [str(step) for step in path][: len(field)] == field}
    return frozenset(named or changed)


def as_live(inputs: dict[str, Any], live: Manifest) -> dict[str, Any]:
    """The inputs with the values the live object has now: what it lacks is left out, what it has besides is ignored."""
    if live["kind"] == "Secret":  # stringData is write-only: what became of it stands in data
        texts = {key: base64.b64decode(text).decode(errors="replace") for key, text in live.get("data", {}).items()}
        live = {**live, "stringData": texts}
    return dict(_as_live(inputs, live))


def _as_live(value: Any, live: Any) -> Any:
    if isinstance(value, Secret):
        return Secret(_as_live(value.value, live))
    if isinstance(value, Mapping) and isinstance(live, Mapping):
        # An empty value and an absent one are the same to the API server, which writes out neither.
        kept = {key: item for key, item in value.items() if key in live or not plain(item)}
        return {key: _as_live(item, live[key]) if key in live else item for key, item in kept.items()}
    if isinstance(value, list) and isinstance(live, list):
        return [_as_live(item, found) for item, found in zip(value, live, strict=False)]
    return live
