"""Pods: the plan's numbers, security, placement, and what never changes."""

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from pydantic.alias_generators import to_camel

from allocation import allocate
from allocation.go import environment_of
from allocation.nodes import pods_of
from allocation.plan import SIDES
from settings import Quantity, load_config
from settings.resources import StackResources
from tests.support.configs import SECRETS, STACKS, changed, config
from tests.support.recording import Run
from tests.support.strategies import CONTAINERS

Named = Callable[[str], Run]
Changed = Callable[[str, Any], tuple[list[dict[str, Any]], dict[str, Any]]]


@pytest.fixture
def changed_ingester() -> Changed:
    """The pods of the dev stack with one key of the ingester's set: the others' specs, and the ingester's."""

    def change(key: str, value: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        pods = {
            name: w.pod["spec"] for name, w in changed("dev", f"spec.template.ingester.{key}", value).workloads.items()
        }
        return [spec for name, spec in pods.items() if not name.endswith("-ingester")], pods["tempo-tmrs-ingester"]

    return change


@pytest.mark.parametrize("name", STACKS)
def test_every_container_gets_exactly_what_the_plan_says(stack_named: Named, name: str) -> None:
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config(name).items()}
    plan = allocate(load_config(texts, SECRETS))
    planned = {
        (workload.name, container.name): {side: container.quantities(side) for side in SIDES}
        for workload in plan.every_workload
        for container in workload.containers
    }
    run = stack_named(name)
    declared = {
        (workload, container["name"]): {side: container["resources"].get(side, {}) for side in SIDES}
        for workload, container in run.containers()
    }
    assert declared == planned
    for workload in plan.every_workload:
        assert run.workloads[workload.name].kind == workload.kind
        assert run.workloads[workload.name].inputs["spec"].get("replicas", 1) == workload.replicas


@pytest.mark.parametrize("name", STACKS)
def test_every_go_program_is_told_what_the_plan_says_and_no_more(stack_named: Named, name: str) -> None:
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config(name).items()}
    plan = allocate(load_config(texts, SECRETS))
    planned = {
        (workload.name, container.name, variable.name): str(variable.value)
        for workload, container, variable in environment_of(plan)
    }
    declared = {
        (workload, container["name"], variable["name"]): variable["value"]
        for workload, container in stack_named(name).containers()
        for variable in container.get("env", [])
        if variable["name"].startswith("GO")
    }
    assert declared == planned


@pytest.mark.parametrize("profile", get_args(StackResources.model_fields["profile"].annotation))
def test_a_stack_by_any_profile_takes_its_total_and_no_more(profile: str) -> None:
    total = {"limits": {"cpu": "2", "memory": "2Gi"}}
    weights = {to_camel(container): {"cpu": 1, "memory": 1} for container in CONTAINERS}
    custom = {"weights": weights} if profile == "custom" else {}
    run = changed("dev", "spec.resources", {"profile": profile, "total": total} | custom)
    limits = [container["resources"]["limits"] for workload, container in run.containers() if "minio" not in workload]
    for resource, quantity in total["limits"].items():
        assert sum(Quantity.parse(each[resource]).value for each in limits) == Quantity.parse(quantity).value


def test_gomemlimit_is_four_fifths_of_the_memory_limit_and_absent_without_one(stack: Run) -> None:
    for _, container in stack.containers():
        env = {variable["name"]: variable.get("value") for variable in container.get("env", [])}
        limit = container["resources"].get("limits", {}).get("memory")
        expected = None if limit is None else str(int(Quantity.parse(limit).bytes * 8 / 10))
        assert env.get("GOMEMLIMIT") == expected


def test_every_pod_passes_the_restricted_pod_security_standard(stack: Run) -> None:
    for workload in stack.workloads.values():
        pod = workload.pod["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_pods_run_as_tempos_own_user_where_no_cluster_assigns_one(stack_named: Named) -> None:
    for workload in (*stack_named("dev").workloads.values(), *stack_named("static").workloads.values()):
        context = workload.pod["spec"]["securityContext"]
        assert [context[key] for key in ("runAsUser", "runAsGroup", "fsGroup")] == [10001, 10001, 10001]


def test_pods_leave_it_to_openshift_who_they_run_as(stack_named: Named) -> None:
    for workload in stack_named("prod").workloads.values():
        assert not {"runAsUser", "runAsGroup", "fsGroup"} & set(workload.pod["spec"]["securityContext"])
    asked = changed("seed-global", "spec.template.ingester.podSecurityContext", {"fsGroup": 20000})
    assert asked.workloads["tempo-tmrs-ingester"].pod["spec"]["securityContext"]["fsGroup"] == 20000


def test_the_namespace_admits_no_pod_below_that_standard(stack_named: Named) -> None:
    (namespace,) = stack_named("dev").kind("Namespace").values()
    labels = namespace.inputs["metadata"]["labels"]
    said = {key.rpartition("/")[2]: value for key, value in labels.items() if key.startswith("pod-security.")}
    # A later version's standard refuses nothing before anybody has looked; it warns.
    assert said == {"enforce": "restricted", "enforce-version": "v1.36", "warn": "restricted", "audit": "restricted"}


def test_a_pod_security_context_is_laid_over_the_stacks_own(stack_named: Named) -> None:
    run = changed("dev", "spec.template.ingester.podSecurityContext", {"fsGroup": 20000})
    own = stack_named("dev").workloads["tempo-tmrs-ingester"].pod["spec"]["securityContext"]
    assert run.workloads["tempo-tmrs-ingester"].pod["spec"]["securityContext"] == own | {"fsGroup": 20000}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("nodeSelector", {"disk": "fast"}),
        ("tolerations", [{"key": "memory", "operator": "Equal", "value": "much", "effect": "NoSchedule"}]),
    ],
)
def test_placement_reaches_the_pods_of_its_component_only(key: str, value: Any) -> None:
    run = changed("dev", f"spec.template.ingester.{key}", value)
    placed = {name: workload.pod["spec"].get(key) for name, workload in run.workloads.items()}
    assert placed.pop("tempo-tmrs-ingester") == value
    assert set(placed.values()) == {None}


