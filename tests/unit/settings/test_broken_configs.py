"""Broken configs: each mistake is one line that a user can act on, and all are said at once."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import SettingsError, load_config, load_file
from settings.unsupported import KEYS

TABLE = Path(__file__).parents[2] / "cases" / "broken-configs.yaml"
CASES: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text())
REMEDIES = ("write", "remove", "use", "add", "give", "keep", "put", "run:", "correct", "split")


def lines_about(content: str | bytes, *, with_minio: bool = False) -> list[str]:
    """The lines about a file called config.yaml in the current directory; none where it loads."""
    Path("config.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
    return lines_of("config.yaml", with_minio=with_minio)


def lines_of(path: str, *, with_minio: bool = False) -> list[str]:
    try:
        load_file(path, with_minio=with_minio)
    except SettingsError as error:
        text, mistakes = str(error), error.mistakes
    else:
        return []
    assert text.splitlines() == [str(mistake) for mistake in mistakes]
    return text.splitlines()


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_a_mistake_is_one_line_with_path_finding_and_remedy(case: dict[str, Any]) -> None:
    assert lines_about(case["text"], with_minio=case.get("with_minio", False)) == case["lines"].splitlines()


def test_every_line_of_the_table_says_what_to_do() -> None:
    lines = [line for case in CASES for line in case["lines"].splitlines()]
    assert len(lines) >= len(CASES) > 250
    assert [line for line in lines if not any(f"; {remedy} " in line for remedy in REMEDIES)] == []


def test_all_mistakes_of_a_file_are_said_at_once() -> None:
    assert lines_about(
        """
        apiVersion: tempo.grafana.com/v1alpha1
        kind: TempoStack
        metadata: {name: TMRS}
        spec:
          storage: {secret: {name: minio}}
          storageSize: 1GB
          replicationFacter: 1
          hashRing: {}
          tenants:
            mode: openshift
            authentication: [{tenantName: dev, tenantId: a}, {tenantName: dev, tenantId: b}]
          template: {ingester: {replicas: 1, replicas: "3"}}
        """
    ) == [
        "spec.template.ingester.replicas: stands on line 13 and again on line 13; keep one",
        "metadata.name: 'TMRS' is not allowed; use lower-case letters, digits and '-', with a letter or digit at both ends",  # noqa: E501
        "spec.storageSize: '1GB' is not a Kubernetes quantity; write 1G or 1Gi",
        "spec.template.ingester.replicas: '3' is text; write 3 without quotes",
        "spec.replicationFacter: is not a known key; write replicationFactor",
        "spec.hashRing: is not supported yet; remove it; the rings use memberlist",
        "spec.tenants.authentication[1].tenantName: 'dev' is already that of authentication[0]; give each its own",
        "spec.tenants.mode: openshift needs the gateway; write spec.template.gateway.enabled: true",
    ]


def test_a_file_that_cannot_be_read_is_one_line() -> None:
    Path("directory").mkdir()
    Path("large.yaml").write_text("a" * 2**23)
    Path("secret.yaml").touch(mode=0)
    assert lines_of("nowhere.yaml") == ["nowhere.yaml: there is no such file; give the path of one"]
    assert lines_of("directory") == ["directory: cannot be read (Is a directory); give the path of a readable file"]
    assert lines_of("large.yaml") == ["large.yaml: is larger than 4 MiB; give a stack's config, a spec or a TempoStack"]
    assert lines_of("a\0b") == ["a b: cannot be read (embedded null byte); give the path of a readable file"]
    if os.geteuid() != 0:  # root reads everything
        assert lines_of("secret.yaml") == [
            "secret.yaml: cannot be read (Permission denied); give the path of a readable file"
        ]


def test_a_file_that_is_no_text_is_one_line() -> None:
    assert lines_about("") == ["config.yaml: is empty; write a stack's config, a spec or a TempoStack"]
    assert lines_about(b"\x7fELF\x02\x01\xff") == ["config.yaml: is not UTF-8 text; give a YAML file"]
    assert lines_about("storage: \x07\n") == [
        "config.yaml: character 9 is not text (control characters are not allowed); remove it"
    ]


def test_annotations_are_measured_together_in_bytes() -> None:
    ingress = "template: {gateway: {ingress: {type: ingress, host: a.b, annotations: {%s}}}}"
    half = "é" * (128 * 1024 // 2)
    (line,) = (line for line in lines_about(ingress % f"a: {half}, b: {half}") if "bytes" in line)
    assert line == "spec.template.gateway.ingress.annotations: has 262146 bytes in all; use 262144 or fewer"
    assert not any("bytes" in line for line in lines_about(ingress % f"a: {half}, b: {half[1:]}"))


def test_a_file_that_would_grow_without_end_is_one_line() -> None:
    levels = (f"a{i}: &a{i} [{', '.join([f'*a{i - 1}' if i else 'x'] * 10)}]\n" for i in range(20))
    nested = (f"a{i}: &a{i} [{f'*a{i - 1}' if i else 'x'}]\n" for i in range(500))
    too_deep = ["config.yaml: is nested more than 40 levels deep; no stack's config is"]
    assert lines_about("".join(levels)) == ["config.yaml: holds more than 200000 values; no stack's config does"]
    assert lines_about("".join(nested)) == too_deep
    assert lines_about("a: " + "[" * 100_000) == too_deep
    assert lines_about("a: " + "{b: " * 100_000) == too_deep


def test_ten_thousand_tenants_are_welcome() -> None:
    entry = "    - {{tenantName: t{0}, tenantId: t{0}, oidc: {{issuerURL: https://a.b/{0}, redirectURL: https://c.d/{0}}}}}\n"
    spec = (
        "storage: {secret: {name: minio}}\n"
        "template: {gateway: {enabled: true}}\n"
        "tenants:\n"
        "  mode: static\n"
        "  authorization:\n"
        "    roles: [{name: all, resources: [traces], tenants: [t1], permissions: [read]}]\n"
        "    roleBindings: [{name: all, roles: [all], subjects: [{kind: group, name: all}]}]\n"
        "  authentication:\n"
    )
    Path("config.yaml").write_text(spec + "".join(entry.format(index) for index in range(10_000)))
    tenants = load_file("config.yaml").spec.tenants
    assert tenants is not None
    assert len(tenants.authentication) == 10_000


def test_anchors_that_grow_nothing_are_welcome() -> None:
    Path("config.yaml").write_text(
        """
        storage: {secret: {name: minio}}
        template:
          ingester: &large {resources: &same {limits: {cpu: 1}}}
          compactor: *large
          querier: {resources: *same}
          distributor: {<<: *large, replicas: 2}
        """
    )
    template = load_file("config.yaml").spec.template
    assert template.ingester.pod == template.compactor.pod == template.querier.pod
    assert template.distributor.resources == template.ingester.resources


# A place for each `*` in the table of what is not supported yet.
PLACES = {
    "spec.limits.*.query.maxSearchBytesPerTrace": "spec.limits.global.query.maxSearchBytesPerTrace",
    "*.ephemeral-storage": "spec.resources.total.limits.ephemeral-storage",
    "*.hugepages-*": "spec.template.ingester.resources.limits.hugepages-2Mi",
    "spec.template.*.autoscaling.behavior.*.tolerance": "spec.template.querier.autoscaling.behavior.scaleUp.tolerance",
    "*.claims": "spec.template.querier.component.resources.claims",
}
IN_LISTS = {key for key in KEYS if key.rpartition(".")[2] in ("matchFields", "namespaces", "namespaceSelector")}
IN_LISTS |= {"spec.template.*.matchLabelKeys", "spec.template.*.mismatchLabelKeys"}
IN_LISTS |= {key for key in KEYS if ".metrics." in key}
ELSEWHERE = IN_LISTS | {"environment"}  # beside config


@pytest.mark.parametrize("pattern", sorted(KEYS.keys() - ELSEWHERE))
def test_what_is_not_supported_yet_is_never_dropped(pattern: str) -> None:
    path = PLACES.get(pattern, pattern.replace("*", "ingester"))
    config: dict[str, Any] = {"spec": {"storage": {"secret": {"name": "minio"}}, "tls": {"mode": "certManager"}}}
    *parents, last = path.split(".")
    inner = config
    for key in parents:
        inner = inner.setdefault(key, {})
    inner[last] = {}
    with pytest.raises(SettingsError) as refused:
        load_config({"name": "tmrs", "namespace": "tempo"} | {key: json.dumps(value) for key, value in config.items()})
    assert [str(mistake) for mistake in refused.value.mistakes] == [f"{path}: is not supported yet; {KEYS[pattern]}"]


def test_no_secret_is_repeated_in_a_line() -> None:
    assert sum("hunter2" in case["text"] for case in CASES) > 12
    assert [case["what"] for case in CASES if "hunter2" in case["lines"]] == []
    for text in (
        "storage: {secret: {name: minio, access_key_secret: hunter2}}",
        "storage: {secret: {name: {secure: hunter2}}}",
        "config: {name: a, namespace: b, minioRootPassword: hunter2, spec: {}}",
        "config: {name: a, namespace: b, minioRootPassword: [hunter2], spec: {}}",
        "config: {name: a, namespace: b, oidcClients: {dev: hunter2}, spec: {}}",
        "config: {name: a, namespace: b, oidcClients: '{hunter2', spec: {}}",
        "config: {name: a, namespace: b, minio: {password: hunter2}, spec: {password: hunter2}}",
        'config: {name: a, namespace: b, minioRootPassword: "hunter2hunter2\\n", spec: {}}',
        "config: {name: a, namespace: b, gatewayCookieKey: hunter2hunter2é, spec: {}}",
        "config: {name: a, namespace: b, oidcClients: {dev: {clientID: hunter2, clientSecret: hunter2}}, spec: {}}",
        "tenants: {authentication: [{tenantName: a, oidc: {secret: hunter2}}]}",
        "tenants: {authentication: [{tenantName: a, oidc: {secret: {name: a, clientSecret: hunter2}}}]}",
        "tenants: {authentication: [{tenantName: a, oidc: {secret: {name: {secure: hunter2}}}}]}",
    ):
        lines = lines_about(text)
        assert lines
        assert "hunter2" not in "\n".join(lines)
