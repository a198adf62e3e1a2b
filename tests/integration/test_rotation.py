"""A changed secret reaches the cluster's Secret, and rolls the pods that read that Secret and no others."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.engine import Engine
from tests.conftest import Kubectl
from tests.support import stacks

WORKLOADS = "deployments,statefulsets"
CLIENT = {"clientID": "tempo", "clientSecret": "the first"}


@dataclass(frozen=True)
class Snapshot:
    """What there is: each workload's pod template, each Secret's data, and each Job's uid, by name."""

    templates: dict[str, Any]
    secrets: dict[str, Any]
    jobs: dict[str, str]

    @classmethod
    def of(cls, kubectl: Kubectl, namespace: str) -> "Snapshot":
        def live(kinds: str) -> dict[str, Any]:
            return {each["metadata"]["name"]: each for each in stacks.objects(kubectl, namespace, kinds)}

        return cls(
            {name: each["spec"]["template"] for name, each in live(WORKLOADS).items()},
            {name: each["data"] for name, each in live("secrets").items()},
            {name: each["metadata"]["uid"] for name, each in live("jobs").items()},
        )

    def readers(self, secret: str) -> set[str]:
        """The workloads whose pods name the Secret, in a variable or a volume."""
        volume, variable = f'"secretName": "{secret}"', f'"name": "{secret}"'
        return {
            name
            for name, template in self.templates.items()
            if volume in json.dumps(template["spec"].get("volumes"))
            or any(variable in json.dumps(each.get("env")) for each in template["spec"]["containers"])
        }


def secret(engine: Engine, key: str, value: str) -> None:
    done = engine.run("config", "set", "--secret", "--path", f"tempostack:{key}", "--", value)
    assert done.returncode == 0, done.stderr


def rotated(engine: Engine, kubectl: Kubectl, key: str, value: str) -> tuple[Snapshot, Snapshot]:
    """Before and after an `up` with the changed secret."""
    before = Snapshot.of(kubectl, engine.stack)
    secret(engine, key, value)
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    return before, Snapshot.of(kubectl, engine.stack)


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}


@pytest.fixture(scope="module")
def static(engine: Engine) -> Engine:
    """MinIO, and two tenants behind a gateway."""
    stacks.write(engine, "rotating", stacks.static_spec("a", "b"))
    secret(engine, "minioRootPassword", stacks.PASSWORD)
    for tenant in "ab":
        for key, value in CLIENT.items():
            secret(engine, f"oidcClients.{tenant}.{key}", value)
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    return engine


@pytest.mark.parametrize(
    ("key", "name"), [("minioRootPassword", "minio"), ("oidcClients.b.clientSecret", "tempo-tmrs-gateway")]
)
def test_the_secret_changes_and_just_its_readers_roll(static: Engine, kubectl: Kubectl, key: str, name: str) -> None:
    before, after = rotated(static, kubectl, key, "the second one")
    assert changed(before.secrets, after.secrets) == {name}
    assert changed(before.templates, after.templates) == before.readers(name) != set()
    assert after.jobs == before.jobs  # the bucket is there already
    assert static.preview("--expect-no-changes", "--refresh").returncode == 0


def test_those_who_read_the_storage_secret_are_those_who_speak_to_the_store(static: Engine, kubectl: Kubectl) -> None:
    readers = Snapshot.of(kubectl, static.stack).readers("minio")
    assert {"tempo-tmrs-minio", "tempo-tmrs-ingester", "tempo-tmrs-querier", "tempo-tmrs-compactor"} <= readers
    assert not readers & {"tempo-tmrs-distributor", "tempo-tmrs-gateway"}


def test_a_restart_by_hand_is_not_taken_back(static: Engine, kubectl: Kubectl) -> None:
    """How pods take up a changed Secret that the user keeps."""
    kubectl("rollout", "restart", "deployment/tempo-tmrs-querier", "-n", static.stack)
    restarted = Snapshot.of(kubectl, static.stack)
    assert "kubectl.kubernetes.io/restartedAt" in json.dumps(restarted.templates["tempo-tmrs-querier"])
    assert static.preview("--expect-no-changes", "--refresh").returncode == 0
    _, after = rotated(static, kubectl, "oidcClients.a.clientSecret", "the third one")
    assert changed(restarted.templates, after.templates) == {"tempo-tmrs-gateway"}


def test_another_cookie_key_logs_everybody_out_and_rolls_who_sets_cookies(engine: Engine, kubectl: Kubectl) -> None:
    stacks.write_with_secrets(engine, "rotating-cookies", stacks.case("seed-per-component"))
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    before, after = rotated(engine, kubectl, "gatewayCookieKey", "another cookie key of enough characters")
    secrets = {"tempo-tmrs-gateway", "tempo-tmrs-cookie-proxy"}
    assert changed(before.secrets, after.secrets) == secrets
    assert changed(before.templates, after.templates) == set().union(*map(before.readers, secrets))
