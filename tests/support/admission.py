"""Pods, as workloads would make them and as somebody else has them, and what a real API server says of them."""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.cluster import Cluster
from sandbox.toolchain import kubectl
from tests.support.recording import Run

Object = dict[str, Any]
REFUSED = re.compile(r'pods "([^"]+)" is forbidden: (violates PodSecurity "[^"]+":.*)')


def pods_of(run: Run, namespace: str) -> list[Object]:
    """One pod of every workload, named after it; a claim template's volume is a claim's."""
    return [_pod(workload.object_name, workload.inputs["spec"], namespace) for workload in run.workloads.values()]


def _pod(name: str, workload: Mapping[str, Any], namespace: str) -> Object:
    template = workload["template"]
    claims = [claim["metadata"]["name"] for claim in workload.get("volumeClaimTemplates", [])]
    volumes = [{"name": claim, "persistentVolumeClaim": {"claimName": f"{claim}-{name}-0"}} for claim in claims]
    spec = {**template["spec"], "volumes": [*template["spec"].get("volumes", []), *volumes]}
    metadata = {"name": name, "namespace": namespace, "labels": template["metadata"]["labels"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def harmless(name: str, resources: Mapping[str, Any]) -> Object:
    """A pod of somebody else's, with these resources, that passes `restricted`; in no namespace yet."""
    container = {
        "name": "main",
        "image": "example.com/none:1",
        "resources": resources,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}}


def home_for(cluster: Cluster, namespace: Object, accounts: Iterable[str]) -> None:
    """The namespace as it is declared, with those ServiceAccounts."""
    name = namespace["metadata"]["name"]
    made = [{"kind": "ServiceAccount", "metadata": {"name": each, "namespace": name}} for each in sorted(accounts)]
    objects = [{"apiVersion": "v1", **each} for each in ({**namespace, "kind": "Namespace"}, *made)]
    done = _kubectl(cluster, objects, "apply", "-f", "-")
    assert done.returncode == 0, done.stderr


def refused(cluster: Cluster, pods: list[Object]) -> dict[str, str]:
    """Name of each pod that the PodSecurity admission refuses, with its reason; any other refusal fails the test."""
    done = _kubectl(cluster, pods, "create", "--dry-run=server", "-f", "-")
    found = dict(REFUSED.findall(done.stderr))
    made = [line for line in done.stdout.splitlines() if "created (server dry run)" in line]
    assert len(made) + len(found) == len(pods), done.stdout + done.stderr
    return found


def _kubectl(cluster: Cluster, objects: list[Object], *arguments: str) -> subprocess.CompletedProcess[str]:
    whole = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    environment = os.environ | {"KUBECONFIG": str(cluster.kubeconfig)}
    command = [str(kubectl()), *arguments]
    return subprocess.run(command, env=environment, input=whole, capture_output=True, text=True, check=False)
