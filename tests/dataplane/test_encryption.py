"""A real Tempo and MinIO that speak TLS only, with the certificates that the rendered objects ask for."""

import http.client
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from sandbox.certs import Authority
from sandbox.rendered import render
from sandbox.tempo_processes import Tempo
from sandbox.tempo_runs import running_tempo
from tests.dataplane.conftest import wait_for_ring
from tests.support.dataplane.companions import jaeger
from tests.support.dataplane.quick import SEARCHES_AT_ONCE, STARTS_AT_ONCE, quick
from tests.support.dataplane.traces import Trace, eventually, new_trace, spans_by_id

Client = tuple[bytes | None, bytes | None]  # a certificate and its key, or neither
SPEC: dict[str, Any] = {
    "storage": {"secret": {"name": "minio", "type": "s3"}},
    "template": {"queryFrontend": {"jaegerQuery": {"enabled": True}}},
    "extraConfig": {"tempo": quick(STARTS_AT_ONCE, SEARCHES_AT_ONCE)},
}
APPLICATIONS = {"distributor": {"tls": {"caName": "applications"}}}  # who sends spans must present a certificate, too
MUTUAL = SPEC | {"tls": {"mode": "certManager"}, "template": SPEC["template"] | APPLICATIONS}
NOBODY: Client = (None, None)


@pytest.fixture(scope="module")
def mutual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tempo]:
    """cert-manager's certificates: everyone presents one and is asked for one."""
    with running_tempo(render(stack_file(tmp_path_factory.mktemp("mutual"), MUTUAL))) as running:
        wait_for_ring(running)
        yield running


def test_a_trace_pushed_over_mutual_tls_is_found_by_its_id(mutual: Tempo) -> None:
    trace = new_trace()
    push(mutual, trace, one_of_the_stack(mutual))
    found = eventually("the trace by id", lambda: spans_by_id(mutual.query, trace, context=mutual.context))
    assert found == trace.identities


@pytest.mark.parametrize("component", ["query-frontend", "querier", "ingester", "distributor", "compactor"])
def test_who_presents_no_certificate_is_refused_by_every_component(mutual: Tempo, component: str) -> None:
    [name] = mutual.named(component)
    assert refused_over_http(mutual, name, NOBODY)
    assert refused_over_grpc(mutual, name, NOBODY)


def test_a_certificate_of_another_authority_is_refused(mutual: Tempo) -> None:
    stranger = Authority().issue("stranger", ["stranger"], client=True)
    assert refused_over_http(mutual, "query-frontend-0", stranger)
    assert refused_over_grpc(mutual, "ingester-0", stranger)
    with pytest.raises(grpc.RpcError) as refusal:
        push(mutual, new_trace(), stranger)
    assert refusal.value.code() is grpc.StatusCode.UNAVAILABLE


def test_who_presents_the_stacks_certificate_is_not_refused(mutual: Tempo) -> None:
    me = one_of_the_stack(mutual)
    assert not refused_over_http(mutual, "query-frontend-0", me)
    assert not refused_over_grpc(mutual, "ingester-0", me)


def test_an_application_without_a_certificate_sends_nothing(mutual: Tempo) -> None:
    with pytest.raises(grpc.RpcError) as refusal:
        push(mutual, new_trace(), NOBODY)
    assert refusal.value.code() is grpc.StatusCode.UNAVAILABLE


def test_plain_http_is_refused(mutual: Tempo) -> None:
    for url in (mutual.query, mutual.otlp_http):
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(url.replace("https", "http") + "/ready", timeout=5)
        assert refusal.value.code == http.client.BAD_REQUEST
    trace = new_trace()
    with grpc.insecure_channel(mutual.otlp_grpc) as channel, pytest.raises(grpc.RpcError):
        TraceServiceStub(channel).Export(trace.request(), timeout=5)  # type: ignore[no-untyped-call]


def test_a_kubelet_learns_without_a_certificate_whether_a_pod_is_ready_and_nothing_else(mutual: Tempo) -> None:
    internal = mutual.query.replace(":3200", ":3101")
    anyone = context_of(mutual, NOBODY)
    with urllib.request.urlopen(f"{internal}/ready", timeout=5, context=anyone) as response:
        assert response.status == http.client.OK
    for path in ("/metrics", "/debug/pprof/", "/api/echo", "/flush", "/config"):
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(f"{internal}{path}", timeout=5, context=anyone)
        assert refusal.value.code == http.client.NOT_FOUND


