"""TLS as it is declared, decided without a server: that a real Tempo speaks it is tested with the real one."""

import base64
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from components.certificates import SERVICES
from components.transport import SERVING_CERTIFICATE
from tests.support.configs import SECRETS, Config, config
from tests.support.recording import Registered, Run, run

OFF: Config = {"mode": "off"}
MODES: dict[str, tuple[str, Config]] = {  # a stack that runs everything, and its spec.tls
    "certManager": ("prod", {"mode": "certManager"}),
    "secrets": (
        "prod",
        {"mode": "secrets", "secretName": "given", "secretNames": {"queryFrontend": "of-the-frontend"}},
    ),
    "serviceCA": ("prod", {"mode": "serviceCA"}),
    "certManager without a gateway": ("dev", {"mode": "certManager"}),
}
TEMPO = ("distributor", "ingester", "querier", "query-frontend", "compactor")
MEMBERS = set(TEMPO) - {"query-frontend"}
FOLDER = "/etc/tempo-tls"


@cache
def stack(mode: str) -> Run:
    name, tls = MODES[mode]
    return run(with_spec(name, tls=tls), SECRETS)


def with_spec(name: str, **spec: Any) -> Config:
    content = config(name)
    return {**content, "spec": {**content["spec"], **spec}}


@pytest.mark.parametrize("name", ["dev", "static"])
def test_mode_off_is_what_was_there_before(name: str) -> None:
    off, before = run(with_spec(name, tls=OFF), SECRETS), run(config(name), SECRETS)
    assert {each.urn: each.inputs for each in off.objects} == {each.urn: each.inputs for each in before.objects}
    assert FOLDER not in repr([each.inputs for each in off.objects])


@pytest.mark.parametrize("mode", MODES)
def test_every_certificate_that_a_container_reads_is_mounted_where_it_reads_it(mode: str) -> None:
    done = stack(mode)
    readers = 0
    for workload in done.workloads.values():
        for container in workload.pod["spec"]["containers"]:
            there = set(mounted(workload, container))
            read = set(re.findall(rf"{FOLDER}/[\w./-]+", read_by(done, workload, container)))
            folders = {path.rpartition("/")[0] for path in there}
            assert {path for path in read if path not in folders} <= there, f"{workload.object_name}: {read - there}"
            readers += bool(read)
    assert readers >= 8


@pytest.mark.parametrize("mode", ["certManager", "certManager without a gateway"])
def test_a_certificate_holds_every_name_that_its_clients_expect(mode: str) -> None:
    done = stack(mode)
    names = {
        each.object_name: set(each.inputs["spec"].get("dnsNames", ())) for each in done.kind("Certificate").values()
    }
    expected = set(server_names(done))
    (prefix,) = {name.removesuffix("-distributor") for name in names if name.endswith("-distributor")}
    assert {name.split(".")[0].removeprefix(f"{prefix}-") for name in expected} == {
        "ingester",
        "query-frontend",
        "gossip-ring",
    }
    for name in expected:
        service = name.split(".")[0]
        presenters = {f"{prefix}-{each}" for each in MEMBERS} if service.endswith("-gossip-ring") else {service}
        for presenter in presenters:
            assert name in names[presenter]


def test_a_certificate_that_a_route_shows_to_the_outside_holds_the_route_s_host() -> None:
    shown = with_spec("prod", tls={"mode": "certManager"})
    shown["spec"]["template"]["gateway"]["ingress"] = {"type": "route", "host": "traces.example.com"}
    certificates = run(shown, SECRETS).kind("Certificate").values()
    holders = {
        each.object_name for each in certificates if "traces.example.com" in each.inputs["spec"].get("dnsNames", ())
    }
    assert holders == {"tempo-tmrs-gateway"}


@pytest.mark.parametrize("mode", ["certManager", "certManager without a gateway"])
def test_a_certificate_holds_the_name_of_every_endpoint(mode: str) -> None:
    done = stack(mode)
    names = {name for each in done.kind("Certificate").values() for name in each.inputs["spec"].get("dnsNames", ())}
    endpoints = [str(each) for key, each in done.outputs["endpoints"].items() if key != "jaegerUi"]
    inside = [host for each in endpoints if (host := re.sub("^https?://", "", each).split(":")[0]).endswith(".svc")]
    assert inside
    assert set(inside) <= names