def test_a_token_is_mounted_only_where_the_kubernetes_api_is_asked(stack_named: Named) -> None:
    mounted = {
        (stack, name)
        for stack in STACKS
        for name, workload in stack_named(stack).workloads.items()
        if any("projected" in volume for volume in workload.pod["spec"].get("volumes", []))
    }
    assert mounted == {
        ("seed-global", "tempo-tmrs-gateway"),
        ("seed-per-component", "tempo-tmrs-gateway"),
        ("seed-per-component", "tempo-tmrs-query-frontend"),
        ("prod", "tempo-tmrs-gateway"),
        ("prod", "tempo-tmrs-query-frontend"),
    }


def test_replicas_spread_over_hosts_and_zones_where_they_can(stack: Run) -> None:
    for workload in stack.kind("Deployment", "StatefulSet").values():
        spread = workload.pod["spec"]["topologySpreadConstraints"]
        assert [each["topologyKey"] for each in spread] == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
        for each in spread:
            assert each["whenUnsatisfiable"] == "ScheduleAnyway"
            assert each["labelSelector"] == workload.inputs["spec"]["selector"]


@pytest.mark.parametrize("name", STACKS)
def test_every_pod_has_just_the_labels_that_its_placement_was_judged_by(stack_named: Named, name: str) -> None:
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config(name).items()}
    settings = load_config(texts, SECRETS)
    judged = {pods.name: dict(pods.labels) for pods in pods_of(settings, allocate(settings), "min")}
    pods = (workload.pod["metadata"]["labels"] for workload in stack_named(name).workloads.values())
    assert {labels["app.kubernetes.io/component"]: labels for labels in pods} == judged


def test_a_components_affinity_reaches_its_pods_as_it_was_written(changed_ingester: Changed) -> None:
    condition = {"key": "node-type", "operator": "In", "values": ["memory-optimized"]}
    pods = {"matchExpressions": [{"key": "app.kubernetes.io/component", "operator": "NotIn", "values": ["querier"]}]}
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": pods}
    rules = {
        "requiredDuringSchedulingIgnoredDuringExecution": [term, {"topologyKey": "zone", "labelSelector": {}}],
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 7, "podAffinityTerm": term}],
    }
    affinity = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [condition, {"key": "gpu", "operator": "DoesNotExist"}]}]
            },
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 100, "preference": {"matchExpressions": [{"key": "age", "operator": "Lt", "values": ["3"]}]}}
            ],
        },
        "podAffinity": rules,
        "podAntiAffinity": rules,
    }
    others, ingester = changed_ingester("affinity", affinity)
    assert ingester["affinity"] == affinity
    assert not any("affinity" in pod for pod in others)


