"""What an object refers to by name, and who is missing: Secrets, ConfigMaps, keys, ServiceAccounts, claims, ports,
the Services that ways in lead to, and whom rights are given to.
"""

import json
from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]
Key = tuple[str, str]


def missing(objects: list[Object]) -> list[str]:
    """One line for each reference that leads nowhere among `objects`."""
    by_name = {(o["kind"], o["metadata"]["name"]): o for o in [*objects, *_promised(objects)]}
    found = [
        f"{o['kind']}/{o['metadata']['name']}: {reference}"
        for o in objects
        if (pod := pod_of(o))
        for reference in _dangling(pod, by_name)
    ]
    found += [line for o in objects if o["kind"] == "Service" for line in _unserved_ports(o, objects)]
    return found + [f"{o['kind']}/{o['metadata']['name']}: {line}" for o in objects for line in _lost(o, by_name)]


def _promised(objects: list[Object]) -> Iterator[Object]:
    """What others make as an object asks for it: OpenShift its certificates and authority, cert-manager its own."""
    for each in objects:
        annotations = each["metadata"].get("annotations", {})
        if secret := annotations.get("service.beta.openshift.io/serving-cert-secret-name"):
            yield _holding("Secret", secret, "tls.crt", "tls.key")
        if annotations.get("service.beta.openshift.io/inject-cabundle") == "true":
            yield _holding("ConfigMap", each["metadata"]["name"], "service-ca.crt")
        if each["kind"] == "Certificate":
            yield _holding("Secret", each["spec"]["secretName"], "tls.crt", "tls.key", "ca.crt")


def _holding(kind: str, name: str, *keys: str) -> Object:
    return {"kind": kind, "metadata": {"name": name}, "data": dict.fromkeys(keys, "")}


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


def _lost(each: Object, by_name: dict[Key, Object]) -> Iterator[str]:
    """What a way in, a login and a binding lead to, and is not there."""
    for service, port in _backends(each):
        found = by_name.get(("Service", service), {"spec": {"ports": []}})
        if port not in {p[key] for p in found["spec"]["ports"] for key in ("name", "port")}:
            yield f"Service/{service} has no port {port}"
    for name, text in each["metadata"].get("annotations", {}).items():
        if "oauth-redirectreference" in name:
            target = json.loads(text)["reference"]
            yield from [] if (target["kind"], target["name"]) in by_name else [f"{target['kind']}/{target['name']}"]
    named = [(s["kind"], s["name"]) for s in each.get("subjects", [])]
    named += [(each["roleRef"]["kind"], each["roleRef"]["name"])] if "roleRef" in each else []
    yield from ("/".join(key) for key in named if key not in by_name)


def _backends(each: Object) -> Iterator[tuple[str, str | int]]:
    """Service and port (its name or number) of everything that a way in leads to."""
    if each["kind"] == "Route":
        yield each["spec"]["to"]["name"], each["spec"]["port"]["targetPort"]
    if each["kind"] == "HTTPRoute":
        yield from ((b["name"], b["port"]) for rule in each["spec"]["rules"] for b in rule["backendRefs"])
    if each["kind"] == "Ingress":
        paths = [path for rule in each["spec"]["rules"] for path in rule["http"]["paths"]]
        yield from ((b["name"], b["port"]["name"]) for b in (path["backend"]["service"] for path in paths))
