"""The stand-in provider against a real API server: what the engine would ask, and what then is in the cluster."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto import status_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from sandbox import cluster as sandbox_cluster
from sandbox.provider.objects import Cluster, Manifest, RefusedError
from sandbox.provider.wire import UNKNOWN, Secret, decode, encode, plain
from tests.conftest import Kubectl

NAMESPACE = "stand-in"
TOKENS = {"v1": "core/v1"}
TIMEOUT_SECONDS = 60


@dataclass
class Resource:
    """One resource as the engine knows it: where it is in the program, its inputs and its state."""

    urn: str
    inputs: Any
    state: Any
    identifier: str


@dataclass
class Engine:
    """Asks the provider as the engine would."""

    stub: Any
    log: Path

    def create(
        self, inputs: Manifest, name: str = "", *, preview: bool = False, timeout: float = TIMEOUT_SECONDS
    ) -> Resource:
        token = f"kubernetes:{TOKENS.get(inputs['apiVersion'], inputs['apiVersion'])}:{inputs['kind']}"
        urn = f"urn:pulumi:test::stand-in::{token}::{name or plain(inputs)['metadata']['name']}"
        checked = self.stub.Check(messages.CheckRequest(urn=urn, type=token, news=encode(inputs)))
        assert not checked.failures
        made = self.stub.Create(
            messages.CreateRequest(urn=urn, type=token, properties=checked.inputs, preview=preview, timeout=timeout)
        )
        return Resource(urn, checked.inputs, made.properties, made.id)

    def diff(self, old: Resource, inputs: Manifest, *, ignore: Sequence[str] = ()) -> Any:
        request = messages.DiffRequest(
            id=old.identifier,
            urn=old.urn,
            olds=old.state,
            old_inputs=old.inputs,
            news=encode(inputs),
            ignoreChanges=ignore,
        )
        return self.stub.Diff(request)

    def update(self, old: Resource, inputs: Manifest, *, preview: bool = False, ignore: Sequence[str] = ()) -> Resource:
        request = messages.UpdateRequest(
            id=old.identifier,
            urn=old.urn,
            olds=old.state,
            old_inputs=old.inputs,
            news=encode(inputs),
            timeout=TIMEOUT_SECONDS,
            preview=preview,
            ignoreChanges=ignore,
        )
        return Resource(old.urn, encode(inputs), self.stub.Update(request).properties, old.identifier)

    def read(self, old: Resource) -> Any:
        return self.stub.Read(
            messages.ReadRequest(id=old.identifier, urn=old.urn, properties=old.state, inputs=old.inputs)
        )

    def delete(self, old: Resource, timeout: float = TIMEOUT_SECONDS) -> None:
        self.stub.Delete(messages.DeleteRequest(id=old.identifier, urn=old.urn, properties=old.state, timeout=timeout))


@pytest.fixture(scope="module")
def live(cluster: sandbox_cluster.Cluster) -> Cluster:
    """The same API server, asked directly, to see what is really there."""
    return Cluster(str(cluster.kubeconfig))


@pytest.fixture(scope="module")
def engine(cluster: sandbox_cluster.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A provider in a process of its own, and a namespace to work in."""
    log = tmp_path_factory.mktemp("provider") / "stderr"
    command = [sys.executable, "-m", "sandbox.provider", "--kubeconfig", str(cluster.kubeconfig)]
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=Path(__file__).parents[2], env=os.environ
        ) as process,
    ):
        try:
            assert process.stdout
            with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
                engine = Engine(ResourceProviderStub(channel), log)
                configure(engine)
                engine.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
                yield engine
        finally:
            process.terminate()
    assert process.returncode == 0


def configure(engine: Engine, **settings: Any) -> None:
    """What a `kubernetes.Provider` with these inputs does."""
    engine.stub.Configure(messages.ConfigureRequest(args=encode(settings)))


