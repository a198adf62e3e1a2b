"""Volumes as users write them: the ingester's claim, and extra ones that come and go with their pods."""

from typing import Any

import pytest

from settings.sizing_rules import CONFIG_FOLDER, DATA_FOLDER, GATEWAY_FOLDER, TAKEN_NAMES, TLS_FOLDER, TOKEN_FOLDER
from tests.support.configs import changed
from tests.support.recording import Run

CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "50Gi"}}, "storageClassName": "fast"}
Pod = dict[str, Any]


def pod_with(component: str, *volumes: dict[str, Any], stack: str = "dev") -> Pod:
    """The component's pod of a stack with those extra volumes."""
    key = {"query-frontend": "queryFrontend"}.get(component, component)
    run = changed(stack, f"spec.template.{key}.extraVolumes", list(volumes))
    pod: Pod = run.workloads[f"tempo-tmrs-{component}"].pod["spec"]
    return pod


def folders(pod: Pod, container: int = 0) -> dict[str, str]:
    return {mount["mountPath"]: mount["name"] for mount in pod["containers"][container]["volumeMounts"]}


def volume(pod: Pod, name: str) -> dict[str, Any]:
    (found,) = [each for each in pod["volumes"] if each["name"] == name]
    return {key: value for key, value in found.items() if key != "name"}


def claim_of(run: Run) -> dict[str, Any]:
    (template,) = run.workloads["tempo-tmrs-ingester"].inputs["spec"]["volumeClaimTemplates"]
    claim: dict[str, Any] = template["spec"]
    return claim


@pytest.mark.parametrize("component", ["distributor", "ingester", "querier", "query-frontend", "compactor"])
def test_an_extra_volume_is_the_main_container_s_and_comes_with_the_pod(component: str) -> None:
    pod = pod_with(component, {"name": "tmp-storage", "spec": CLAIM})
    assert volume(pod, "tmp-storage") == {"ephemeral": {"volumeClaimTemplate": {"spec": CLAIM}}}
    assert folders(pod)["/mnt/tmp-storage"] == "tmp-storage"
    assert folders(pod)[DATA_FOLDER] == "data"
    assert all("/mnt/tmp-storage" not in folders(pod, n) for n in range(1, len(pod["containers"])))


def test_the_gateway_has_extra_volumes_too() -> None:
    pod = pod_with("gateway", {"name": "more", "spec": CLAIM}, stack="prod")
    assert folders(pod)["/mnt/more"] == "more"


def test_a_volume_in_the_data_folder_stands_in_for_the_scratch_one() -> None:
    pod = pod_with("querier", {"name": "fast", "spec": CLAIM, "mountPath": "/var/tempo"})
    assert folders(pod)[DATA_FOLDER] == "fast"
    assert "data" not in {each["name"] for each in pod["volumes"]}
    assert volume(pod, "fast")["ephemeral"]


def test_without_a_storage_class_it_is_the_cluster_s_to_choose() -> None:
    pod = pod_with("compactor", {"name": "tmp", "spec": CLAIM | {"storageClassName": "fast"}})
    assert volume(pod, "tmp")["ephemeral"]["volumeClaimTemplate"]["spec"]["storageClassName"] == "fast"
    plain = {key: value for key, value in CLAIM.items() if key != "storageClassName"}
    assert volume(pod_with("compactor", {"name": "tmp", "spec": plain}), "tmp") == {
        "ephemeral": {"volumeClaimTemplate": {"spec": plain}}
    }


def test_a_claim_template_says_all_of_the_ingester_s_volume() -> None:
    claim = CLAIM | {"accessModes": ["ReadWriteOncePod"]}
    stack = changed("static", "spec.template.ingester.volumeClaimTemplate", {"spec": claim})
    (template,) = stack.workloads["tempo-static-ingester"].inputs["spec"]["volumeClaimTemplates"]
    assert template["spec"] == claim
    assert template["metadata"]["name"] == "data"


def test_a_volume_is_as_large_as_the_plan_says() -> None:
    assert claim_of(changed("dev", "spec.storageSize", "3Gi"))["resources"]["requests"] == {"storage": "3Gi"}
    workload = {"ingest": {"megabytesPerSecond": 5}}
    stack = changed("static", "spec.workload", workload).workloads["tempo-static-ingester"].inputs["spec"]
    assert stack["volumeClaimTemplates"][0]["spec"]["resources"]["requests"] == {"storage": "32Gi"}
    assert stack["volumeClaimTemplates"][0]["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_what_the_pods_have_is_what_extra_volumes_may_not_take(stack: Run) -> None:
    for name, workload in stack.workloads.items():
        if "minio" in name:
            continue
        pod = workload.pod["spec"]
        assert {each["name"] for each in pod["volumes"]} <= set(TAKEN_NAMES)
        own = (CONFIG_FOLDER, DATA_FOLDER, GATEWAY_FOLDER, TLS_FOLDER, TOKEN_FOLDER)
        assert all(any(f == o or f.startswith(f"{o}/") for o in own) for f in folders(pod)), folders(pod)
