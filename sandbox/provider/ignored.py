"""Fields that the program leaves to others (`ignoreChanges`): what an apply may say of them.

Server-side apply resets a field to its default as soon as its only manager stops naming it. So a field that others
manage is left out, and one that nobody else manages is named with the value that it has: the official provider's rule
(handleSSAIgnoreFields in provider/pkg/await/await.go of pulumi-kubernetes 4). As there, paths lead through keys only.
"""

from collections.abc import Collection, Sequence
from copy import deepcopy
from typing import Any

from sandbox.provider.objects import Cluster, Manifest


def kept(cluster: Cluster, manifest: Manifest, paths: Collection[str], manager: str) -> Manifest:
    """The manifest with the ignored fields as `manager` may apply them over the live object."""
    live = cluster.get(manifest) if paths else None
    if live is None:
        return manifest
    result = deepcopy(manifest)
    for path in (path.split(".") for path in paths):
        entries = live["metadata"].get("managedFields", [])
        owners = {entry["manager"] == manager for entry in entries if _holds(entry.get("fieldsV1"), path)}
        value = _at(live, path)
        if owners == {False}:
            _remove(result, path)
        elif value is not None:
            _put(result, path, value)
    return result


def _holds(fields: Any, path: Sequence[str]) -> bool:
    """Whether a manager's set of fields (`f:` before each name) has this one."""
    return _at(fields, [f"f:{key}" for key in path]) is not None


def _at(value: Any, path: Sequence[str]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _put(manifest: Manifest, path: Sequence[str], value: Any) -> None:
    for key in path[:-1]:
        manifest = manifest.setdefault(key, {})
    manifest[path[-1]] = value


def _remove(manifest: Manifest, path: Sequence[str]) -> None:
    owner = _at(manifest, path[:-1])
    if isinstance(owner, dict):
        owner.pop(path[-1], None)
