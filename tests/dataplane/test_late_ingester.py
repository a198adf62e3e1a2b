"""An ingester that does not answer for some seconds, as while it completes a block, costs no push."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.load import SMALL, Pushing
from tests.dataplane.conftest import StartTempo
from tests.support.dataplane.measured import Measured
from tests.support.dataplane.quick import STARTS_AT_ONCE, quick
from tests.support.dataplane.under_load import under_way

STILL_SECONDS = 3.0  # longer than Tempo's own patience and the time until somebody asks, shorter than the plan's
TOTAL = {"total": {"limits": {"cpu": "1", "memory": "2Gi"}}}
ASKED_EVERY_SECOND = {"checkinterval": "1s"}  # by Tempo's own every 15


@contextmanager
def still(pid: int) -> Iterator[None]:
    """A process that does nothing, for the length of a block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(
    ("said", "refused"), [({}, False), ({"healthchecktimeout": "1s"}, True)], ids=["planned", "Tempo's own"]
)
def test_pushes_wait_for_an_ingester_that_answers_late(
    said: dict[str, str], refused: bool, start_tempo: StartTempo, measured: Measured
) -> None:
    """With Tempo's own patience, which a user may say, its connection is closed, and what is under way there ends."""
    pool = {"ingester_client": {"pool_config": ASKED_EVERY_SECOND | said}}
    spec = {"resources": TOTAL, "extraConfig": {"tempo": quick(STARTS_AT_ONCE, pool)}}
    with start_tempo(spec) as tempo:
        ingester = tempo.process("ingester-0")
        assert ingester
        with Pushing.start(tempo.otlp_grpcs, SMALL, spans_per_second=500, seconds=3 * STILL_SECONDS) as pushing:
            under_way(tempo, pushing, spans=500)
            with still(ingester.pid):
                time.sleep(STILL_SECONDS)  # the condition itself: nothing is waited for
            pushed = pushing.wait()
    measured(pushed)
    assert bool(pushed.refused) == refused, pushed.refusals
    assert pushed.not_retryable == 0
    longest = max(answer.latency_seconds for answer in pushed.answers)
    assert refused or longest > STILL_SECONDS / 2  # it was noticed
