"""Who can reach whom: cyclonus works it out from the rendered NetworkPolicies, and it is what is listed here by hand.

The lists below are written from what Tempo, MinIO and the gateway do, not taken from the program's own table of flows.
"""

import itertools
import json
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from sandbox.toolchain import binary
from tests.support.stacks import CASES, PROJECT, render

STACKS = {
    "dev": PROJECT / "Pulumi.dev.yaml",
    "prod": PROJECT / "Pulumi.prod.yaml",
    "seed-global": CASES / "seed-global.yaml",
    "seed-per-component": CASES / "seed-per-component.yaml",
}
NAMESPACES = {"prod": "tempo-prod"}  # the others': tempo

Policies = list[dict[str, Any]]
Edge = tuple[str, str, str]  # from, to, port such as TCP/3200


class Somebody(NamedTuple):
    """A pod in its namespace; an address where there is no pod that a policy could see."""

    namespace: str | None
    labels: dict[str, str]
    ip: str


INSIDE = {"distributor", "ingester", "querier", "query-frontend", "compactor", "gateway", "minio", "minio-bucket"}
OUTSIDE = {
    "application": Somebody("shop", {"app": "cart"}, "10.1.0.1"),
    "neighbour": Somebody("", {"app": "cart"}, "10.1.0.2"),  # in the stack's namespace, and none of its pods
    "other stack": Somebody("", {"app.kubernetes.io/name": "tempo", "app.kubernetes.io/instance": "other"}, "10.1.0.3"),
    "prometheus": Somebody("monitoring", {"app.kubernetes.io/name": "prometheus"}, "10.1.0.4"),
    "openshift prometheus": Somebody("openshift-user-workload-monitoring", {}, "10.1.0.5"),
    "coredns": Somebody("kube-system", {"k8s-app": "kube-dns"}, "10.1.0.6"),
    "openshift dns": Somebody("openshift-dns", {}, "10.1.0.7"),
    "node-local dns": Somebody(None, {}, "169.254.20.10"),
    "internet": Somebody(None, {}, "203.0.113.7"),
}
PORTS = [
    f"{protocol}/{number}"
    for protocol in ("TCP", "UDP")
    for number in (
        *(22, 53, 80, 443, 3101, 3200, 4180, 4317, 4318, 5353, 6443, 6831, 6832, 7946, 8080, 8081, 8082, 8083),
        *(8090, 8443, 9000, 9001, 9095, 9411, 14250, 14268, 16685, 16686, 16687),
    )
]
PODS = [name for name, each in OUTSIDE.items() if each.namespace is not None]


def edges(origins: str | tuple[str, ...] | list[str], targets: str | tuple[str, ...], *ports: str) -> set[Edge]:
    """Each of these to each of those, but nobody to itself, on each port; TCP where a port is only a number."""
    each = ([ends] if isinstance(ends, str) else list(ends) for ends in (origins, targets))
    full = [port if "/" in port else f"TCP/{port}" for port in ports]
    return {(a, b, port) for a, b in itertools.product(*each) if a != b for port in full}


RING = ("distributor", "ingester", "querier", "compactor")
TEMPO = (*RING, "query-frontend")

# Of every stack with MinIO.
WITHIN = (
    edges("distributor", "ingester", "9095")
    | edges("querier", ("ingester", "query-frontend"), "9095")
    | edges(RING, RING, "7946")
    | edges(("ingester", "querier", "query-frontend", "compactor", "minio-bucket"), "minio", "9000")
)
FLOWS = {
    "dev": WITHIN
    | edges(PODS, "distributor", "4317", "4318", "14268", "14250", "9411", "UDP/6831", "UDP/6832")
    | edges(PODS, "query-frontend", "3200", "16685", "16686")
    | edges((*TEMPO, "minio-bucket"), ("coredns", "node-local dns"), "TCP/53", "UDP/53")
    | edges("prometheus", TEMPO, "3200")
    | edges("prometheus", "query-frontend", "16687"),
    "openshift": WITHIN
    | edges(PODS, "gateway", "8080", "8090")
    | edges("gateway", "distributor", "4317", "4318")
    | edges("gateway", "query-frontend", "3200", "16686")
    | edges((*TEMPO, "gateway", "minio-bucket"), "openshift dns", "TCP/5353", "UDP/5353")
    | edges("openshift prometheus", TEMPO, "3200")
    | edges("openshift prometheus", "query-frontend", "16687")
    | edges("openshift prometheus", "gateway", "8081", "8083")
    # The API server, and the OAuth server behind the router, are no pods that a policy could name.
    | edges("gateway", tuple(OUTSIDE), "6443", "443"),
}
# The Jaeger UI's oauth-proxy asks them as well, where it is the door: behind a gateway nobody comes to it.
PROXY = edges("query-frontend", tuple(OUTSIDE), "6443", "443")
# OpenShift's router may be on a node's own network: the gateway's Route is open to any address.
ROUTE = edges(("node-local dns", "internet"), "gateway", "8080")
EXPECTED = {
    "dev": FLOWS["dev"],
    "prod": FLOWS["openshift"] | ROUTE,
    "seed-global": FLOWS["openshift"] | ROUTE,
    "seed-per-component": FLOWS["openshift"] | ROUTE,
}

