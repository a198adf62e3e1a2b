"""The seed's own step from global totals to per-component numbers, and what happens when the budget is enforced."""

import pytest

from sandbox.engine import Engine
from tests.conftest import Kubectl
from tests.support import stacks

STACK = "seed"


@pytest.fixture(scope="module")
def seed(engine: Engine) -> Engine:
    """The seed's global spec, deployed."""
    stacks.write_with_secrets(engine, STACK, stacks.case("seed-global"))
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr
    return engine


def test_from_global_to_per_component_is_in_place_and_creates_just_what_the_oauth_proxy_needs(seed: Engine) -> None:
    stacks.write(seed, STACK, stacks.case("seed-per-component"))
    changes = stacks.changes(seed)
    assert set(changes) <= {"update", "create"}, changes
    assert changes["create"] == {"Secret/tempo-tmrs-cookie-proxy", "ServiceAccount/tempo-tmrs-query-frontend"}
    assert {"StatefulSet/tempo-tmrs-ingester", "Deployment/tempo-tmrs-query-frontend"} <= changes["update"]
    assert not any(name.startswith(("PersistentVolumeClaim/", "Namespace/")) for name in changes["update"])

    preview = seed.preview()
    assert preview.returncode == 0
    assert "over-allocated" in preview.stdout + preview.stderr  # as a diagnostic, since onViolation is warn
    done = seed.up()
    assert done.returncode == 0, done.stdout + done.stderr
    assert seed.preview("--expect-no-changes").returncode == 0


def test_a_violation_under_error_stops_before_anything_is_registered(engine: Engine) -> None:
    spec = stacks.case("seed-per-component")
    spec["resources"]["onViolation"] = "error"
    stacks.write_with_secrets(engine, "enforced", spec)
    done = engine.preview()
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "2496m" in said
    assert "over-allocated" in said
    assert "Traceback" not in said
    assert "kubernetes:" not in said

    assert engine.up().returncode != 0
    assert "kubernetes:" not in engine.run("stack", "export").stdout


def test_every_mistake_of_a_stack_is_one_line_without_a_traceback(engine: Engine) -> None:
    spec = stacks.case("seed-global")
    spec["storageSze"] = spec.pop("storageSize")
    spec["resources"]["total"]["limits"]["memory"] = "2GB"
    stacks.write_with_secrets(engine, "mistaken", spec)
    done = engine.preview()
    lines = done.stdout.partition("Diagnostics:")[2].splitlines()
    assert done.returncode != 0
    assert sum("spec.storageSze" in line and "storageSize" in line for line in lines) == 1, lines
    assert sum("spec.resources.total.limits.memory" in line and "2GB" in line for line in lines) == 1, lines
    assert sum("error:" in line for line in lines) == 2, lines  # and no word of an unhandled one


@pytest.mark.parametrize("command", ["preview", "up"])
def test_prod_without_its_secrets_is_refused_with_the_commands_that_set_them(engine: Engine, command: str) -> None:
    engine.select("prod")
    done = engine.preview() if command == "preview" else engine.up()
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "pulumi config set --secret tempostack:minioRootPassword" in said
    assert "Traceback" not in said
    assert "kubernetes:" not in said


def test_what_the_cluster_refuses_is_said_in_its_own_words_without_a_traceback(
    engine: Engine, kubectl: Kubectl
) -> None:
    kubectl("create", "namespace", "refusing")
    # Not its claim alone: a Deployment that was begun before the claim was refused is waited for, for ten minutes.
    kubectl("create", "quota", "tiny", "--hard=persistentvolumeclaims=0,count/deployments.apps=0", "-n", "refusing")
    stacks.write_with_secrets(engine, "refusing", stacks.dev_spec())
    assert engine.config_set("tempostack:createNamespace", "false").returncode == 0
    done = engine.up()
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "exceeded quota: tiny" in said
    assert "Traceback" not in said
    assert "KeyboardInterrupt" not in said