def test_the_jaeger_ui_s_bridge_presents_the_pod_s_certificate(mutual: Tempo) -> None:
    push(mutual, new_trace(), one_of_the_stack(mutual))
    with jaeger(mutual) as bridge:
        assert eventually("a service", bridge.services) == ["shop"]


def test_a_renewed_certificate_is_presented_without_a_restart(mutual: Tempo) -> None:
    compactor = mutual.instances["compactor-0"]
    own = compactor.folder / "tls" / "own"
    certificate, key = Authority().issue("renewed", ["renewed"], client=True)
    (own / "tls.key").write_bytes(key)
    (own / "tls.crt").write_bytes(certificate)
    anyone = ssl.create_default_context()
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    for port in (3200, 9095):
        # Every client of the stack says whom it means to speak to; to one that does not, the old one is presented.
        with (
            socket.create_connection((compactor.address, port), timeout=5) as connection,
            anyone.wrap_socket(connection, server_hostname="renewed") as encrypted,
        ):
            assert encrypted.getpeercert(binary_form=True) == ssl.PEM_cert_to_DER_cert(certificate.decode())


def test_openshifts_certificates_are_enough_without_any_of_a_client(tmp_path: Path) -> None:
    """Servers are verified, clients are not: its authority signs for servers only."""
    with running_tempo(render(stack_file(tmp_path, SPEC, platform="openshift"))) as tempo:
        wait_for_ring(tempo)
        trace, anyone = new_trace(), context_of(tempo, NOBODY)
        push(tempo, trace, NOBODY)
        found = eventually("the trace by id", lambda: spans_by_id(tempo.query, trace, context=anyone))
        assert found == trace.identities
        with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
            urllib.request.urlopen(tempo.query, timeout=5)  # the system trusts no authority of a cluster's


def stack_file(folder: Path, spec: dict[str, Any], **keys: Any) -> Path:
    config = {"name": "tmrs", "namespace": "tempo", "minio": {"enabled": True}, "spec": spec} | keys
    file = folder / "Pulumi.test.yaml"
    file.write_text(yaml.safe_dump({"config": {f"tempostack:{key}": value for key, value in config.items()}}))
    return file


def one_of_the_stack(tempo: Tempo) -> Client:
    return (tempo.certificates / "tls.crt").read_bytes(), (tempo.certificates / "tls.key").read_bytes()


def push(tempo: Tempo, trace: Trace, client: Client) -> None:
    with channel_to(tempo, tempo.otlp_grpc, "distributor", client) as channel:
        TraceServiceStub(channel).Export(trace.request(), timeout=10)  # type: ignore[no-untyped-call]


def refused_over_http(tempo: Tempo, name: str, client: Client) -> bool:
    """Whether a component closes the connection to such a client instead of answering it."""
    try:
        with urllib.request.urlopen(f"{tempo.url(name)}/status/version", timeout=5, context=context_of(tempo, client)):
            return False
    except urllib.error.HTTPError:
        return False
    except (urllib.error.URLError, ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
        return True


def refused_over_grpc(tempo: Tempo, name: str, client: Client) -> bool:
    """Whether a component's own gRPC is closed to such a client: it does not get as far as an unknown method."""
    component = name.rpartition("-")[0]
    address = f"{tempo.instances[name].address}:9095"
    with channel_to(tempo, address, component, client) as channel:
        call: Callable[..., bytes] = channel.unary_unary("/no.such.Service/Method")
        with pytest.raises(grpc.RpcError) as refusal:
            call(b"", timeout=5)
    assert refusal.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNIMPLEMENTED)
    return bool(refusal.value.code() is grpc.StatusCode.UNAVAILABLE)


def channel_to(tempo: Tempo, address: str, component: str, client: Client) -> grpc.Channel:
    """To a process at its address, of whom the certificate is expected that its Service would have."""
    certificate, key = client
    authority = (tempo.certificates / "ca.crt").read_bytes()
    name = (("grpc.ssl_target_name_override", f"{tempo.stack}-{component}.tempo.svc"),)
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(authority, key, certificate), options=name)


def context_of(tempo: Tempo, client: Client) -> ssl.SSLContext:
    """Of a client that trusts the stack's authority and has such a certificate."""
    context = ssl.create_default_context(cafile=tempo.certificates / "ca.crt")
    context.check_hostname = False
    if client != NOBODY:
        folder = tempo.folder / "stranger"
        folder.mkdir(exist_ok=True)
        for name, content in zip(("tls.crt", "tls.key"), client, strict=True):
            (folder / name).write_bytes(content or b"")
        context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return context