# A stack of one's own: OIDC at the gateway, a store elsewhere, mutual TLS, and everybody outside named.
SHUT = """
storage: {secret: {name: bucket, type: s3}, tls: {enabled: true}}
tls: {mode: certManager}
networkPolicy:
  senders: [{namespaces: [shop], podLabels: {app: cart}}, {namespaces: [billing]}]
  readers: [{cidrs: [203.0.113.0/29]}]
  scrapers: []
  ingressControllers: [{namespaces: [kube-system]}]
  dns: [{cidrs: [169.254.20.10/32]}]
tenants:
  mode: static
  authentication:
    - {tenantName: a, tenantId: a, oidc: {issuerURL: "https://id.example.com:8443/a", redirectURL: "https://t.example/a"}}
    - {tenantName: b, tenantId: b, oidc: {issuerURL: "http://dex.dex.svc/b", redirectURL: "https://t.example/b"}}
  authorization:
    roles: [{name: all, resources: [traces], tenants: [a, b], permissions: [read, write]}]
    roleBindings: [{name: all, roles: [all], subjects: [{kind: group, name: all}]}]
template:
  gateway: {enabled: true, ingress: {type: ingress, host: traces.example.com}}
  queryFrontend: {jaegerQuery: {enabled: true}}
"""
# OpenShift's login in front of the Jaeger UI, and no tenants; what is received is encrypted, so Jaeger's UDP is shut.
LOGIN = """
storage: {secret: {name: minio, type: s3}}
template: {queryFrontend: {jaegerQuery: {enabled: true, authentication: {}}}}
"""
WRITTEN: dict[str, dict[str, Any]] = {
    "shut": {"spec": yaml.safe_load(SHUT)},
    "login": {"spec": yaml.safe_load(LOGIN), "minio": {"enabled": True}},
}
EXPECTED["login"] = (
    WITHIN
    | PROXY
    | edges(PODS, "distributor", "4317", "4318", "14268", "14250", "9411")
    | edges(PODS, "query-frontend", "3200", "4180")
    | edges(("node-local dns", "internet"), "query-frontend", "4180")
    | edges((*TEMPO, "minio-bucket"), "openshift dns", "TCP/5353", "UDP/5353")
    | edges("openshift prometheus", TEMPO, "3200")
    | edges("openshift prometheus", "query-frontend", "16687")
)
EXPECTED["shut"] = (
    edges("distributor", "ingester", "9095")
    | edges("querier", ("ingester", "query-frontend"), "9095")
    | edges(RING, RING, "7946")
    | edges(("ingester", "querier", "query-frontend", "compactor"), tuple(OUTSIDE), "443")
    | edges("application", "gateway", "8080", "8090")
    | edges(("internet", "coredns"), "gateway", "8080")
    | edges("gateway", "distributor", "4317", "4318")
    | edges("gateway", "query-frontend", "3200", "16686")
    | edges((*TEMPO, "gateway"), "node-local dns", "TCP/53", "UDP/53")
    | edges("gateway", tuple(OUTSIDE), "8443", "80")
)


rendered = cache(render)  # once for a file; each test makes objects of its own of it


def people(objects: list[dict[str, Any]], namespace: str) -> dict[str, Somebody]:
    """The stack's pods, by component, as their templates label them; and everybody else."""
    found = {}
    for number, each in enumerate(o for o in objects if o["kind"] in ("Deployment", "StatefulSet", "Job")):
        labels = each["spec"]["template"]["metadata"]["labels"]
        found[labels["app.kubernetes.io/component"]] = Somebody(namespace, labels, f"10.0.0.{number + 1}")
    here = {name: each._replace(namespace=namespace) for name, each in OUTSIDE.items() if each.namespace == ""}
    return found | OUTSIDE | here


def every_edge(everybody: dict[str, Somebody]) -> list[Edge]:
    """Every pair and port with a pod of the stack at either end."""
    pairs = (pair for pair in itertools.permutations(everybody, 2) if not INSIDE.isdisjoint(pair))
    return [(a, b, port) for (a, b), port in itertools.product(pairs, PORTS)]


