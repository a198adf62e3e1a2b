"""A storage Secret that exists before the stack: nothing takes its place, and its endpoint says which port is open."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from allocation import allocate
from settings import load_config, load_file
from tests.support.commands import CASES, ops
from tests.support.configs import EXISTING, SECRETS, STORE, Config, config, in_base64
from tests.support.recording import Run, run

FIELD = CASES / "field"


def own_store() -> Config:
    """The stack `static`, whose store's port nothing gives."""
    given = config("static")
    del given["spec"]["networkPolicy"]
    return given


def read(endpoint: str, **changes: Any) -> Run:
    """The stack `static`, whose storage Secret has this endpoint."""
    existing = {"given/bucket": in_base64(STORE | {"endpoint": endpoint})}
    return run(own_store() | changes, SECRETS, existing)


def store_ports(done: Run) -> set[int]:
    """The ports to any address that each of the four components with a bucket may reach."""
    found: set[int] = set()
    for component in ("ingester", "querier", "query-frontend", "compactor"):
        rules = done.kind("NetworkPolicy")[f"tempo-static-{component}"].inputs["spec"]["egress"]
        [ports] = [{port["port"] for port in rule["ports"]} for rule in rules if "to" not in rule]
        assert found in (set(), ports)
        found = ports
    return found


@pytest.mark.parametrize(
    ("endpoint", "port"),
    [
        ("http://store.example.com:9100", 9100),
        (" store.example.com:9000 ", 9000),
        ("http://store.example.com", 80),
        ("http://[fd00::1]:9100", 9100),
    ],
)
def test_tempo_reaches_the_port_of_the_endpoint(endpoint: str, port: int) -> None:
    done = read(endpoint)
    assert (done.errors, store_ports(done)) == ([], {port})
    assert not [line for line in done.warnings if "store-port" in line]


def test_a_port_that_is_given_goes_before_the_endpoints_which_is_not_read() -> None:
    given = own_store()
    given["spec"]["networkPolicy"] = {"ports": {"s3": [9443]}}
    done = run(given, SECRETS, {})
    assert (store_ports(done), done.reads) == ({9443}, [])


def test_a_secret_that_cannot_be_there_yet_is_not_read_and_the_port_is_a_finding() -> None:
    done = run(own_store() | {"createNamespace": True}, SECRETS, {})
    assert (store_ports(done), done.reads) == ({80}, [])
    assert [line for line in done.warnings if "store-port" in line and "port 80" in line]


@pytest.mark.parametrize(
    ("endpoint", "tls"), [("https://store.example.com", False), ("http://store.example.com", True)]
)
def test_an_endpoint_at_odds_with_tls_is_a_warning(endpoint: str, tls: bool) -> None:
    given = own_store()
    given["spec"]["storage"]["tls"] = {"enabled": tls}
    done = run(given, SECRETS, {"given/bucket": in_base64(STORE | {"endpoint": endpoint})})
    [line] = [line for line in done.warnings if line.startswith("spec.storage.tls.enabled")]
    assert line.endswith(f"write {str(not tls).lower()}")
    assert store_ports(done) == {443 if tls else 80}


@pytest.mark.parametrize("key", sorted(STORE))
def test_a_secret_without_a_key_that_tempo_needs_ends_the_run_before_anything_is_declared(key: str) -> None:
    existing = {"given/bucket": in_base64({name: text for name, text in STORE.items() if name != key})}
    done = run(own_store(), SECRETS, existing)
    assert [line.partition(" is missing")[0] for line in done.errors] == [f"Secret bucket: {key}"]
    assert not done.workloads


@pytest.mark.parametrize("endpoint", ["http://store.example.com:port", "ftp://store:21", "http://", "http://[::1"])
def test_an_endpoint_that_is_no_address_is_a_line_that_repeats_nothing(endpoint: str) -> None:
    done = read(endpoint)
    [line] = done.errors
    assert line.startswith("Secret bucket: endpoint")
    assert endpoint not in line


@pytest.mark.parametrize(
    ("endpoint", "is_service"),
    [
        ("http://minio:80", True),
        ("http://minio.store.svc", True),
        ("minio.store.svc.cluster.local:443", True),
        ("http://store.example.com:9000", False),
    ],
)
def test_a_service_whose_pods_may_have_another_port_is_a_warning(endpoint: str, is_service: bool) -> None:
    lines = [line for line in read(endpoint).warnings if line.startswith("spec.networkPolicy.ports.s3")]
    assert len(lines) == is_service


def test_the_readers_of_the_bucket_get_its_port_and_no_secret() -> None:
    done = run(own_store(), SECRETS, EXISTING)
    assert done.reads == ["given/bucket"]
    assert STORE["access_key_secret"] not in str(done.resources)


@pytest.mark.parametrize("name", ["own-bucket-openshift", "own-bucket-with-ca"])
def test_a_tempostack_leaves_the_secret_of_its_bucket_alone(name: str) -> None:
    file = FIELD / f"{name}.yaml"
    secret = yaml.safe_load(file.read_text())["spec"]["storage"]["secret"]["name"]
    objects = [each for each in yaml.safe_load_all(ops("render", file).out) if each]
    assert secret not in [each["metadata"]["name"] for each in objects if each["kind"] == "Secret"]
    assert not [each for each in objects if "minio" in each["metadata"]["name"] or each["kind"] == "Namespace"]


def test_minio_comes_with_a_spec_when_it_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(yaml.safe_dump({"storage": {"secret": {"name": "bucket"}}}))
    objects = list(yaml.safe_load_all(ops("render", file, "--with-minio").out))
    assert ("Secret", "bucket") in {(each["kind"], each["metadata"]["name"]) for each in objects}
    assert "minio" in ops("plan", file, "--with-minio").out
    assert "minio" not in ops("plan", file).out


@pytest.mark.parametrize(
    ("name", "port"), [("own-bucket-openshift", 80), ("own-bucket-with-ca", 443), ("aws-endpoint-with-scheme", 80)]
)
def test_a_rendering_says_which_port_is_open_to_the_store(name: str, port: int) -> None:
    [finding] = [each for each in allocate(load_file(FIELD / f"{name}.yaml")).findings if each.code == "store-port"]
    assert f"port {port} " in finding.message
    said = [line for line in ops("render", FIELD / f"{name}.yaml").complaints if "spec.networkPolicy.ports.s3" in line]
    assert len(said) == 1  # a rendering concludes nothing from the mask that stands for the endpoint
    assert "[store-port]" in said[0]


def test_no_port_is_in_question_where_it_is_given_or_nothing_is_closed() -> None:
    for policy in ({"ports": {"s3": [9000]}}, {"enabled": False}):
        spec = {"storage": {"secret": {"name": "b"}}, "networkPolicy": policy}
        findings = allocate(load_config({"name": "a", "namespace": "b", "spec": json.dumps(spec)})).findings
        assert "store-port" not in {each.code for each in findings}
