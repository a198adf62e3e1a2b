"""Settings: a stack file, a spec, a TempoStack and the runtime's texts are all read alike."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import Quantity, Settings, SettingsError, load_config, load_file

CASES = Path(__file__).parents[2] / "cases"
SPEC = {"storage": {"secret": {"name": "minio"}}}


def loaded(tmp_path: Path, content: dict[str, Any]) -> Settings:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(content))
    return load_file(path)


def with_ingester(tmp_path: Path, ingester: dict[str, Any]) -> Settings:
    return loaded(tmp_path, SPEC | {"template": {"ingester": ingester}})


def refused(config: dict[str, Any], secret_keys: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load_config({k: v if isinstance(v, str) else json.dumps(v) for k, v in config.items()}, secret_keys)
    return [str(mistake) for mistake in error.value.mistakes]


# Files


def test_the_seeds_global_case_loads() -> None:
    settings = load_file(CASES / "seed-global.yaml")
    assert (settings.name, settings.namespace, settings.minio.enabled) == ("tmrs", "tempo", False)
    assert settings.spec.resources.total.limits.cpu == Quantity.parse("2")
    assert str(settings.spec.resources.total.limits.memory) == "2Gi"
    assert settings.spec.tenants is not None
    assert [tenant.tenant_name for tenant in settings.spec.tenants.authentication] == ["dev", "prod"]
    assert settings.spec.has_opa
    assert settings.spec.template.has_jaeger_ui
    assert not settings.spec.template.has_oauth_proxy


def test_the_seeds_per_component_case_loads() -> None:
    settings = load_file(CASES / "seed-per-component.yaml")
    template = settings.spec.template
    assert template.has_oauth_proxy
    compactor, distributor = template.compactor.pod.resources, template.distributor.pod.resources
    assert compactor is not None
    assert distributor is not None
    assert compactor.limits.cpu == Quantity.of_millicores(301)
    assert distributor.requests.memory == Quantity.of_bytes(69 * 2**20)
    assert template.compactor.path_of("resources") == "resources"
    assert template.distributor.path_of("resources") == "component.resources"


@pytest.mark.parametrize("place", ["directly", "under component"])
def test_placement_and_pod_security_stand_in_either_place(tmp_path: Path, place: str) -> None:
    keys = {
        "nodeSelector": {"node-type": "memory-optimized", "node-role.kubernetes.io/worker": ""},
        "tolerations": [
            {"key": "memory-intensive", "operator": "Equal", "value": "true", "effect": "NoSchedule"},
            {"operator": "Exists"},
            {"key": "spot", "effect": "NoExecute", "tolerationSeconds": 60},
        ],
        "podSecurityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "replicas": 3,
    }
    pod = with_ingester(tmp_path, keys if place == "directly" else {"component": keys}).spec.template.ingester.pod
    assert pod.node_selector == keys["nodeSelector"]
    assert pod.tolerations is not None
    assert [toleration.operator for toleration in pod.tolerations] == ["Equal", "Exists", None]
    assert pod.pod_security_context is not None
    assert pod.pod_security_context.run_as_user == 10001
    assert pod.replicas == 3


def test_a_component_may_use_both_places_for_different_keys(tmp_path: Path) -> None:
    ingester = with_ingester(
        tmp_path, {"replicas": 2, "component": {"nodeSelector": {"a": "b"}}}
    ).spec.template.ingester
    assert (ingester.pod.replicas, ingester.pod.node_selector) == (2, {"a": "b"})


def test_a_bare_spec_and_a_tempostack_get_a_name_and_name_a_store_that_exists(tmp_path: Path) -> None:
    resource = {"apiVersion": "tempo.grafana.com/v1alpha1", "kind": "TempoStack", "spec": SPEC}
    for content in (
        SPEC,
        {"spec": SPEC},
        resource,
        resource | {"metadata": {"labels": {"a": "b"}}, "status": {"conditions": []}},
    ):
        settings = loaded(tmp_path, content)
        assert (settings.name, settings.namespace) == ("tempo", "tempo")
        assert (settings.minio.enabled, settings.create_namespace) == (False, False)
        (tmp_path / "spec.yaml").write_text(yaml.safe_dump(content))
        with_minio = load_file(tmp_path / "spec.yaml", with_minio=True)
        assert (with_minio.minio.enabled, with_minio.create_namespace) == (True, True)


def test_minio_cannot_be_added_to_a_stack_file_from_outside(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": {"name": "a", "namespace": "b", "spec": SPEC}}))
    with pytest.raises(SettingsError) as error:
        load_file(tmp_path / "Pulumi.dev.yaml", with_minio=True)
    [line] = map(str, error.value.mistakes)
    assert "Pulumi.dev.yaml" in line
    assert "--with-minio" in line


def test_a_tempostack_keeps_its_name_and_namespace(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        {
            "apiVersion": "tempo.grafana.com/v1alpha1",
            "kind": "TempoStack",
            "metadata": {"name": "tmrs", "namespace": "traces"},
            "spec": SPEC,
        },
    )
    assert (settings.name, settings.namespace) == ("tmrs", "traces")


def test_a_stack_file_is_read_as_pulumi_reads_it(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        {
            "encryptionsalt": "v1:abc",
            "config": {
                "kubernetes:context": "kind",
                "name": "tmrs",  # no prefix: the project's
                "tempostack:namespace": "tempo",
                "tempostack:createNamespace": "false",  # as `pulumi config set` writes it without --path
                "tempostack:spec": json.dumps(SPEC),
                "tempostack:minioRootPassword": {"secure": "v1:abc"},
                "tempostack:gatewayCookieKey": "a-key-in-plain-text",
            },
        },
    )
    assert (settings.name, settings.namespace, settings.create_namespace) == ("tmrs", "tempo", False)
    assert settings.plaintext_secrets == {"gatewayCookieKey"}
    assert not settings.minio.enabled


def test_minio_runs_when_its_block_is_there_unless_it_says_otherwise(tmp_path: Path) -> None:
    config = {"name": "tmrs", "namespace": "tempo", "spec": SPEC}
    assert not loaded(tmp_path, {"config": config}).minio.enabled
    assert loaded(tmp_path, {"config": config | {"minio": {}}}).minio.enabled
    assert not loaded(tmp_path, {"config": config | {"minio": {"enabled": False}}}).minio.enabled


def test_a_client_with_an_encrypted_part_is_a_secret(tmp_path: Path) -> None:
    tenants = {"mode": "static", "authentication": [{"tenantName": "dev", "tenantId": "a"}]}
    config = {"name": "tmrs", "namespace": "tempo", "spec": SPEC | {"tenants": tenants}}
    for secret, plaintext in ({"secure": "v1:abc"}, set()), ("hunter2", {"oidcClients"}):
        clients = {"dev": {"clientID": "tempo", "clientSecret": secret}}
        assert loaded(tmp_path, {"config": config | {"oidcClients": clients}}).plaintext_secrets == plaintext


def test_what_yaml_takes_for_a_date_is_text(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("storage: {secret: {name: minio}}\nstorageClassName: 2026-01-31\n")
    assert load_file(path).spec.storage_class_name == "2026-01-31"


# The Pulumi runtime


def test_the_runtimes_texts_are_read() -> None:
    texts = {"name": "tmrs", "namespace": "tempo", "createNamespace": "false", "spec": json.dumps(SPEC)}
    texts |= {"minio": '{"enabled":true,"storageSize":"2Gi"}', "minioRootPassword": "development-only"}
    settings = load_config(texts)
    assert not settings.create_namespace
    assert str(settings.minio.storage_size) == "2Gi"
    assert settings.plaintext_secrets == {"minioRootPassword"}
    assert load_config(texts, secret_keys=["minioRootPassword"]).plaintext_secrets == frozenset()
    assert "development-only" not in repr(settings)


def test_a_number_set_by_path_is_read() -> None:
    spec = SPEC | {"resources": {"total": {"limits": {"cpu": 3, "memory": 2147483648.0}}}}
    limits = load_config({"name": "a", "namespace": "b", "spec": json.dumps(spec)}).spec.resources.total.limits
    assert (str(limits.cpu), str(limits.memory)) == ("3", "2Gi")


def test_a_spec_that_holds_a_secret_is_refused() -> None:
    assert refused({"name": "a", "namespace": "b", "spec": SPEC}, secret_keys=("spec",)) == [
        "spec: is set as a secret, or holds one; "
        "set it in plain, and secrets as minioRootPassword, gatewayCookieKey, oidcClients"
    ]


def test_what_the_program_sets_itself_is_no_config_key() -> None:
    lines = refused({"name": "a", "namespace": "b", "spec": SPEC, "plaintextSecrets": []})
    assert [line.split(";")[0] for line in lines] == ["plaintextSecrets: is not a known key"]


def test_what_is_missing_at_the_top_is_said() -> None:
    assert refused({}) == [f"{key}: is missing; add it" for key in ("name", "namespace", "spec")]


# What it costs


def test_reading_settings_needs_neither_pulumi_nor_kubernetes() -> None:
    code = "import sys, settings; print(*{m.partition('.')[0] for m in sys.modules})"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "pydantic" in modules
    assert not {"pulumi", "pulumi_kubernetes", "kubernetes", "grpc", "google"} & set(modules)
