"""Ways in from outside, and the rights that logins need, as a real API server takes them, strictly."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Kubectl
from tests.support import references, stacks

HOST = "traces.example.com"
KINDS: dict[str, dict[str, Any]] = {
    "Route": {"host": HOST, "annotations": {"haproxy.router.openshift.io/timeout": "5m"}},
    "Ingress": {"type": "ingress", "host": HOST, "ingressClassName": "nginx", "tls": {"secretName": "traces"}},
    "HTTPRoute": {"type": "httpRoute", "host": HOST, "parentRefs": [{"name": "public", "sectionName": "https"}]},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_way_in_passes_the_servers_strict_field_validation(kind: str, kubectl: Kubectl, tmp_path: Path) -> None:
    objects = stacks.rendered_prod(tmp_path, ("template", "gateway", "ingress"), KINDS[kind])
    (way_in,) = (each for each in objects if each["kind"] == kind)
    way_in["metadata"]["namespace"] = "default"
    arguments = ("apply", "--server-side", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-")
    taken = json.loads(kubectl(*arguments, stdin=json.dumps(way_in)))
    assert HOST in json.dumps(taken["spec"])
    assert references.missing(objects) == []


def test_rights_to_a_tenant_are_what_the_gateways_opa_asks_for(kubectl: Kubectl) -> None:
    """The question is opa-openshift's: group, resource and name of its mappings, with a verb for reading or writing."""
    rule = {"apiGroups": ["tempo.grafana.com"], "resources": ["dev"], "resourceNames": ["traces"], "verbs": ["create"]}
    group = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": "write-dev"}, "rules": [rule]}
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "write-dev"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "write-dev"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": "collector"}],
    }
    for each in (role, binding):
        kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(each))

    def may(tenant: str, verb: str) -> bool:
        attributes = {"group": "tempo.grafana.com", "resource": tenant, "name": "traces", "verb": verb}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": "collector", "resourceAttributes": attributes},
        }
        answer = kubectl("create", "-o", "json", "-f", "-", stdin=json.dumps(review))
        return bool(json.loads(answer)["status"]["allowed"])

    allowed = {(tenant, verb) for tenant in ("dev", "prod") for verb in ("create", "get") if may(tenant, verb)}
    assert allowed == {("dev", "create")}
