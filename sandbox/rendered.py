"""What the data plane reads of the objects that `python -m ops render` prints: Tempo's files, and how it is started."""

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.errors import SandboxError

COMPONENTS = ("ingester", "distributor", "querier", "query-frontend", "compactor")  # in the order they are started
CERTIFICATES_FOLDER = "/etc/tempo-tls"

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
    """A component as its Deployment or StatefulSet starts it."""

    component: str
    replicas: int
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    from_secrets: frozenset[str]  # the names of the environment that the pod takes from Secrets
    certificates: tuple[Files, ...] = ()


@dataclass(frozen=True)
class RenderedStack:
    """The ConfigMap's name (which begins every Service's name, too), its files, and the five workloads."""

    name: str
    files: Mapping[str, str]
    workloads: tuple[Workload, ...]


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
    config_maps, found = [], {}
    for item in objects:
        if item["kind"] == "ConfigMap" and "distributor.yaml" in item.get("data", {}):
            config_maps.append(item)
        elif item["kind"] in ("Deployment", "StatefulSet") and (workload := _workload(item)):
            found[workload.component] = workload
    missing = [component for component in COMPONENTS if component not in found]
    if missing or len(config_maps) != 1:
        raise SandboxError(f"rendered objects: {len(config_maps)} Tempo ConfigMaps, no workload for {missing}")
    name = config_maps[0]["metadata"]["name"]
    return RenderedStack(name, config_maps[0]["data"], tuple(found[component] for component in COMPONENTS))


def _workload(item: Object) -> Workload | None:
    """The workload of a Tempo component; None for any other."""
    for container in item["spec"]["template"]["spec"]["containers"]:
        arguments = tuple(container.get("args") or ())
        component = next((a.removeprefix("-target=") for a in arguments if a.startswith("-target=")), None)
        if component in COMPONENTS:
            entries = container.get("env") or ()
            given = {entry["name"]: entry["value"] for entry in entries if "value" in entry}
            from_secrets = frozenset(entry["name"] for entry in entries if "valueFrom" in entry)
            replicas, certificates = item["spec"].get("replicas", 1), tuple(certificates_of(item))
            return Workload(component, replicas, arguments, given, from_secrets, certificates)
    return None


def certificates_of(item: Object) -> Iterator[Files]:
    """Where the first container of a workload's pod finds certificates."""
    spec = item["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in spec.get("volumes") or ()}
    for mount in spec["containers"][0].get("volumeMounts") or ():
        volume = volumes.get(mount["name"], {})
        for kind, source, name in (("Secret", "secret", "secretName"), ("ConfigMap", "configMap", "name")):
            if mount["mountPath"].startswith(f"{CERTIFICATES_FOLDER}/") and source in volume:
                items = {item["key"]: item["path"] for item in volume[source]["items"]}
                yield Files(mount["mountPath"], kind, volume[source][name], items)