def test_a_components_spread_takes_the_place_of_the_stacks_own(changed_ingester: Changed) -> None:
    given = {"maxSkew": 2, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule", "minDomains": 3}
    others, ingester = changed_ingester("topologySpreadConstraints", [given])
    own = {"matchLabels": {"app.kubernetes.io/component": "ingester"}}
    (spread,) = ingester["topologySpreadConstraints"]
    assert spread.pop("labelSelector")["matchLabels"].items() >= own["matchLabels"].items()
    assert spread == given
    assert all(len(pod["topologySpreadConstraints"]) == 2 for pod in others if "topologySpreadConstraints" in pod)


def test_a_spread_of_nothing_spreads_nothing(changed_ingester: Changed) -> None:
    assert "topologySpreadConstraints" not in changed_ingester("topologySpreadConstraints", [])[1]


def test_a_rollout_never_runs_more_pods_than_the_plan_counts(stack: Run) -> None:
    for name, deployment in stack.kind("Deployment").items():
        strategy = deployment.inputs["spec"]["strategy"]
        if name.endswith("-minio"):
            assert strategy == {"type": "Recreate"}
        else:
            assert strategy["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}


def test_an_ingester_has_time_to_flush_and_a_volume_of_its_own(stack_named: Named) -> None:
    spec = stack_named("prod").workloads["tempo-tmrs-ingester"].inputs["spec"]
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 300
    assert spec["podManagementPolicy"] == "Parallel"
    (claim,) = spec["volumeClaimTemplates"]
    assert claim["spec"] == {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
    (tempo,) = spec["template"]["spec"]["containers"]
    assert {"name": "data", "mountPath": "/var/tempo"} in tempo["volumeMounts"]


def test_every_mount_has_its_volume_and_every_volume_is_mounted(stack: Run) -> None:
    for workload in stack.workloads.values():
        spec = workload.inputs["spec"]
        volumes = [volume["name"] for volume in workload.pod["spec"].get("volumes", [])]
        volumes += [claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])]
        mounts = {mount["name"] for c in workload.pod["spec"]["containers"] for mount in c.get("volumeMounts", [])}
        assert sorted(volumes) == sorted(mounts)


def test_tempo_reads_the_file_that_it_is_given_and_can_write_where_it_writes(stack: Run) -> None:
    for name, container in stack.containers():
        if container["name"] != "tempo":
            continue
        target = name.split("-", 2)[2]
        assert container["args"] == [
            f"-target={target}",
            f"-config.file=/conf/{target}.yaml",
            "-config.expand-env=true",
        ]
        writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
        assert writable == {"/var/tempo"}


def test_only_pods_that_read_the_bucket_know_its_keys(stack_named: Named) -> None:
    knowing = {
        name
        for name, container in stack_named("dev").containers()
        if any(variable["name"] == "S3_SECRET_KEY" for variable in container.get("env", []))
    }
    assert knowing == {
        f"tempo-tmrs-{component}"
        for component in ("ingester", "querier", "query-frontend", "compactor", "minio-bucket")
    }


def test_managed_by_is_a_label_and_never_part_of_what_cannot_change(stack_named: Named) -> None:
    before, after = stack_named("prod"), changed("dev", "managedBy", "helm")
    assert {each.inputs["metadata"]["labels"]["app.kubernetes.io/managed-by"] for each in before.objects} == {"pulumi"}
    assert {each.inputs["metadata"]["labels"]["app.kubernetes.io/managed-by"] for each in after.objects} == {"helm"}
    for run in (before, after):
        for each in run.objects:
            spec = each.inputs.get("spec", {})
            fixed = [spec.get(key) for key in ("selector", "volumeClaimTemplates")]
            assert "managed-by" not in json.dumps(fixed)


def test_the_gateway_asks_opa_about_each_tenant(stack_named: Named) -> None:
    containers = stack_named("prod").workloads["tempo-tmrs-gateway"].pod["spec"]["containers"]
    gateway, opa = containers
    assert "--openshift.mappings=dev=tempo.grafana.com" in opa["args"]
    assert "--openshift.mappings=prod=tempo.grafana.com" in opa["args"]
    assert "--opa.ssar" in opa["args"]  # whoever writes a cookie may write any name in it, but no token
    # The gateway has looked at its caller already: it goes past the oauth-proxy.
    ui = "https://tempo-tmrs-query-frontend.tempo-prod.svc:16686"
    assert f"--traces.read.endpoint={ui}" in gateway["args"]


def test_the_gateway_is_the_account_that_its_tenants_log_in_to(stack_named: Named) -> None:
    run = stack_named("prod")
    account = run.workloads["tempo-tmrs-gateway"].pod["spec"]["serviceAccountName"]
    assert run.kind("ServiceAccount")[account].inputs["metadata"]["annotations"]
    assert account == "tempo-tmrs-gateway"


def test_no_pod_gets_the_environment_of_every_service_in_its_namespace(stack: Run) -> None:
    assert all(workload.pod["spec"]["enableServiceLinks"] is False for workload in stack.workloads.values())


def test_the_gateway_of_a_stack_without_jaeger_ui_knows_of_none(stack_named: Named) -> None:
    (gateway,) = stack_named("static").workloads["tempo-static-gateway"].pod["spec"]["containers"]
    assert not [argument for argument in gateway["args"] if argument.startswith("--traces.read.endpoint")]


def test_the_jaeger_ui_asks_for_a_tenant_only_where_there_are_tenants(stack_named: Named) -> None:
    def arguments(stack: str) -> list[str]:
        containers = stack_named(stack).workloads["tempo-tmrs-query-frontend"].pod["spec"]["containers"]
        return next(list(container["args"]) for container in containers if container["name"] == "jaeger-query")

    assert "--multi-tenancy.enabled=true" in arguments("prod")
    assert "--multi-tenancy.enabled=true" not in arguments("dev")
