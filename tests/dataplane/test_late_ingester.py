"""An ingester that does not answer for some seconds, as while it completes a block, costs no push."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.load import SMALL, Pushing
from tests.dataplane.conftest import StartTempo
from tests.dataplane.measured import Measured
from tests.dataplane.quick import STARTS_AT_ONCE, quick
from tests.dataplane.under_load import under_way

STILL_SECONDS = 3.0  # longer than Tempo's own patience and the time until somebody asks, shorter than the plan's
ASKED_EVERY_SECOND = {"ingester_client": {"pool_config": {"checkinterval": "1s"}}}  # by Tempo's own every 15
SPEC = {
    "resources": {"total": {"limits": {"cpu": "1", "memory": "2Gi"}}},
    "extraConfig": {"tempo": quick(STARTS_AT_ONCE, ASKED_EVERY_SECOND)},
}


@contextmanager
def still(pid: int) -> Iterator[None]:
    """A process that does nothing, for the length of a block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_pushes_wait_for_an_ingester_that_answers_late(start_tempo: StartTempo, measured: Measured) -> None:
    """By Tempo's own patience of a second its connection is closed, and all that is under way there is refused."""
    with start_tempo(SPEC) as tempo:
        ingester = tempo.process("ingester-0")
        assert ingester
        with Pushing.start(tempo.otlp_grpcs, SMALL, spans_per_second=500, seconds=3 * STILL_SECONDS) as pushing:
            under_way(tempo, pushing, spans=500)
            with still(ingester.pid):
                time.sleep(STILL_SECONDS)
            pushed = pushing.wait()
    measured(pushed)
    assert pushed.refused == 0, pushed.refusals
    assert max(answer.latency_seconds for answer in pushed.answers) > STILL_SECONDS / 2  # it was noticed