def reachable(policies: Policies, everybody: dict[str, Somebody], asked: list[Edge], folder: Path) -> set[Edge]:
    """Those of the asked that cyclonus lets through."""
    policy_folder, traffic = folder / "policies", folder / "traffic.json"
    policy_folder.mkdir(exist_ok=True)
    for policy in policies:  # one a file: of several in one it would read the first
        (policy_folder / f"{policy['metadata']['name']}.yaml").write_text(json.dumps(policy))
    traffic.write_text(json.dumps([_traffic(everybody[a], everybody[b], port) for a, b, port in asked]))
    command = [str(binary("cyclonus")), "analyze", "--policy-path", str(policy_folder), "--simplify-policies=false"]
    command += ["--mode", "query-traffic", "--traffic-path", str(traffic)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers = re.findall(r"IS ALLOWED\? \|\s+(TRUE|FALSE)", done.stdout)
    assert len(answers) == len(asked)
    return {edge for edge, answer in zip(asked, answers, strict=True) if answer == "TRUE"}


def _traffic(origin: Somebody, target: Somebody, port: str) -> dict[str, Any]:
    protocol, number = port.split("/")
    return {
        "Source": _peer(origin),
        "Destination": _peer(target),
        "ResolvedPort": int(number),
        "ResolvedPortName": "",
        "Protocol": protocol,
    }


def _peer(somebody: Somebody) -> dict[str, Any]:
    if somebody.namespace is None:
        return {"IP": somebody.ip}
    name = {"kubernetes.io/metadata.name": somebody.namespace}
    pod = {"Namespace": somebody.namespace, "NamespaceLabels": name, "PodLabels": somebody.labels}
    return {"IP": somebody.ip, "Internal": pod}


Change = Callable[[dict[str, dict[str, Any]]], object]  # of policies by component, in place


def no_change(_: dict[str, dict[str, Any]]) -> None:
    """As rendered."""


@pytest.fixture
def reached(tmp_path: Path) -> Callable[..., set[Edge]]:
    """The reachability matrix of a stack whose policies were changed before, or one edge of it."""

    def work_out(stack: str, change: Change = no_change, edge: Edge | None = None) -> set[Edge]:
        file = STACKS.get(stack, tmp_path / f"{stack}.yaml")
        if stack in WRITTEN:
            keys = {"name": "tmrs", "namespace": "tempo"} | WRITTEN[stack]
            file.write_text(json.dumps({"config": {f"tempostack:{key}": value for key, value in keys.items()}}))
        objects = [each for each in yaml.safe_load_all(rendered(file)) if each]
        policies = {each["metadata"]["name"]: each for each in objects if each["kind"] == "NetworkPolicy"}
        change({name.removeprefix("tempo-tmrs-"): each["spec"] for name, each in policies.items()})
        everybody = people(objects, NAMESPACES.get(stack, "tempo"))
        return reachable(list(policies.values()), everybody, [edge] if edge else every_edge(everybody), tmp_path)

    return work_out


@pytest.mark.parametrize("stack", EXPECTED)
def test_whoever_can_reach_whom_is_listed_and_nobody_else(reached: Callable[..., set[Edge]], stack: str) -> None:
    found = reached(stack)
    assert sorted(found - EXPECTED[stack]) == []
    assert sorted(EXPECTED[stack] - found) == []


MUTATIONS: dict[str, tuple[Change, Edge]] = {
    "anybody may come": (lambda p: p["minio"]["ingress"][0].pop("from"), ("application", "minio", "TCP/9000")),
    "any port": (lambda p: p["distributor"]["ingress"][0].pop("ports"), ("application", "distributor", "TCP/3200")),
    "anybody may be called": (lambda p: p["querier"]["egress"][-1].pop("to"), ("querier", "internet", "UDP/53")),
    "any namespace": (
        lambda p: p["compactor"]["ingress"][-1]["from"].append({"namespaceSelector": {}}),
        ("neighbour", "compactor", "TCP/3200"),
    ),
    "a way back forgotten": (lambda p: p["ingester"]["ingress"].pop(1), ("querier", "ingester", "TCP/9095")),
    "a flow forgotten": (lambda p: p["minio-bucket"]["egress"].pop(0), ("minio-bucket", "minio", "TCP/9000")),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_policy_that_lets_more_or_less_through_would_be_noticed(
    reached: Callable[..., set[Edge]], mutation: str
) -> None:
    change, edge = MUTATIONS[mutation]
    assert reached("dev", change, edge) != EXPECTED["dev"] & {edge}
