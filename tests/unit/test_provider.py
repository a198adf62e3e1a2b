"""What the stand-in provider decides without an API server: differences, secrets, drift, when to stop waiting."""

import threading
from typing import Any

import pytest
from pulumi.runtime.proto.provider_pb2 import CheckRequest, PropertyDiff

from sandbox.provider import diff, wait
from sandbox.provider.objects import Cluster, Manifest, RefusedError, kind_of
from sandbox.provider.server import Provider, _outputs
from sandbox.provider.wire import UNKNOWN, Secret, decode, encode, is_known, marked_like, plain, redacted


def deployment(**container: Any) -> Manifest:
    """A small Deployment's inputs."""
    pod = {"containers": [{"name": "tempo", "ports": [{"containerPort": 3200}], **container}]}
    spec = {"replicas": 1, "template": {"metadata": {"labels": {"app.kubernetes.io/name": "tempo"}}, "spec": pod}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "t"}, "spec": spec}


class TestWire:
    def test_a_port_survives_the_wire_as_a_whole_number_and_a_half_stays_a_half(self) -> None:
        received = decode(encode({"port": 8080, "ratio": 0.5, "on": True, "list": [1, 2.0]}))
        assert received == {"port": 8080, "ratio": 0.5, "on": True, "list": [1, 2]}
        assert [type(each) for each in (received["port"], received["ratio"], received["on"])] == [int, float, bool]

    def test_secrets_and_unknowns_survive_the_wire_at_any_depth(self) -> None:
        values = {"a": Secret({"b": ["c", 1]}), "d": [UNKNOWN, {"e": Secret("f")}]}
        assert decode(encode(values)) == values
        assert not is_known(values)
        assert is_known({"a": values["a"]})
        assert not is_known(Secret({"inner": UNKNOWN}))

    def test_a_null_is_as_good_as_absent(self) -> None:
        assert decode(encode({"spec": {"replicas": None, "paused": False}})) == {"spec": {"paused": False}}

    def test_an_output_value_is_its_value_and_without_one_unknown(self) -> None:
        output = {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
        received = decode(
            encode({"a": {**output, "value": "v"}, "b": output, "c": {**output, "value": 1, "secret": True}})
        )
        assert received == {"a": "v", "b": UNKNOWN, "c": Secret(1)}

    def test_what_the_server_returns_is_secret_where_the_inputs_were(self) -> None:
        env = [{"name": "PLAIN", "value": "x"}, {"name": "PASSWORD", "value": Secret("s")}]
        live = {"env": [{"name": "PLAIN", "value": "x"}, {"name": "PASSWORD", "value": "s"}, {"name": "ADDED"}]}
        marked = marked_like(live, {"env": env})
        assert marked["env"] == [env[0], env[1], {"name": "ADDED"}]
        assert plain(marked) == live

    def test_a_secret_is_in_no_message_and_no_repr(self) -> None:
        properties = {"stringData": Secret({"password": "correct horse"})}
        message = redacted("invalid: correct horse, or Y29ycmVjdCBob3JzZQ==", properties)
        assert message == "invalid: [secret], or [secret]"
        assert "horse" not in repr(properties)


class TestDiff:
    def test_equal_inputs_have_no_difference_whatever_the_type_of_their_numbers(self) -> None:
        assert diff.changes(deployment(), decode(encode(deployment()))) == {}
        assert diff.changes({"a": 1}, {"a": True}) == {("a",): PropertyDiff.UPDATE}

    def test_only_the_changed_line_is_named(self) -> None:
        old = deployment(resources={"limits": {"cpu": "1", "memory": "1Gi"}})
        new = deployment(resources={"limits": {"cpu": "2", "memory": "1Gi"}})
        paths = {diff.spelled(path): kind for path, kind in diff.changes(old, new).items()}
        assert paths == {"spec.template.spec.containers[0].resources.limits.cpu": PropertyDiff.UPDATE}

    def test_additions_and_removals_are_told_apart_in_maps_and_lists(self) -> None:
        changed = diff.changes({"a": 1, "l": [1]}, {"b": 2, "l": [1, 2]})
        assert changed == {("a",): PropertyDiff.DELETE, ("b",): PropertyDiff.ADD, ("l", 1): PropertyDiff.ADD}

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            (("metadata", "labels", "app.kubernetes.io/name"), 'metadata.labels["app.kubernetes.io/name"]'),
            (("spec", "ports", 0, "port"), "spec.ports[0].port"),
            (("data", 'a"b'), r'data["a\"b"]'),
            (("data", "tempo.yaml"), 'data["tempo.yaml"]'),
        ],
    )
    def test_paths_are_spelled_as_the_engine_reads_them(self, path: diff.Path, text: str) -> None:
        assert diff.spelled(path) == text

    def test_an_immutable_field_is_told_from_an_invalid_one(self) -> None:
        selector = {"field": "spec.selector", "message": "Invalid value: {}: field is immutable"}
        invalid = {"field": "spec.replicas", "message": "Invalid value: -1: must be greater than or equal to 0"}
        assert diff.is_immutability(RefusedError("no", 422, causes=[selector]))
        assert not diff.is_immutability(RefusedError("no", 422, causes=[selector, invalid]))
        assert not diff.is_immutability(RefusedError("field is immutable", 403))
        changed: list[diff.Path] = [("spec", "selector", "matchLabels", "a"), ("spec", "replicas")]
        assert diff.immutable_among(RefusedError("no", 422, causes=[selector]), changed) == {changed[0]}

    def test_a_version_of_the_same_group_is_the_same_object_and_an_absent_namespace_the_default_one(self) -> None:
        old = {"apiVersion": "apps/v1beta1", "kind": "Deployment", "metadata": {"name": "web"}}
        new = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"}}
        assert diff.identity(old, "default") == diff.identity(new, "default")
        assert diff.identity(old, "other") != diff.identity(new, "other")


