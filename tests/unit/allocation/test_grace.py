"""How long the pods of each component may take to end: rendered as planned, and no longer than a query may take."""

from typing import Any

import pytest

from tests.support.configs import SECRETS, STACKS, config
from tests.support.recording import Run, run

GRACES = {"distributor": 30, "ingester": 300, "compactor": 30, "querier": 5, "query-frontend": 10}


def rendered(**spec: Any) -> dict[str, int]:
    whole = config("dev")
    whole["spec"] |= spec
    return graces(run(whole, SECRETS))


def graces(done: Run) -> dict[str, int]:
    pods = {name.removeprefix("tempo-tmrs-"): workload.pod["spec"] for name, workload in done.workloads.items()}
    key = "terminationGracePeriodSeconds"
    return {component: pod[key] for component, pod in pods.items() if key in pod}


@pytest.mark.parametrize("stack", [name for name in STACKS if name in ("dev", "prod")])
def test_every_tempo_component_has_its_own_and_the_others_kubernetes_s(stack: str) -> None:
    assert graces(run(config(stack), SECRETS)) == GRACES


@pytest.mark.parametrize(("timeout", "seconds"), [("3m", 10), ("10s", 10), ("4.2s", 5), ("1s", 1)])
def test_a_query_frontend_waits_no_longer_than_a_query_may_take(timeout: str, seconds: int) -> None:
    assert rendered(timeout=timeout) == GRACES | {"query-frontend": seconds}


@pytest.mark.parametrize(("delay", "seconds"), [("20s", 20), ("1500ms", 2), ("0s", 0)])
def test_a_shutdown_delay_comes_on_top(delay: str, seconds: int) -> None:
    delayed = rendered(extraConfig={"tempo": {"shutdown_delay": delay}})
    assert delayed == {component: grace + seconds for component, grace in GRACES.items()}
