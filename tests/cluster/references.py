"""What an object refers to by name, and who is missing: Secrets, ConfigMaps, keys, ServiceAccounts, claims, ports."""

from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]
Key = tuple[str, str]


def missing(objects: list[Object]) -> list[str]:
    """One line for each reference that leads nowhere among `objects`."""
    by_name = {(o["kind"], o["metadata"]["name"]): o for o in objects}
    found = [
        f"{o['kind']}/{o['metadata']['name']}: {reference}"
        for o in objects
        if (pod := pod_of(o))
        for reference in _dangling(pod, by_name)
    ]
    return found + [line for o in objects if o["kind"] == "Service" for line in _unserved_ports(o, objects)]


def pod_of(workload: Object) -> Object | None:
    """The pod spec of a workload; None for any other object."""
    template = workload.get("spec", {}).get("template")
    return template["spec"] if template else None


def _dangling(pod: Object, by_name: dict[Key, Object]) -> Iterator[str]:
    if (account := ("ServiceAccount", pod["serviceAccountName"])) not in by_name:
        yield "/".join(account)
    mounted = {v["name"]: v for v in pod.get("volumes", [])}
    for volume in mounted.values():
        if "persistentVolumeClaim" in volume:
            yield from _lacks(by_name, "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"], [])
        for kind, place, key in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")):
            if place in volume:
                yield from _lacks(by_name, kind, volume[place][key], [i["key"] for i in volume[place].get("items", [])])
    for container in pod.get("initContainers", []) + pod["containers"]:
        for variable in container.get("env", []):
            source = variable.get("valueFrom", {})
            for kind, place in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
                if place in source:
                    yield from _lacks(by_name, kind, source[place]["name"], [source[place]["key"]])
        named = {p.get("name") for p in container.get("ports", [])}
        for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
            port = container.get(probe, {}).get("httpGet", {}).get("port")
            if isinstance(port, str) and port not in named:
                yield f"{container['name']}'s {probe} asks port {port}"


def _lacks(by_name: dict[Key, Object], kind: str, name: str, keys: list[str]) -> Iterator[str]:
    target = by_name.get((kind, name))
    if target is None:
        yield f"{kind}/{name}"
        return
    there = {*target.get("data", {}), *target.get("stringData", {})}
    yield from (f"{kind}/{name} has no key {key}" for key in keys if key not in there)


def _unserved_ports(service: Object, objects: list[Object]) -> Iterator[str]:
    """Each port of a Service must be open, under its name or number, in every pod that the Service selects."""
    name, selector = f"Service/{service['metadata']['name']}", service["spec"]["selector"].items()
    pods = [
        (o["metadata"]["name"], o["spec"]["template"])
        for o in objects
        if pod_of(o) and selector <= o["spec"]["template"]["metadata"]["labels"].items()
    ]
    if not pods:
        yield f"{name} selects no pod"
    for port in service["spec"]["ports"]:
        target = port.get("targetPort", port["port"])
        for pod, template in pods:
            ports = [p for c in template["spec"]["containers"] for p in c.get("ports", [])]
            if target not in {p.get("name") for p in ports} | {p["containerPort"] for p in ports}:
                yield f"{name}: {pod} does not open {target}"