class TestDrift:
    def test_an_untouched_object_reads_as_its_inputs(self) -> None:
        inputs = deployment(env=[], resources={"limits": {"cpu": "1"}})
        live = deployment(resources={"limits": {"cpu": "1"}}, imagePullPolicy="Always")
        live["metadata"]["uid"] = "u"
        assert diff.as_live(inputs, live) == inputs

    def test_a_changed_or_removed_field_reads_as_it_is_now(self) -> None:
        inputs, live = deployment(image="a", args=["-x"]), deployment(image="b")
        assert diff.as_live(inputs, live) == deployment(image="b")

    def test_string_data_is_compared_through_data_and_stays_secret(self) -> None:
        inputs = {"kind": "Secret", "stringData": Secret({"key": "value", "gone": "x"})}
        read = diff.as_live(inputs, {"kind": "Secret", "data": {"key": "b3RoZXI="}})
        assert read == {"kind": "Secret", "stringData": Secret({"key": "other"})}


class TestState:
    def test_a_secrets_data_is_secret_in_the_state_even_when_the_inputs_were_not(self) -> None:
        live = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "djEyMw=="}}
        state = _outputs({"stringData": Secret({"k": "v123"})}, live, "manager")
        assert state["data"] == Secret({"k": "djEyMw=="})
        assert "v123" not in repr(state)
        assert "djEyMw==" not in repr(state)

    def test_a_name_is_required_in_one_line_and_the_type_token_fills_in_version_and_kind(self) -> None:
        urn = "urn:pulumi:dev::tempostack::tempostack:components:MinIO$kubernetes:core/v1:Secret::minio"
        call = Provider(None, None).Check
        nameless = call(CheckRequest(urn=urn, news=encode({"metadata": {}})), None)
        assert [failure.property for failure in nameless.failures] == ["metadata.name"]
        assert "\n" not in nameless.failures[0].reason
        named = call(CheckRequest(urn=urn, news=encode({"metadata": {"name": UNKNOWN}})), None)
        assert not named.failures
        assert decode(named.inputs) == {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": UNKNOWN}}

    def test_type_tokens_name_version_and_kind(self) -> None:
        assert kind_of("kubernetes:core/v1:Service") == ("v1", "Service")
        assert kind_of("kubernetes:route.openshift.io/v1:Route") == ("route.openshift.io/v1", "Route")


def live_workload(kind: str, spec: Manifest, status: Manifest, generation: int = 1) -> Manifest:
    """A live object of the kind's usual group with this status."""
    api_version = {"Job": "batch/v1", "PersistentVolumeClaim": "v1"}.get(kind, "apps/v1")
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"generation": generation},
        "spec": spec,
        "status": status,
    }