@pytest.mark.parametrize("mode", MODES)
def test_a_kubelet_asks_where_no_certificate_is_asked_for(mode: str) -> None:
    for name, container in stack(mode).containers():
        if container["name"] == "tempo":
            probe = container["readinessProbe"]["httpGet"]
            assert (probe["port"], probe["scheme"]) == ("http" if mode == "serviceCA" else "internal", "HTTPS"), name
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            assert ports.get("internal") == (None if mode == "serviceCA" else 3101)
    services = stack(mode).kind("Service").values()
    assert not [each for each in services if 3101 in [port["port"] for port in each.inputs["spec"]["ports"]]]


def test_without_tls_a_kubelet_asks_in_the_open() -> None:
    for _, container in run(config("dev"), SECRETS).containers():
        for probe in ("readinessProbe", "livenessProbe"):
            assert container.get(probe, {}).get("httpGet", {"scheme": "HTTP"})["scheme"] == "HTTP"


@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_called_in_the_open(mode: str) -> None:
    done = stack(mode)
    texts = [
        read_by(done, workload, c) for workload in done.workloads.values() for c in workload.pod["spec"]["containers"]
    ]
    called = {address for text in texts for address in re.findall(r"http://([^\s\"'/]+)", text)}
    assert {address for address in called if address.split(":")[0] != "localhost"} == set()
    assert base64.b64decode(done.kind("Secret")["minio"].data["endpoint"]).startswith(b"https://")


def test_openshift_is_asked_for_a_certificate_of_each_service_that_presents_one() -> None:
    done = stack("serviceCA")
    asked = {
        name: each.inputs["metadata"].get("annotations", {}).get(SERVING_CERTIFICATE)
        for name, each in done.kind("Service").items()
    }
    prefix = "tempo-tmrs"
    presenters = {f"{prefix}-{each}" for each in (*SERVICES, "gossip-ring")}
    assert {name: secret for name, secret in asked.items() if secret} == {name: f"{name}-tls" for name in presenters}


def test_who_signs_is_the_stack_itself_or_the_issuer_that_is_named() -> None:
    own = stack("certManager")
    assert own.kind("Issuer").keys() == {"tempo-tmrs-selfsigned", "tempo-tmrs-ca"}
    signers = {name: each.inputs["spec"]["issuerRef"]["name"] for name, each in own.kind("Certificate").items()}
    assert signers.pop("tempo-tmrs-ca") == "tempo-tmrs-selfsigned"
    assert set(signers.values()) == {"tempo-tmrs-ca"}
    durations = {each.inputs["spec"]["duration"] for each in own.kind("Certificate").values()}
    assert durations == {"8760h", "87600h"}
    issuer = {"name": "company", "kind": "ClusterIssuer"}
    named = run(with_spec("prod", tls={"mode": "certManager", "issuer": issuer, "duration": "24h"}), SECRETS)
    assert not named.kind("Issuer")
    specs = [each.inputs["spec"] for each in named.kind("Certificate").values()]
    assert len(specs) == len(SERVICES)
    assert all(each["issuerRef"] == issuer | {"group": "cert-manager.io"} for each in specs)
    assert {each["duration"] for each in specs} == {"24h"}


def test_pods_come_after_the_certificates_that_they_wait_for() -> None:
    done = stack("certManager")
    certificates = {each.urn for each in done.kind("Certificate").values()}
    servers = done.kind("Deployment", "StatefulSet").values()  # the Job comes after one of them
    assert all(certificates <= server.dependencies for server in servers)


def test_a_component_presents_the_secret_that_is_named_for_it() -> None:
    done = stack("secrets")
    secrets = {
        name: {volume["secret"]["secretName"] for volume in workload.pod["spec"]["volumes"] if volume["name"] == "tls"}
        for name, workload in done.workloads.items()
    }
    assert secrets.pop("tempo-tmrs-query-frontend") == {"of-the-frontend"}
    assert secrets.pop("tempo-tmrs-minio-bucket") == set()  # it presents none
    assert set().union(*secrets.values()) == {"given"}


def test_receivers_ask_the_gateway_for_a_certificate_and_applications_only_where_config_says_so() -> None:
    otlp = "distributor", "receivers", "otlp", "protocols", "grpc", "tls"
    assert value(stack("certManager"), *otlp)["client_ca_file"] == f"{FOLDER}/ca/ca.crt"
    assert "client_ca_file" not in value(stack("serviceCA"), *otlp)
    assert "client_ca_file" not in value(stack("certManager without a gateway"), *otlp)
    template = config("dev")["spec"]["template"] | {"distributor": {"tls": {"caName": "apps", "certName": "public"}}}
    for tls in (OFF, {"mode": "certManager"}):
        asking = run(with_spec("dev", tls=tls, template=template), SECRETS)
        assert value(asking, *otlp)["client_ca_file"] == f"{FOLDER}/clients-ca/ca.crt"
        assert value(asking, *otlp)["cert_file"] == f"{FOLDER}/receiver/tls.crt"
        (distributor,) = (each for name, each in asking.workloads.items() if name.endswith("-distributor"))
        (container,) = distributor.pod["spec"]["containers"]
        assert {f"{FOLDER}/clients-ca/ca.crt", f"{FOLDER}/receiver/tls.key"} <= set(mounted(distributor, container))


