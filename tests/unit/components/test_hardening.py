"""What holds for every pod of every stack, whatever is switched on: accounts, tokens, roots, disks, probes."""

from collections.abc import Iterator
from typing import Any

import pytest

from settings import Quantity
from tests.support.configs import SECRETS, STACKS, config
from tests.support.recording import Registered, Run, run

Object = dict[str, Any]

LOCKED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
# Who asks the Kubernetes API: is this token good, may its owner see that?
ASKS_THE_API = {"tempo-gateway-opa", "oauth-proxy"}
# What a restart heals. Tempo's only endpoint says no while a ring settles, which a restart would unsettle further.
RESTARTED = {"tempo-gateway", "tempo-gateway-opa", "minio"}
ENDS = {"minio-bucket"}
LISTENS_INSIDE = {"tempo-query"}  # its pod only, where no kubelet can ask
# The fields of a pod that say anything of the node: there are none of the host's.
FIELDS = {
    "affinity",
    "automountServiceAccountToken",
    "containers",
    "enableServiceLinks",
    "nodeSelector",
    "restartPolicy",
    "securityContext",
    "serviceAccountName",
    "terminationGracePeriodSeconds",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


def _everything() -> Object:
    """The dev stack with an extra volume, an autoscaler, classes, its own numbers for the disk, and encryption."""
    whole = config("dev")
    whole["spec"]["tls"] = {"mode": "certManager"}
    template = whole["spec"].setdefault("template", {})
    template["querier"] = {"extraVolumes": [{"name": "more", "spec": CLAIM}], "autoscaling": {}}
    template["compactor"] = {"resources": {"limits": {"ephemeral-storage": "5Gi"}}, "qos": "BestEffort"}
    return whole


@pytest.fixture(scope="module", params=[*STACKS, "everything"])
def done(request: pytest.FixtureRequest) -> Run:
    """Every stack in turn."""
    found = run(_everything() if request.param == "everything" else config(request.param), SECRETS)
    assert not found.errors
    return found


def pods(done: Run) -> Iterator[tuple[Registered, Object]]:
    return ((workload, workload.pod["spec"]) for workload in done.workloads.values())


def containers(done: Run) -> Iterator[tuple[Registered, Object, Object]]:
    return ((workload, pod, each) for workload, pod in pods(done) for each in pod["containers"])


def test_a_pod_says_nothing_of_its_host(done: Run) -> None:
    for workload, pod in pods(done):
        assert set(pod) <= FIELDS, workload.object_name
        kinds = {next(key for key in volume if key != "name") for volume in pod.get("volumes", [])}
        assert kinds <= {"configMap", "secret", "emptyDir", "persistentVolumeClaim", "ephemeral", "projected"}


def test_a_container_may_do_nothing_but_run(done: Run) -> None:
    for workload, pod, container in containers(done):
        assert container["securityContext"] == LOCKED, (workload.object_name, container["name"])
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert {pod["securityContext"].get(key) for key in ("runAsUser", "runAsGroup", "fsGroup")} in ({10001}, {None})


def test_no_pod_has_the_account_that_everybody_has(done: Run) -> None:
    declared = done.kind("ServiceAccount")
    for _, pod in pods(done):
        account = pod["serviceAccountName"]
        assert account in declared or account == "given"
    assert not any(each.inputs["automountServiceAccountToken"] for each in declared.values())


def test_only_who_asks_the_kubernetes_api_has_a_token(done: Run) -> None:
    for workload, pod in pods(done):
        names = {container["name"] for container in pod["containers"]}
        asks = names & (ASKS_THE_API | ({"tempo-gateway"} if "tempo-gateway-opa" in names else set()))
        tokens = {v["name"] for v in pod.get("volumes", []) for p in _projected(v) if "serviceAccountToken" in p}
        mounted = {c["name"] for c in pod["containers"] for m in c.get("volumeMounts", []) if m["name"] in tokens}
        assert mounted == asks, workload.object_name
        assert pod["automountServiceAccountToken"] is False  # which would mount it into every container
        # And then an account of its own, so that nobody else has its rights.
        assert (pod["serviceAccountName"] == workload.object_name) is bool(asks)


def _projected(volume: Object) -> list[Object]:
    return list(volume.get("projected", {}).get("sources", []))


def test_a_container_writes_where_there_is_a_bound_or_nowhere(done: Run) -> None:
    for workload, pod, container in containers(done):
        volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
        claimed = {claim["metadata"]["name"] for claim in workload.inputs["spec"].get("volumeClaimTemplates", [])}
        disk = container["resources"]["limits"]["ephemeral-storage"]
        for mount in container.get("volumeMounts", []):
            volume = volumes.get(mount["name"], {})
            if {"configMap", "secret", "projected"} & set(volume):
                assert mount["readOnly"] is True
            elif "emptyDir" in volume:
                assert volume["emptyDir"] == {"sizeLimit": disk}
            else:
                assert mount["name"] in claimed or {"persistentVolumeClaim", "ephemeral"} & set(volume)


def test_every_container_has_a_limit_and_a_request_of_everything(done: Run) -> None:
    stated = bool(done.outputs["totals"])  # a stack without a total has no limit of cpu and memory, and is warned
    wanted = {"ephemeral-storage"} | ({"cpu", "memory"} if stated else set())
    for workload, _, container in containers(done):
        limits, requests = (container["resources"].get(side, {}) for side in ("limits", "requests"))
        where = (workload.object_name, container["name"])
        assert wanted <= set(limits), where
        assert wanted <= set(requests), where
        for resource, request in requests.items():
            assert Quantity.parse(request).value <= Quantity.parse(limits[resource]).value, where


def test_everybody_who_serves_says_when_and_a_restart_comes_only_where_it_heals(done: Run) -> None:
    for workload, _, container in containers(done):
        where = (workload.object_name, container["name"])
        assert ("readinessProbe" in container) is (container["name"] not in ENDS | LISTENS_INSIDE), where
        assert ("livenessProbe" in container) is (container["name"] in RESTARTED), where
        ready, alive = (container.get(probe, {}) for probe in ("readinessProbe", "livenessProbe"))
        if alive:  # one and the same question would restart what is only not ready
            assert ready["httpGet"]["path"] != alive["httpGet"]["path"], where
            slowest = alive["periodSeconds"] * alive["failureThreshold"]
            assert slowest > 4 * ready["periodSeconds"] * ready["failureThreshold"], where


def test_a_scratch_folder_holds_what_its_container_may_write() -> None:
    done = run(_everything(), SECRETS)
    volumes = {v["name"]: v for v in done.workloads["tempo-tmrs-compactor"].pod["spec"]["volumes"]}
    assert volumes["data"]["emptyDir"] == {"sizeLimit": "5Gi"}
    volumes = {v["name"]: v for v in done.workloads["tempo-tmrs-distributor"].pod["spec"]["volumes"]}
    assert volumes["data"]["emptyDir"] == {"sizeLimit": "1Gi"}