ROLLED_OUT = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2}


class TestWaiting:
    @pytest.mark.parametrize(
        ("live", "done"),
        [
            (live_workload("Deployment", {"replicas": 2}, ROLLED_OUT), True),
            (live_workload("Deployment", {"replicas": 2}, ROLLED_OUT, generation=2), False),
            (live_workload("Deployment", {"replicas": 2}, {**ROLLED_OUT, "availableReplicas": 1}), False),
            (live_workload("Deployment", {"replicas": 2}, {**ROLLED_OUT, "replicas": 3}), False),
            (live_workload("Deployment", {"replicas": 0}, {}), False),
            (live_workload("StatefulSet", {"replicas": 2}, ROLLED_OUT), True),
            (live_workload("StatefulSet", {"replicas": 2}, {**ROLLED_OUT, "readyReplicas": 1}), False),
            (
                live_workload(
                    "StatefulSet",
                    {"replicas": 2},
                    {**ROLLED_OUT, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"},
                ),
                False,
            ),
            (live_workload("Job", {}, {"conditions": [{"type": "Complete", "status": "True"}]}), True),
            (live_workload("Job", {}, {"active": 1}), False),
            (live_workload("PersistentVolumeClaim", {}, {"phase": "Bound"}), True),
            (live_workload("PersistentVolumeClaim", {}, {"phase": "Pending"}), False),
        ],
    )
    def test_a_workload_is_done_when_its_rollout_is(self, live: Manifest, done: bool) -> None:
        assert (wait.missing(live) is None) is done

    def test_a_failed_job_is_not_waited_for_any_longer(self) -> None:
        failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}
        with pytest.raises(wait.FailedError, match="BackoffLimitExceeded: too often"):
            wait.missing(live_workload("Job", {}, {"conditions": [failed]}))

    def test_a_cancellation_ends_the_wait_and_says_what_was_missing(self, pending: Cluster) -> None:
        cancelled = threading.Event()
        cancelled.set()
        claim = live_workload("PersistentVolumeClaim", {}, {})
        with pytest.raises(wait.UnfinishedError, match="cancelled: the claim is Pending, not Bound"):
            wait.until_ready(pending, claim, 600, cancelled)

    def test_a_timeout_ends_the_wait_too(self, pending: Cluster) -> None:
        claim = live_workload("PersistentVolumeClaim", {}, {})
        with pytest.raises(wait.UnfinishedError, match=r"not ready after 0\.2 s"):
            wait.until_ready(pending, claim, 0.2, threading.Event())

    def test_an_object_is_not_waited_for_when_its_annotation_says_so(self, pending: Cluster) -> None:
        claim = live_workload("PersistentVolumeClaim", {}, {})
        claim["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
        assert wait.until_ready(pending, claim, 600, threading.Event()) is claim


class TestMissingPlaces:
    def test_a_namespace_on_its_way_is_waited_for_and_an_invalid_object_is_not(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        early = RefusedError('namespaces "t" not found', 404, "namespaces")
        answers: list[RefusedError | Manifest] = [early, early, deployment(), RefusedError("is invalid", 422)]

        def apply(*_: Any) -> Manifest:
            answer = answers.pop(0)
            if isinstance(answer, RefusedError):
                raise answer
            return answer

        monkeypatch.setattr("sandbox.provider.server.PAUSES_SECONDS", (0, 0, 0))
        monkeypatch.setattr(Provider, "_apply", apply)
        assert Provider(None, None)._applied(deployment(), "manager") == deployment()
        with pytest.raises(RefusedError, match="is invalid"):
            Provider(None, None)._applied(deployment(), "manager")
        assert not answers


@pytest.fixture
def pending(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """A cluster in which nothing ever changes."""
    cluster = object.__new__(Cluster)
    monkeypatch.setattr(Cluster, "get", lambda _, manifest: manifest)
    return cluster