def config_map(name: str, data: dict[str, str], **metadata: Any) -> Manifest:
    metadata = {"name": name, "namespace": NAMESPACE, **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def deployment(name: str, cpu: str = "1", **pod: Any) -> Manifest:
    container = {
        "name": "main",
        "image": "example/none:1",
        "ports": [{"containerPort": 3200}],
        "resources": {"limits": {"cpu": cpu, "memory": "64Mi"}},
    }
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], **pod}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": template}
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def refusal(call: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    return str(call.value.details())


def test_a_deployment_is_created_only_once_it_is_rolled_out(engine: Engine) -> None:
    made = engine.create(deployment("rollout"))
    assert made.identifier == f"{NAMESPACE}/rollout"
    assert decode(made.state)["status"]["availableReplicas"] == 2


def test_no_change_is_no_difference_and_another_spelling_of_a_quantity_neither(engine: Engine) -> None:
    made = engine.create(deployment("same", cpu="1"))
    none = messages.DiffResponse.DIFF_NONE
    assert engine.diff(made, deployment("same", cpu="1")).changes == none
    assert engine.diff(made, deployment("same", cpu="1000m")).changes == none


def test_a_changed_limit_is_one_line_and_an_update_in_place(engine: Engine, live: Cluster) -> None:
    made = engine.create(deployment("limit", cpu="1"))
    found = engine.diff(made, deployment("limit", cpu="2"))
    assert list(found.detailedDiff) == ["spec.template.spec.containers[0].resources.limits.cpu"]
    assert not found.replaces
    engine.update(made, deployment("limit", cpu="2"), preview=True)
    assert limit_of(live, "limit") == "1"
    updated = engine.update(made, deployment("limit", cpu="2"))
    assert limit_of(live, "limit") == "2"
    assert decode(updated.state)["status"]["updatedReplicas"] == 2


def limit_of(live: Cluster, name: str) -> Any:
    found = live.get(deployment(name))
    assert found
    return found["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"]


def test_what_the_inputs_no_longer_name_is_removed(engine: Engine, live: Cluster) -> None:
    made = engine.create(config_map("keys", {"a": "1", "b": "2"}))
    engine.update(made, config_map("keys", {"b": "2"}))
    assert (live.get(config_map("keys", {})) or {})["data"] == {"b": "2"}


def test_an_immutable_field_is_a_replacement_whose_preview_passes(engine: Engine) -> None:
    made = engine.create(deployment("selector"))
    changed = deployment("selector")
    changed["spec"]["selector"]["matchLabels"]["app"] = "other"
    changed["spec"]["template"]["metadata"]["labels"]["app"] = "other"
    found = engine.diff(made, changed)
    assert list(found.replaces) == ["spec.selector.matchLabels.app"]
    assert found.deleteBeforeReplace
    engine.create(changed, preview=True)


def test_another_name_is_a_replacement_that_need_not_delete_first(engine: Engine) -> None:
    made = engine.create(config_map("before", {}))
    found = engine.diff(made, config_map("after", {}))
    assert list(found.replaces) == ["metadata.name"]
    assert not found.deleteBeforeReplace


def test_config_maps_are_replaced_unless_the_provider_lets_them_change(engine: Engine) -> None:
    made = engine.create(config_map("mutable", {"a": "1"}))
    assert list(engine.diff(made, config_map("mutable", {"a": "2"})).replaces) == ["data.a"]
    configure(engine, enableConfigMapMutable="true")
    try:
        found = engine.diff(made, config_map("mutable", {"a": "2"}))
    finally:
        configure(engine)
    assert list(found.detailedDiff) == ["data.a"]
    assert not found.replaces


def test_a_preview_refuses_in_the_api_servers_words(engine: Engine, live: Cluster) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "bad", "namespace": NAMESPACE}}
    invalid = {**service, "spec": {"ports": [{"port": 99999}]}}
    with pytest.raises(grpc.RpcError) as call:
        engine.create(invalid, preview=True)
    assert "spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive" in refusal(call)
    misspelt = {**service, "spec": {"ports": [{"port": 80, "targetport": 8080}]}}
    with pytest.raises(grpc.RpcError) as call:
        engine.create(misspelt, preview=True)
    assert "targetport: field not declared in schema" in refusal(call)
    assert live.get(service) is None


def test_a_preview_shows_the_inputs_where_there_is_no_place_yet_or_not_all_is_known(engine: Engine) -> None:
    elsewhere = config_map("early", {"a": "1"}, namespace="not-there-yet")
    assert decode(engine.create(elsewhere, preview=True).state) == elsewhere
    custom = {"apiVersion": "example.com/v1", "kind": "Early", "metadata": {"name": "early"}}
    assert decode(engine.create(custom, preview=True).state) == custom
    partly = config_map("partly", {"a": "1"})
    partly["data"]["b"] = UNKNOWN
    assert decode(engine.create(partly, preview=True).state) == partly


def test_an_object_waits_for_its_namespace_which_is_made_at_the_same_time(engine: Engine, live: Cluster) -> None:
    early, namespace = config_map("early", {}, namespace=f"{NAMESPACE}-late"), {"name": f"{NAMESPACE}-late"}
    with ThreadPoolExecutor() as pool:
        object_first = pool.submit(engine.create, early)
        engine.create(config_map("in-between", {}))
        engine.create({"apiVersion": "v1", "kind": "Namespace", "metadata": namespace})
        assert object_first.result(timeout=TIMEOUT_SECONDS).identifier == f"{NAMESPACE}-late/early"
    with pytest.raises(RefusedError, match="not found") as call:
        live.apply(config_map("early", {}, namespace="never-there"), "somebody")
    assert call.value.is_for_want_of_a_place


