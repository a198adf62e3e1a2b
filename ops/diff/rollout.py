"""What happens to each workload: whether its pods restart, why, or whether it only scales, comes or goes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from allocation.line import ContainerLine
from ops.diff.snapshot import Snapshot

Action = Literal["restarts", "replaced", "scales", "created", "deleted", "changed"]
Manifest = Mapping[str, Any]

Scale = tuple[str | None, str | None]  # replicas, old and new, where they differ

UNSCALED: Scale = (None, None)
# What the workload does; docs/plan.md has this as a table.
ACTIONS: Mapping[Action, str] = {
    "restarts": "gets new pods, because of the fields of its pods in brackets; a file's name is one that they read",
    "replaced": "is deleted and made again, because Kubernetes lets nobody change those fields",
    "scales": "gets more or fewer pods; the others stay as they are",
    "created": "is new",
    "deleted": "is no longer there",
    "changed": "changes without a touch to its pods",
}
COMPONENT = "app.kubernetes.io/component"
CHECKSUM = "checksum/"  # an annotation that has the hash of what the pods read
FOLLOWS_THE_LIMIT = "GOMEMLIMIT"
FIXED = {  # what Kubernetes lets nobody change in place: the object is deleted and made again
    "Deployment": ("selector",),
    "StatefulSet": ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates"),
    "Job": ("selector", "template", "completions", "completionMode"),
}


@dataclass(frozen=True)
class Fate:
    """What happens to a workload; `reasons` are the fields that differ. `scale` is its replicas, old and new."""

    component: str
    action: Action
    reasons: tuple[str, ...] = ()
    scale: Scale = UNSCALED


def by_manifests(old: Iterable[Manifest], new: Iterable[Manifest], scales: Mapping[str, tuple[str, str]]) -> list[Fate]:
    """Exactly, from all objects of both stacks; `scales` are the workloads' replicas, by component."""
    before, after = _workloads(old), _workloads(new)
    found = []
    for key in dict.fromkeys((*after, *before)):
        kind, component = key
        fate = _fate(kind, component, before.get(key), after.get(key), scales.get(component))
        found += [fate] if fate else []
    return found


def by_numbers(old: Snapshot, new: Snapshot) -> list[Fate]:
    """What limits, requests and replicas alone can tell."""
    before, after = _components(old), _components(new)
    scales = scales_of(old, new)
    found = []
    for component in dict.fromkeys((*after, *before)):
        was, becomes = before.get(component), after.get(component)
        if was is None or becomes is None:
            found.append(Fate(component, "created" if was is None else "deleted"))
            continue
        same_pods = was.keys() == becomes.keys()
        same_numbers = all(_numbers(was, each) == _numbers(becomes, each) for each in becomes)
        reasons = (() if same_numbers else ("resources",)) if same_pods else ("containers",)
        scale = _changed(scales[component])
        if reasons or scale != UNSCALED:
            found.append(Fate(component, "restarts" if reasons else "scales", reasons, scale))
    return found


def scales_of(old: Snapshot, new: Snapshot) -> dict[str, tuple[str, str]]:
    """Component -> its replicas, old and new, of those that both have."""
    before, after = _components(old), _components(new)
    return {
        component: (next(iter(before[component].values())).scale, next(iter(after[component].values())).scale)
        for component in after
        if component in before
    }


def _changed(scale: tuple[str, str]) -> Scale:
    return scale if scale[0] != scale[1] else UNSCALED


def _components(snapshot: Snapshot) -> dict[str, dict[str, ContainerLine]]:
    """Component -> container -> line."""
    found: dict[str, dict[str, ContainerLine]] = {}
    for key, line in snapshot.lines.items():
        component, _, container = key.partition("/")
        found.setdefault(component, {})[container] = line
    return found


def _numbers(lines: Mapping[str, ContainerLine], container: str) -> object:
    line = lines.get(container)
    return line and (line.limits, line.requests)


def _workloads(manifests: Iterable[Manifest]) -> dict[tuple[str, str], Manifest]:
    """(kind, component) -> workload."""
    return {(each["kind"], each["metadata"]["labels"][COMPONENT]): each for each in manifests if each["kind"] in FIXED}


def _fate(
    kind: str, component: str, old: Manifest | None, new: Manifest | None, scale: tuple[str, str] | None
) -> Fate | None:
    if old is None or new is None:
        return Fate(component, "created" if old is None else "deleted")
    changed = _changed(scale) if scale else UNSCALED
    identity = [key for key in ("name", "namespace") if old["metadata"].get(key) != new["metadata"].get(key)]
    if fixed := identity or [key for key in FIXED[kind] if old["spec"].get(key) != new["spec"].get(key)]:
        return Fate(component, "replaced", tuple(fixed), changed)
    if reasons := tuple(dict.fromkeys(_reasons(old["spec"]["template"], new["spec"]["template"]))):
        return Fate(component, "restarts", reasons, changed)
    if changed != UNSCALED:
        return Fate(component, "scales", (), changed)
    rest = [key for key in _differing(old["spec"], new["spec"]) if key != "replicas"]
    if rest or old["metadata"] != new["metadata"]:
        return Fate(component, "changed", tuple(rest or ["metadata"]))
    return None


def _reasons(old: Manifest, new: Manifest) -> Iterator[str]:
    """The fields of a pod template that differ, in the words of Kubernetes; a hash by what it is the hash of."""
    was, becomes = old.get("metadata", {}), new.get("metadata", {})
    for key in _differing(was.get("annotations", {}), becomes.get("annotations", {})):
        yield key.removeprefix(CHECKSUM)
    for key in _differing(was, becomes):
        if key != "annotations":
            yield key
    for key in _differing(old["spec"], new["spec"]):
        if key in ("containers", "initContainers"):
            yield from _container_reasons(old["spec"].get(key, []), new["spec"].get(key, []))
        else:
            yield key


def _container_reasons(old: Iterable[Manifest], new: Iterable[Manifest]) -> Iterator[str]:
    before, after = ({each["name"]: each for each in containers} for containers in (old, new))
    for name in dict.fromkeys((*after, *before)):
        if name not in before or name not in after:
            yield f"container {name}"
            continue
        for key in _differing(before[name], after[name]):
            yield from _env_reasons(before[name], after[name]) if key == "env" else (key,)
    if list(before) != list(after) and set(before) == set(after):
        yield "containers"


def _env_reasons(old: Manifest, new: Manifest) -> Iterator[str]:
    """The variables that differ, without the one that only follows the memory limit."""
    before, after = ({each["name"]: each for each in container.get("env", [])} for container in (old, new))
    differing = _differing(before, after)
    yield from (f"env {name}" for name in differing if name != FOLLOWS_THE_LIMIT)
    if not differing:
        yield "env"  # in another order


def _differing(old: Manifest, new: Manifest) -> list[str]:
    return [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
