"""The pod security standard `restricted`, as the API server's own admission has it.

Every pod passes it, and the plan says beforehand which `podSecurityContext` does not.
"""

import json
from typing import Any

import pytest

from allocation import allocate
from sandbox.cluster import Cluster
from settings import load_config
from tests.support.admission import Object, home_for, pods_of, refused
from tests.support.configs import SECRETS, STACKS, config
from tests.support.recording import Run, run

CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
# What can be switched on beside a stack's own: extra volumes, an autoscaler, a way of encrypting what is between pods.
MORE: dict[str, dict[str, Any]] = {
    "extra volumes": {
        "template": {
            "querier": {"extraVolumes": [{"name": "more", "spec": CLAIM}]},
            "compactor": {"extraVolumes": [{"name": "work", "mountPath": "/var/tempo", "spec": CLAIM}]},
        }
    },
    "autoscaling": {"template": {"compactor": {"autoscaling": {"maxReplicas": 4}}}},
    "cert-manager": {"tls": {"mode": "certManager"}},
    "certificates": {"tls": {"mode": "secrets", "secretName": "certificates"}},
}
MADE = [name for name in STACKS if config(name).get("createNamespace", True)]
# On OpenShift a stack is encrypted by itself.
CASES = [
    *((name, "nothing") for name in MADE),
    *(("dev", more) for more in ("extra volumes", "autoscaling", "cert-manager", "certificates")),
    *(("prod", more) for more in ("extra volumes", "certificates")),
]


def recorded(whole: dict[str, Any]) -> Run:
    done = run(whole, SECRETS)
    assert not done.errors, done.errors
    return done


def with_more(stack: str, more: dict[str, Any]) -> dict[str, Any]:
    whole = config(stack)
    _merge(whole["spec"], more)
    return whole


def _merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        else:
            into[key] = value


def namespace_of(done: Run, name: str) -> Object:
    """The namespace that the stack declares, under another name."""
    (declared,) = done.kind("Namespace").values()
    return {"metadata": {**declared.inputs["metadata"], "name": name}}


def accounts(pods: list[Object]) -> set[str]:
    return {pod["spec"]["serviceAccountName"] for pod in pods}


@pytest.mark.parametrize(("stack", "more"), CASES)
def test_every_pod_is_admitted_where_restricted_is_enforced(cluster: Cluster, stack: str, more: str) -> None:
    done = recorded(with_more(stack, MORE.get(more, {})))
    name = f"admitted-{stack}-{more}".replace(" ", "-")
    pods = pods_of(done, name)
    home_for(cluster, namespace_of(done, name), accounts(pods))
    assert len(pods) >= 7
    assert refused(cluster, pods) == {}


# A podSecurityContext, and whether `restricted` admits it.
CONTEXTS: dict[str, tuple[dict[str, Any], bool]] = {
    "nothing": ({}, True),
    "the seed's": (
        {"runAsNonRoot": True, "runAsUser": 10001, "fsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        True,
    ),
    "another user": ({"runAsUser": 65532}, True),
    "the largest user": ({"runAsUser": 2**31 - 1}, True),
    "user 1": ({"runAsUser": 1}, True),
    "root": ({"runAsUser": 0}, False),
    "root, and it says so": ({"runAsUser": 0, "runAsNonRoot": False}, False),
    "root, against its own word": ({"runAsUser": 0, "runAsNonRoot": True}, False),
    "perhaps root": ({"runAsNonRoot": False}, False),
    "perhaps root, but it names another": ({"runAsNonRoot": False, "runAsUser": 10001}, False),
    "the group of root": ({"runAsGroup": 0}, True),
    "volumes of root's group": ({"fsGroup": 0, "fsGroupChangePolicy": "Always"}, True),
    "root's group beside its own": ({"supplementalGroups": [0, 4]}, True),
    "no seccomp profile": ({"seccompProfile": {"type": "Unconfined"}}, False),
    "a seccomp profile of the node's": ({"seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}}, True),
    "everything wrong": (
        {"runAsUser": 0, "runAsNonRoot": False, "seccompProfile": {"type": "Unconfined"}},
        False,
    ),
}


@pytest.mark.parametrize("name", CONTEXTS)
def test_the_plan_finds_just_what_the_admission_refuses(cluster: Cluster, name: str) -> None:
    context, admitted = CONTEXTS[name]
    whole = with_more("dev", {"template": {"querier": {"podSecurityContext": context}}})
    done = recorded(whole)
    pods = pods_of(done, "overridden")
    home_for(cluster, namespace_of(done, "overridden"), accounts(pods))
    reasons = refused(cluster, pods)
    assert set(reasons) == (set() if admitted else {"tempo-tmrs-querier"})
    findings = [finding for finding in planned(whole) if finding.code == "pod-security"]
    assert bool(findings) == bool(reasons)
    for finding in findings:  # each names a field of which the admission speaks too
        path, _, field = finding.path.rpartition("podSecurityContext.")
        assert path == "spec.template.querier."
        assert field.split(".")[0] in reasons["tempo-tmrs-querier"]


def planned(whole: dict[str, Any]) -> Any:
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in whole.items()}
    return allocate(load_config(texts, SECRETS)).findings


def test_what_the_plan_warns_of_does_not_even_wait_to_be_scheduled(cluster: Cluster) -> None:
    """A workload is taken; it is its pods that are refused: nothing but the finding would say so before."""
    whole = with_more("dev", {"template": {"querier": {"podSecurityContext": {"runAsUser": 0}}}})
    (finding,) = [finding for finding in planned(whole) if finding.code == "pod-security"]
    assert str(finding) == (
        "spec.template.querier.podSecurityContext.runAsUser: 0: the pod security standard restricted lets nobody run "
        "as root, so no querier would start [pod-security]; remove it, or name another user"
    )
    assert finding.severity == "warning"
    whole["spec"].setdefault("resources", {})["onViolation"] = "error"
    assert not run(whole, SECRETS).objects