def test_what_cannot_be_scheduled_is_reported_with_its_reason_and_kept_in_the_state(engine: Engine) -> None:
    with pytest.raises(grpc.RpcError) as call:
        engine.create(deployment("nowhere", nodeSelector={"no": "where"}), timeout=2)
    assert "not ready after 2 s: 2 of 2 replicas updated, 0 available" in refusal(call)
    assert "didn't match Pod's node affinity/selector" in refusal(call)
    status = status_pb2.Status.FromString(dict(call.value.trailing_metadata())["grpc-status-details-bin"])
    kept = messages.ErrorResourceInitFailed()
    assert status.details[0].Unpack(kept)
    assert kept.id == f"{NAMESPACE}/nowhere"
    assert decode(kept.properties)["spec"]["replicas"] == 2


def test_a_cancellation_ends_a_wait(engine: Engine) -> None:
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(engine.create, deployment("cancelled", nodeSelector={"no": "where"}), timeout=30)
        engine.stub.Cancel(Empty())
        with pytest.raises(grpc.RpcError, match="when the operation was cancelled"):
            waiting.result(timeout=TIMEOUT_SECONDS)
    configure(engine)


def test_a_deletion_returns_when_the_pods_are_gone_too(engine: Engine, live: Cluster) -> None:
    made = engine.create(deployment("deleted"))
    workload = live.get(deployment("deleted"))
    assert workload
    assert len(live.pods_of(workload)) == 2
    engine.delete(made)
    assert live.get(deployment("deleted")) is None
    assert live.pods_of(workload) == []
    engine.delete(made)


def test_a_deletion_that_hangs_names_the_finalizer(engine: Engine) -> None:
    held = config_map("held", {}, finalizers=["example.com/hold"])
    made = engine.create(held)
    with pytest.raises(grpc.RpcError, match=r"still there after 1 s, held by example\.com/hold"):
        engine.delete(made, timeout=1)
    engine.update(made, config_map("held", {}))


def test_a_refresh_sees_drift_and_absence(engine: Engine, live: Cluster) -> None:
    inputs = config_map("drift", {"a": "1", "b": "2"})
    made = engine.create(inputs)
    assert decode(engine.read(made).inputs) == inputs
    live.apply(config_map("drift", {"a": "changed"}), "somebody", force=True)
    assert decode(engine.read(made).inputs)["data"] == {"a": "changed", "b": "2"}
    engine.delete(made)
    assert engine.read(made).id == ""


def test_a_field_that_somebody_else_manages_is_a_conflict_unless_forced(engine: Engine, live: Cluster) -> None:
    made = engine.create(config_map("conflict", {"a": "1"}))
    live.apply(config_map("conflict", {"a": "theirs"}), "somebody", force=True)
    with pytest.raises(grpc.RpcError, match=r'conflict with "somebody": \.data\.a'):
        engine.update(made, config_map("conflict", {"a": "2"}))
    engine.update(made, config_map("conflict", {"a": "2"}, annotations={"pulumi.com/patchForce": "true"}))
    assert (live.get(config_map("conflict", {})) or {})["data"] == {"a": "2"}


def test_an_interrupted_creation_is_taken_up_and_a_strangers_object_is_not(engine: Engine, live: Cluster) -> None:
    bare = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "bare", "namespace": NAMESPACE}}
    for _ in range(3):
        engine.create(config_map("resumed", {"a": "1"}))
        engine.create(bare)
    live.apply(config_map("strange", {"theirs": "1"}), "somebody")
    with pytest.raises(grpc.RpcError, match="already exists"):
        engine.create(config_map("strange", {}), preview=True)
    configure(engine, upsertExistingObjects="true")
    try:
        engine.create(config_map("strange", {"a": "1"}))
    finally:
        configure(engine)
    assert (live.get(config_map("strange", {})) or {})["data"] == {"theirs": "1", "a": "1"}


