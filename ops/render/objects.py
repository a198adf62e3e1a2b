"""Recorded objects as manifests: secrets masked, keys and objects in the order people and `kubectl apply` expect."""

from collections.abc import Iterable
from typing import Any

from ops.render.recording import Registration, Secret
from ops.render.secrets import MASK

FIRST_KEYS = ("apiVersion", "kind", "metadata", "type", "spec")
FIRST_METADATA = ("name", "namespace", "labels", "annotations")
APPLY_ORDER = (  # what others refer to comes first; kinds that are not here come last
    "Namespace",
    "ResourceQuota",
    "LimitRange",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Route",  # before the Secret that names its host
    "Secret",
    "ConfigMap",
    "Issuer",
    "Certificate",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "Service",
    "Ingress",
    "HTTPRoute",
    "PodDisruptionBudget",
    "Deployment",
    "StatefulSet",
    "Job",
    "HorizontalPodAutoscaler",
)

Manifest = dict[str, Any]


def manifests(registrations: Iterable[Registration], *, show_secrets: bool) -> list[Manifest]:
    """Every object, in apply order; the same objects always in the same order."""
    return [_manifest(each, show_secrets=show_secrets) for each in _ordered(list(registrations))]


def _ordered(registrations: list[Registration]) -> list[Registration]:
    """By kind, then name, but never before an object that it depends on."""
    waiting = sorted(registrations, key=lambda each: (_rank(each.kind), each.kind, each.name))
    known = {each.urn for each in registrations}
    done: dict[str, Registration] = {}
    while waiting:
        ready = next((each for each in waiting if known.intersection(each.dependencies) <= done.keys()), waiting[0])
        waiting.remove(ready)
        done[ready.urn] = ready
    return list(done.values())


def _rank(kind: str) -> int:
    return APPLY_ORDER.index(kind) if kind in APPLY_ORDER else len(APPLY_ORDER)


def _manifest(registration: Registration, *, show_secrets: bool) -> Manifest:
    content = {key: _revealed(item) if show_secrets else _masked(item) for key, item in registration.inputs.items()}
    if registration.kind == "Secret" and not show_secrets:
        content |= {key: _all_masked(content[key]) for key in ("data", "stringData") if key in content}
    content["metadata"] = _first(content["metadata"], FIRST_METADATA)
    return _first(content, FIRST_KEYS)


def _first(mapping: Manifest, keys: tuple[str, ...]) -> Manifest:
    """The mapping with these keys before the others, which are sorted."""
    return {key: mapping[key] for key in (*keys, *sorted(mapping.keys() - set(keys))) if key in mapping}


def _revealed(value: Any) -> Any:
    match value:
        case Secret():
            return _revealed(value.value)
        case dict():
            return {key: _revealed(value[key]) for key in _sorted(value)}
        case list():
            return [_revealed(item) for item in value]
    return value


def _masked(value: Any) -> Any:
    match value:
        case Secret():
            return _all_masked(_revealed(value.value))
        case dict():
            return {key: _masked(value[key]) for key in _sorted(value)}
        case list():
            return [_masked(item) for item in value]
    return value


def _sorted(mapping: Manifest) -> list[str]:
    """By name, but a `name` first: it says what the rest is about."""
    return sorted(mapping, key=lambda key: (key != "name", key))


def _all_masked(value: Any) -> Any:
    """Every value masked; the keys of mappings stay, they are names."""
    return {key: _all_masked(item) for key, item in value.items()} if isinstance(value, dict) else MASK
