"""What the components declare: names, parents, provider, order, and that whatever an object refers to is there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from components.certificates import INJECT_AUTHORITY
from components.transport import SERVING_CERTIFICATE
from tests.support.configs import changed
from tests.support.recording import Registered, Run

Named = Callable[[str], Run]

COMPONENTS = {"TempoStack", "Distributor", "Ingester", "Querier", "QueryFrontend", "Compactor"}


def test_every_resource_hangs_under_its_component_and_bears_its_name(stack: Run) -> None:
    by_urn = {resource.urn: resource for resource in stack.resources}
    root = next(resource for resource in stack.resources if resource.type.endswith(":TempoStack"))
    for resource in stack.resources:
        if resource is not root:
            assert resource.name.startswith(by_urn[resource.parent].name)
    assert root.parent.endswith("::tempostack-test")
    assert len(by_urn) == len(stack.resources)


@pytest.mark.parametrize(
    ("name", "optional"),
    [("dev", {"Minio"}), ("static", {"Gateway"}), ("prod", {"Minio", "Gateway"})],
)
def test_components_have_the_types_of_this_project(stack_named: Named, name: str, optional: set[str]) -> None:
    types = {r.type for r in stack_named(name).resources if not r.provider and "providers" not in r.type}
    assert types == {f"tempostack:components:{component}" for component in COMPONENTS | optional}


def test_every_object_goes_through_the_one_provider_of_the_stack(stack: Run) -> None:
    (provider,) = stack.of_type("pulumi:providers:kubernetes")
    assert {each.provider.rpartition("::")[0] for each in stack.objects} == {provider.urn}
    # Their names are fixed: replacing a ConfigMap or a Secret would take it away from running pods.
    assert provider.inputs["enableConfigMapMutable"] == provider.inputs["enableSecretMutable"] == "true"


def test_the_provider_speaks_to_the_context_that_config_names(stack_named: Named) -> None:
    (provider,) = changed("dev", "kubeContext", "mine").of_type("pulumi:providers:kubernetes")
    assert provider.inputs["context"] == "mine"
    assert "context" not in stack_named("dev").of_type("pulumi:providers:kubernetes")[0].inputs


def test_objects_bear_the_names_that_users_of_the_operator_know(stack_named: Named) -> None:
    names = {(each.kind, each.object_name) for each in stack_named("prod").objects}
    assert {name for kind, name in names if kind in ("Deployment", "StatefulSet", "Job")} == {
        "tempo-tmrs-distributor",
        "tempo-tmrs-ingester",
        "tempo-tmrs-querier",
        "tempo-tmrs-query-frontend",
        "tempo-tmrs-compactor",
        "tempo-tmrs-gateway",
        "tempo-tmrs-minio",
        "tempo-tmrs-minio-bucket",
    }
    assert {name for kind, name in names if kind == "Service"} == {
        "tempo-tmrs-distributor",
        "tempo-tmrs-ingester",
        "tempo-tmrs-querier",
        "tempo-tmrs-query-frontend",
        "tempo-tmrs-query-frontend-discovery",
        "tempo-tmrs-compactor",
        "tempo-tmrs-gateway",
        "tempo-tmrs-gossip-ring",
        "tempo-tmrs-minio",
    }
    assert {name for kind, name in names if kind == "Secret"} == {
        "minio",
        "tempo-tmrs-gateway",
        "tempo-tmrs-cookie-proxy",
    }
    assert len(names) == len(stack_named("prod").objects)


def test_every_object_is_in_the_namespace_of_the_stack(stack_named: Named) -> None:
    for each in stack_named("prod").objects:
        in_none = each.kind in ("Namespace", "ClusterRole", "ClusterRoleBinding")
        assert each.inputs["metadata"].get("namespace") == (None if in_none else "tempo-prod")


def test_a_namespace_that_exists_is_left_alone(stack_named: Named) -> None:
    assert stack_named("static").kind("Namespace") == {}


def test_everything_waits_for_the_namespace_and_services_for_nothing_else(stack_named: Named) -> None:
    run = stack_named("prod")
    (namespace,) = run.kind("Namespace").values()
    for each in run.objects:
        assert each is namespace or namespace.urn in each.dependencies
    for service in run.kind("Service").values():
        assert service.dependencies == {namespace.urn}


def test_pods_wait_for_what_they_read(stack_named: Named) -> None:
    run = stack_named("prod")
    for workload in run.workloads.values():
        waited_for = _all_dependencies(run, workload)
        for kind, name, _ in _references(workload):
            if kind != "PersistentVolumeClaim" and name not in _issued(run):
                assert run.kind(kind)[name].urn in waited_for, f"{workload.object_name} does not wait for {kind} {name}"


def test_no_pod_waits_for_a_claim_that_may_wait_for_the_pod(stack_named: Named) -> None:
    run = stack_named("prod")
    (claim,) = run.kind("PersistentVolumeClaim").values()
    assert not [each.object_name for each in run.workloads.values() if claim.urn in each.dependencies]


def test_tempo_waits_for_its_bucket_and_for_no_other_part_of_tempo(stack_named: Named) -> None:
    run = stack_named("prod")
    job = run.kind("Job")["tempo-tmrs-minio-bucket"]
    tempo = {name for name, container in run.containers() if container["name"] == "tempo"}
    for name in tempo:
        workload = run.workloads[name]
        assert job.urn in workload.dependencies
        assert not workload.dependencies & {run.workloads[other].urn for other in tempo}
    assert job.urn not in run.workloads["tempo-tmrs-gateway"].dependencies


def test_whatever_a_pod_refers_to_is_there(stack: Run) -> None:
    outside = {("Secret", "bucket"), ("ServiceAccount", "given")}  # the user's own, in the static stack
    for workload in stack.workloads.values():
        for kind, name, key in _references(workload):
            if (kind, name) in outside:
                continue
            if kind == "Secret" and name in _issued(stack):
                continue
            found = stack.kind(kind)[name]
            if key == "service-ca.crt":
                assert found.inputs["metadata"]["annotations"] == INJECT_AUTHORITY
                continue
            assert key is None or key in found.data, f"{workload.object_name}: no {key} in {kind} {name}"


def test_every_service_leads_to_ports_of_pods(stack: Run) -> None:
    for service in stack.kind("Service").values():
        spec = service.inputs["spec"]
        behind = [
            w for w in stack.workloads.values() if spec["selector"].items() <= w.pod["metadata"]["labels"].items()
        ]
        if "gossip" not in service.object_name:
            assert len(behind) == 1, service.object_name
        assert behind
        for workload in behind:
            named = _ports(workload)
            for port in spec["ports"]:
                assert named[port["targetPort"]] == (port["port"], port["protocol"])


def test_probes_ask_on_ports_that_their_container_opens(stack: Run) -> None:
    for _, container in stack.containers():
        ports = container.get("ports", [])
        for probe in ("readinessProbe", "livenessProbe"):
            asked = container.get(probe, {})
            if "httpGet" in asked:
                assert asked["httpGet"]["port"] in {port["name"] for port in ports}


def test_members_of_the_ring_gossip_and_nobody_else(stack: Run) -> None:
    config = next(each for each in stack.kind("ConfigMap").values() if "compactor.yaml" in each.data)
    for name, workload in stack.workloads.items():
        text = config.data.get(f"{name.split('-', 2)[2]}.yaml", "")
        assert ("memberlist:" in text) == ("tempo-gossip-member" in workload.pod["metadata"]["labels"])
        assert ("memberlist:" in text) == ("gossip" in _ports(workload))


def test_the_distributor_opens_every_port_that_its_file_listens_on(stack: Run) -> None:
    (name,) = (name for name in stack.workloads if name.endswith("-distributor"))
    config = next(each for each in stack.kind("ConfigMap").values() if "distributor.yaml" in each.data)
    text = config.data["distributor.yaml"]
    received = {number for number, _ in _ports(stack.workloads[name]).values()} - {3200, 7946}
    assert received == {int(line.rsplit(":", 1)[1]) for line in text.splitlines() if "endpoint: 0.0.0.0:" in line}


def test_rings_and_queriers_find_pods_that_are_not_ready_yet(stack_named: Named) -> None:
    services = stack_named("dev").kind("Service")
    for name in ("tempo-tmrs-gossip-ring", "tempo-tmrs-query-frontend-discovery"):
        assert services[name].inputs["spec"]["clusterIP"] == "None"
        assert services[name].inputs["spec"]["publishNotReadyAddresses"] is True


def test_each_ingester_has_a_name_of_its_own_in_dns(stack: Run) -> None:
    (ingesters,) = stack.kind("StatefulSet").values()
    governing = stack.kind("Service")[ingesters.inputs["spec"]["serviceName"]]
    assert governing.inputs["spec"]["clusterIP"] == "None"


def test_the_bucket_job_is_replaced_after_the_old_one_is_gone(stack_named: Named) -> None:
    assert stack_named("dev").kind("Job")["tempo-tmrs-minio-bucket"].delete_before_replace


def test_the_bucket_job_keeps_trying_while_minio_comes_up(stack_named: Named) -> None:
    spec = stack_named("dev").kind("Job")["tempo-tmrs-minio-bucket"].inputs["spec"]
    assert spec["template"]["spec"]["restartPolicy"] == "OnFailure"
    assert spec["backoffLimit"] >= 10
    assert "ttlSecondsAfterFinished" not in spec  # Pulumi would miss a Job that Kubernetes tidies away


def test_only_what_runs_several_replicas_has_a_disruption_budget(stack_named: Named) -> None:
    run = stack_named("prod")
    replicated = {name for name, each in run.workloads.items() if each.inputs["spec"].get("replicas", 1) > 1}
    budgets = run.kind("PodDisruptionBudget")
    assert set(budgets) == replicated
    for name, budget in budgets.items():
        assert budget.inputs["spec"]["selector"] == run.workloads[name].inputs["spec"]["selector"]
        assert budget.inputs["spec"]["maxUnavailable"] == 1


def _all_dependencies(run: Run, resource: Registered) -> set[str]:
    by_urn, found, to_see = {each.urn: each for each in run.resources}, set[str](), list(resource.dependencies)
    while to_see:
        urn = to_see.pop()
        if urn not in found:
            found.add(urn)
            to_see += by_urn[urn].dependencies
    return found


def _ports(workload: Registered) -> dict[str, tuple[int, str]]:
    containers = workload.pod["spec"]["containers"]
    return {p["name"]: (p["containerPort"], p["protocol"]) for c in containers for p in c.get("ports", [])}


def _issued(run: Run) -> set[str]:
    """The Secrets that OpenShift or cert-manager make, because an object asks for them."""
    annotations = (each.inputs["metadata"].get("annotations", {}) for each in run.kind("Service").values())
    asked = {each[SERVING_CERTIFICATE] for each in annotations if SERVING_CERTIFICATE in each}
    return asked | {each.inputs["spec"]["secretName"] for each in run.kind("Certificate").values()}


def _references(workload: Registered) -> Iterator[tuple[str, str, str | None]]:
    """Kind, name and key (None: the whole object) of what the workload's pods read."""
    spec: dict[str, Any] = workload.pod["spec"]
    yield "ServiceAccount", spec["serviceAccountName"], None
    for volume in spec.get("volumes", []):
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"], None
        for item in volume.get("configMap", {}).get("items", []):
            yield "ConfigMap", volume["configMap"]["name"], item["key"]
        for item in volume.get("secret", {}).get("items", []):
            yield "Secret", volume["secret"]["secretName"], item["key"]
    for container in spec["containers"]:
        for variable in container.get("env", []):
            if "valueFrom" in variable:
                reference = variable["valueFrom"]["secretKeyRef"]
                yield "Secret", reference["name"], reference["key"]