def test_a_secret_stays_secret_in_state_errors_and_log(engine: Engine, live: Cluster) -> None:
    metadata = {"name": "credentials", "namespace": NAMESPACE}
    inputs = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "stringData": Secret({"password": "hunter22"}),
    }
    made = engine.create(inputs)
    assert (live.get(inputs) or {})["data"] == {"password": "aHVudGVyMjI="}
    assert decode(made.state)["data"] == Secret({"password": "aHVudGVyMjI="})
    assert engine.diff(made, inputs).changes == messages.DiffResponse.DIFF_NONE
    assert decode(engine.read(made).inputs) == inputs
    misplaced = {**inputs, "metadata": {**metadata, "name": Secret("hunter22 is no name")}}
    with pytest.raises(grpc.RpcError) as call:
        engine.create(misplaced, name="misplaced", preview=True)
    assert 'metadata.name: Invalid value: "[secret]"' in refusal(call)
    assert "hunter22" not in engine.log.read_text() + refusal(call)


def test_many_are_created_at_once(engine: Engine, live: Cluster) -> None:
    names = [f"many-{number}" for number in range(24)]
    with ThreadPoolExecutor(24) as pool:
        made = list(pool.map(lambda name: engine.create(config_map(name, {"name": name})), names))
    assert [resource.identifier for resource in made] == [f"{NAMESPACE}/{name}" for name in names]
    assert all((live.get(config_map(name, {})) or {})["data"] == {"name": name} for name in names)


def replicas_of(live: Cluster, name: str) -> Any:
    return (live.get(deployment(name)) or {})["spec"]["replicas"]


def without_replicas(name: str, cpu: str = "1") -> Manifest:
    inputs = deployment(name, cpu=cpu)
    del inputs["spec"]["replicas"]
    return inputs


@pytest.fixture
def scale(kubectl: Kubectl) -> Callable[[str, int], str]:
    """Scales a Deployment through its subresource, as an autoscaler does."""
    return lambda name, count: kubectl("scale", "deployment", name, "-n", NAMESPACE, f"--replicas={count}")


def test_an_ignored_field_that_nobody_else_manages_keeps_its_value(engine: Engine, live: Cluster) -> None:
    made = engine.create(deployment("ignored"))
    changed = without_replicas("ignored", cpu="2")
    made = engine.update(made, changed, ignore=["spec.replicas"])
    assert (replicas_of(live, "ignored"), limit_of(live, "ignored")) == (2, "2")
    engine.update(made, changed)
    assert replicas_of(live, "ignored") == 1  # what becomes of it when it is not ignored


def test_an_ignored_field_that_somebody_else_manages_is_left_to_them(
    engine: Engine, live: Cluster, scale: Callable[[str, int], str]
) -> None:
    made = engine.create(deployment("scaled"))
    scale("scaled", 5)
    old = deployment("scaled", cpu="2")  # the engine puts the old value in the place of an ignored one
    made = engine.update(made, old, ignore=["spec.replicas"])
    assert (replicas_of(live, "scaled"), limit_of(live, "scaled")) == (5, "2")
    fields = [entry["fieldsV1"]["f:spec"] for entry in managed(live, "scaled") if entry["manager"] != "kubectl"]
    assert not any("f:replicas" in each for each in fields if isinstance(each, dict))
    scale("scaled", 4)
    assert engine.diff(made, old, ignore=["spec.replicas"]).changes == messages.DiffResponse.DIFF_NONE
    engine.update(made, deployment("scaled"), preview=True, ignore=["spec.replicas"])
    assert replicas_of(live, "scaled") == 4


def managed(live: Cluster, name: str) -> list[dict[str, Any]]:
    entries = (live.get(deployment(name)) or {})["metadata"]["managedFields"]
    return [entry for entry in entries if "f:spec" in entry["fieldsV1"]]


def test_a_custom_resource_is_done_when_it_exists_and_changes_in_place(engine: Engine, live: Cluster) -> None:
    def route(termination: str, namespace: str = NAMESPACE) -> Manifest:
        spec = {"to": {"kind": "Service", "name": "door"}, "tls": {"termination": termination}}
        metadata = {"name": "door", "namespace": namespace}
        return {"apiVersion": "route.openshift.io/v1", "kind": "Route", "metadata": metadata, "spec": spec}

    assert decode(engine.create(route("edge", "not-there-yet"), preview=True).state)["spec"]["tls"] is not None
    with pytest.raises(grpc.RpcError) as refused:
        engine.create(route("sideways"), preview=True)
    assert 'Unsupported value: "sideways"' in refusal(refused)

    made = engine.create(route("edge"))
    assert [made.identifier, decode(made.state)["spec"]["to"]["weight"]] == [f"{NAMESPACE}/door", 100]
    assert list(engine.diff(made, route("passthrough")).detailedDiff) == ["spec.tls.termination"]
    made = engine.update(made, route("passthrough"))
    assert decode(engine.read(made).properties)["spec"]["tls"] == {"termination": "passthrough"}
    engine.delete(made)
    assert live.get(route("edge")) is None
