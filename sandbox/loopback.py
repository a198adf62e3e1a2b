"""Move rendered Tempo files from pods to loopback: names become addresses, folders move, limits are read sooner."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.rendered import BRIDGE, CERTIFICATES_FOLDER, KUBERNETES_GRACE_SECONDS, RenderedStack

Content = dict[str, Any]

OVERRIDES_PERIOD = "1s"  # between two looks at the tenants' limits; Tempo's own is 10s


@dataclass(frozen=True)
class Instance:
    """One container's process: what it runs, the address of the pod it is in, the folder its pod's volumes become."""

    name: str
    component: str
    address: str
    folder: Path
    grace_seconds: float = KUBERNETES_GRACE_SECONDS  # its pod's


@dataclass(frozen=True)
class Substitution:
    """One value that differs from the rendered file; `old` is None where that leaves it to Tempo."""

    file: str
    key: str
    old: str | None
    new: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.old or '(not set)'} → {self.new}"


def relocate(
    stack: RenderedStack, instance: Instance, all_instances: list[Instance], *, named: bool = False
) -> tuple[str, list[Substitution]]:
    """The instance's own file for its place on loopback, and everything that was changed in it.

    `named`: the process can be told which addresses the Service of the query frontends stands for, so it stays named.
    """
    file = f"{instance.component}.yaml"
    rendered = yaml.safe_load(stack.files[file])
    frontends = discovered(stack, all_instances)
    places = {
        "0.0.0.0": instance.address,
        **({} if named else {name: addresses[0] for name, addresses in frontends.items()}),
        **({"localhost": instance.address} if instance.component == BRIDGE else {}),
        **folders(instance),
    }
    moved = _replace(rendered, places)
    for path, value in _own_address(rendered, instance) if instance.component != BRIDGE else ():
        _set(moved, path, value)
    if "memberlist" in rendered:
        _set(moved, ("memberlist", "join_members"), _gossip_members(stack, all_instances))
    if "per_tenant_override_config" in moved.get("overrides", {}):
        moved["overrides"].setdefault("per_tenant_override_period", OVERRIDES_PERIOD)
    changes = [Substitution(file, key, old, new) for key, old, new in _differences(rendered, moved)]
    return yaml.safe_dump(moved, sort_keys=False), changes


def discovered(stack: RenderedStack, all_instances: list[Instance]) -> dict[str, list[str]]:
    """The headless Service by which a querier finds every query frontend, and their addresses."""
    frontends = [i.address for i in all_instances if i.component == "query-frontend"]
    return {f"{stack.name}-query-frontend-discovery": frontends}


def _gossip_members(stack: RenderedStack, all_instances: list[Instance]) -> list[str]:
    """What the name of the gossip Service stands for: the address of every pod that gossips."""
    files = {i.component: yaml.safe_load(stack.files[f"{i.component}.yaml"]) for i in all_instances}
    gossiping = [i for i in all_instances if "memberlist" in files[i.component]]
    return [f"{i.address}:7946" for i in gossiping]


def folders(instance: Instance) -> dict[str, str]:
    """Folder in the container -> folder here."""
    return {
        "/conf": str(instance.folder / "conf"),
        "/var/tempo": str(instance.folder / "data"),
        CERTIFICATES_FOLDER: str(instance.folder / "tls"),
    }


def replace_text(text: str, places: Mapping[str, str]) -> str:
    """`text` with every place moved."""
    for old, new in places.items():
        text = text.replace(old, new)
    return text


def _own_address(rendered: Content, instance: Instance) -> Iterator[tuple[tuple[str, ...], str | list[str]]]:
    """The keys that a pod leaves to its own network namespace and host name, which a process here must be told."""
    yield ("server", "http_listen_address"), instance.address
    yield ("server", "grpc_listen_address"), instance.address
    if "internal_server" in rendered:
        yield ("internal_server", "http_listen_address"), instance.address
    yield ("memberlist", "bind_addr"), [instance.address]
    yield ("memberlist", "advertise_addr"), instance.address
    if instance.component == "ingester":
        yield ("ingester", "lifecycler", "address"), instance.address
        yield ("ingester", "lifecycler", "id"), instance.name
    if "ring" in rendered.get(instance.component, {}):
        yield (instance.component, "ring", "instance_addr"), instance.address
        yield (instance.component, "ring", "instance_id"), instance.name


def _replace(content: Any, places: Mapping[str, str]) -> Any:
    if isinstance(content, dict):
        return {key: _replace(value, places) for key, value in content.items()}
    if isinstance(content, list):
        return [_replace(value, places) for value in content]
    return replace_text(content, places) if isinstance(content, str) else content


def _set(content: Content, path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        content = content.setdefault(key, {})
    content[path[-1]] = value


def _differences(old: Any, new: Any, key: str = "") -> Iterator[tuple[str, str | None, str]]:
    """(key, old, new) for every value that differs."""
    if isinstance(new, dict):
        old = old if isinstance(old, dict) else {}
        for name, value in new.items():
            yield from _differences(old.get(name), value, f"{key}.{name}" if key else name)
    elif old != new:
        yield key, None if old is None else _in_words(old), _in_words(new)


def _in_words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