def test_receivers_in_the_open_are_a_choice() -> None:
    template = config("dev")["spec"]["template"] | {"distributor": {"tls": {"enabled": False}}}
    done = run(with_spec("dev", tls={"mode": "certManager"}, template=template), SECRETS)
    assert "tls" not in value(done, "distributor", "receivers", "otlp", "protocols", "grpc")
    assert done.outputs["endpoints"]["otlpHttp"].startswith("http://")
    assert done.outputs["endpoints"]["query"].startswith("https://")


def test_what_cannot_be_encrypted_is_not_received_where_the_rest_is() -> None:
    for done, received in ((stack("certManager without a gateway"), False), (run(config("dev"), SECRETS), True)):
        (service,) = (each for name, each in done.kind("Service").items() if name.endswith("-distributor"))
        assert ("UDP" in {port["protocol"] for port in service.inputs["spec"]["ports"]}) == received
        assert ("thrift_compact" in value(done, "distributor", "receivers", "jaeger", "protocols")) == received


def test_a_store_of_the_users_own_is_trusted_by_the_config_map_that_is_named() -> None:
    storage = {"secret": {"name": "bucket"}, "tls": {"enabled": True, "caName": "s3-ca", "certName": "s3-client"}}
    done = run(with_spec("static", storage=storage), SECRETS)
    s3 = yaml.safe_load(config_map(done).data["ingester.yaml"])["storage"]["trace"]["s3"]
    assert s3["insecure"] is False
    ingester = done.workloads["tempo-static-ingester"]
    (container,) = ingester.pod["spec"]["containers"]
    assert {s3["tls_ca_path"], s3["tls_cert_path"], s3["tls_key_path"]} <= set(mounted(ingester, container))
    sources = {volume["name"]: volume for volume in ingester.pod["spec"]["volumes"]}
    assert sources["tls-store-ca"]["configMap"]["name"] == "s3-ca"
    assert sources["tls-store"]["secret"]["secretName"] == "s3-client"
    assert "tls-store-ca" not in str(done.workloads["tempo-static-distributor"].pod)  # it does not read the bucket


def test_the_bucket_is_made_by_a_client_that_trusts_the_stacks_authority() -> None:
    (container,) = stack("certManager").workloads["tempo-tmrs-minio-bucket"].pod["spec"]["containers"]
    trusted = {variable["name"]: variable.get("value") for variable in container["env"]}["SSL_CERT_FILE"]
    assert trusted in set(mounted(stack("certManager").workloads["tempo-tmrs-minio-bucket"], container))


def mounted(workload: Registered, container: dict[str, Any]) -> Iterator[str]:
    """Every file of a certificate that a container finds."""
    volumes = {volume["name"]: volume for volume in workload.pod["spec"].get("volumes", [])}
    for mount in container.get("volumeMounts", []):
        volume = volumes.get(mount["name"], {})
        for item in (volume.get("secret") or volume.get("configMap") or {}).get("items", []):
            yield f"{mount['mountPath']}/{item['path']}"


def read_by(done: Run, workload: Registered, container: dict[str, Any]) -> str:
    """All that tells a container where its certificates are and whom it calls: arguments, environment, its own file."""
    arguments = [*container.get("args", []), *(v.get("value", "") for v in container.get("env", []))]
    files = config_map(done).data
    read = [files[name] for name in files if any(f"/conf/{name}" in argument for argument in arguments)]
    return "\n".join([*arguments, *read])


def config_map(done: Run) -> Registered:
    return next(each for each in done.kind("ConfigMap").values() if "compactor.yaml" in each.inputs.get("data", {}))


def value(done: Run, *path: str) -> Any:
    content: Any = yaml.safe_load(config_map(done).data["distributor.yaml"])
    for key in path:
        content = content[key]
    return content


def server_names(done: Run) -> Iterator[str]:
    """Every name that some client expects on a certificate."""
    for text in config_map(done).data.values():
        yield from re.findall(r"tls_server_name: (\S+)", text)
