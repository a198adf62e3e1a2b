"""What the data plane reads of the objects that `python -m ops render` prints: Tempo's files, and how it is started."""

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sandbox.cgroups import Limits
from sandbox.errors import SandboxError
from sandbox.quantities import bytes_of, millicores_of

COMPONENTS = ("ingester", "distributor", "querier", "query-frontend", "compactor")  # in the order they are started
BRIDGE = "tempo-query"  # between the Jaeger UI and the query frontend, in the frontend's pods
MINIO = "minio"
CERTIFICATES_FOLDER = "/etc/tempo-tls"
KUBERNETES_GRACE_SECONDS = 30.0  # between SIGTERM and SIGKILL, for a pod that names none

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Files:
    """Keys of a Secret or a ConfigMap, as files in a folder of the container."""

    folder: str
    kind: str
    name: str
    items: Mapping[str, str]  # key -> file


@dataclass(frozen=True)
class Workload:
    """One container of a Deployment or StatefulSet, as that starts it."""

    component: str
    replicas: int
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    from_secrets: frozenset[str]  # the names of the environment that the pod takes from Secrets
    certificates: tuple[Files, ...] = ()
    limits: Limits = field(default_factory=Limits)
    beside: str = ""  # the component in whose pods it is, where that is not the component itself
    grace_seconds: float = KUBERNETES_GRACE_SECONDS  # its pod's


@dataclass(frozen=True)
class RenderedStack:
    """The ConfigMap's name (which begins every Service's name, too), its files, and what is started from it."""

    name: str
    files: Mapping[str, str]
    workloads: tuple[Workload, ...]  # in the order they are started; the bridge last, where there is one
    minio: Workload | None = None  # None where the store is somebody else's
    left_out: tuple[str, ...] = ()  # the containers that the data plane has no executable of


def render(file: Path) -> list[Object]:
    """The objects of a stack file, as the program declares them. Raises SandboxError with the program's own words."""
    project = Path(__file__).parent.parent
    command = [sys.executable, "-m", "ops", "render", str(file.resolve())]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SandboxError(done.stderr.strip() or f"{file}: `ops render` ended with {done.returncode} and no word")
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def read_stack(objects: Iterable[Object]) -> RenderedStack:
    """The Tempo part of rendered objects. Raises SandboxError where it is not whole."""
    config_maps: list[Object] = []
    found: dict[str, Workload] = {}
    left_out: list[str] = []
    for item in objects:
        if item["kind"] == "ConfigMap" and "distributor.yaml" in item.get("data", {}):
            config_maps.append(item)
        elif item["kind"] in ("Deployment", "StatefulSet"):
            workloads = _workloads(item)
            found |= {workload.component: workload for workload in workloads.values() if workload}
            left_out += [f"{name} ({item['metadata']['name']})" for name, each in workloads.items() if each is None]
    missing = [component for component in COMPONENTS if component not in found]
    if missing or len(config_maps) != 1:
        raise SandboxError(f"rendered objects: {len(config_maps)} Tempo ConfigMaps, no workload for {missing}")
    started = tuple(found[name] for name in (*COMPONENTS, BRIDGE) if name in found)
    metadata, files = config_maps[0]["metadata"], config_maps[0]["data"]
    return RenderedStack(metadata["name"], files, started, found.get(MINIO), tuple(left_out))


def _workloads(item: Object) -> dict[str, Workload | None]:
    """The containers of an object by name; None for those that the data plane does not run."""
    containers = item["spec"]["template"]["spec"]["containers"]
    components = {c["name"]: _component(c) for c in containers}
    pod = next((component for component in components.values() if component in COMPONENTS), "")
    workloads: dict[str, Workload | None] = {}
    for container in containers:
        component = components[container["name"]]
        workloads[container["name"]] = _workload(item, container, component, pod) if component else None
    return workloads


def _component(container: Object) -> str | None:
    """Which of the data plane's processes a container is."""
    targets = [a.removeprefix("-target=") for a in container.get("args") or () if a.startswith("-target=")]
    if targets and targets[0] in COMPONENTS:
        return str(targets[0])
    return container["name"] if container["name"] in (BRIDGE, MINIO) else None


def _workload(item: Object, container: Object, component: str, pod: str) -> Workload:
    entries = container.get("env") or ()
    limits = (container.get("resources") or {}).get("limits") or {}
    return Workload(
        component,
        replicas=item["spec"].get("replicas", 1),
        arguments=tuple(container.get("args") or ()),
        environment={entry["name"]: entry["value"] for entry in entries if "value" in entry},
        from_secrets=frozenset(entry["name"] for entry in entries if "valueFrom" in entry),
        certificates=tuple(certificates_of(item, container)),
        limits=Limits(millicores_of(limits.get("cpu")), bytes_of(limits.get("memory"))),
        beside=pod if pod != component else "",
        grace_seconds=item["spec"]["template"]["spec"].get("terminationGracePeriodSeconds", KUBERNETES_GRACE_SECONDS),
    )


def certificates_of(item: Object, container: Object) -> Iterator[Files]:
    """Where a container of a workload's pod finds certificates."""
    spec = item["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in spec.get("volumes") or ()}
    for mount in container.get("volumeMounts") or ():
        volume = volumes.get(mount["name"], {})
        for kind, source, name in (("Secret", "secret", "secretName"), ("ConfigMap", "configMap", "name")):
            if mount["mountPath"].startswith(f"{CERTIFICATES_FOLDER}/") and source in volume:
                items = {item["key"]: item["path"] for item in volume[source]["items"]}
                yield Files(mount["mountPath"], kind, volume[source][name], items)
