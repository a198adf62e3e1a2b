"""Three times what the plan lets in, and heavy queries on top: senders are asked to come again, nobody dies of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sandbox.load import HEAVY, KIB_10, KIB_50, KIB_250, SMALL, Pushed, Pushing, Queried, Shape, queries, read_back
from sandbox.tempo_processes import Tempo
from tests.dataplane.conftest import StartTempo
from tests.dataplane.measured import Measured
from tests.dataplane.quick import STARTS_AT_ONCE
from tests.dataplane.under_load import killed, needs_limits, rate_limit_bytes, searches_answer, seconds_until, used

pytestmark = needs_limits

SPEC = {
    "resources": {"total": {"limits": {"cpu": "2", "memory": "2Gi"}}},
    "extraConfig": {"tempo": STARTS_AT_ONCE},
}
SHAPES = {"small": SMALL, "10KiB": KIB_10, "50KiB": KIB_50, "250KiB": KIB_250}
OVERLOAD = 3
SECONDS = 10
BURST_AFTER_SPANS = 10_000
BURST_SECONDS, BURST_PER_SECOND, PATIENCE_SECONDS = 4.0, 5.0, 4.0


@dataclass(frozen=True)
class Overload:
    """What became of one."""

    pushed: Pushed
    heavy: Queried
    answers_after_seconds: float
    killed: list[str]


@pytest.fixture(scope="module")
def tempo(start_tempo: StartTempo) -> Iterator[Tempo]:
    with start_tempo(SPEC, limits=True) as running:
        yield running


@pytest.fixture(scope="module")
def overloads(tempo: Tempo) -> dict[str, Overload]:
    """One after the other, as small traces and large ones come to a Tempo that has not had time to rest."""
    return {size: overload(tempo, shape) for size, shape in SHAPES.items()}


def overload(tempo: Tempo, shape: Shape) -> Overload:
    rate = OVERLOAD * rate_limit_bytes(tempo) / shape.span_bytes
    with Pushing.start(tempo.otlp_grpcs, shape, spans_per_second=rate, seconds=SECONDS) as pushing:
        heavy = queries(
            tempo.query,
            BURST_SECONDS,
            per_second=BURST_PER_SECOND,
            searches=HEAVY,
            timeout_seconds=PATIENCE_SECONDS,
        )
        pushed = pushing.wait()
    answers_after = seconds_until("a search is answered", lambda: searches_answer(tempo))
    return Overload(pushed, heavy, answers_after, killed(tempo))


@pytest.mark.parametrize("size", SHAPES)
def test_what_is_too_much_is_refused_for_now_and_as_much_as_the_plan_lets_in_is_taken(
    tempo: Tempo, overloads: dict[str, Overload], size: str, measured: Measured
) -> None:
    pushed = overloads[size].pushed
    measured(pushed)
    assert pushed.refused > pushed.acknowledged, "this was no overload"
    assert pushed.not_retryable == 0, pushed.refusals
    assert pushed.acknowledged_bytes / SECONDS > 0.8 * rate_limit_bytes(tempo)


@pytest.mark.parametrize("size", SHAPES)
def test_queries_are_answered_again_within_10_s_of_the_end(
    overloads: dict[str, Overload], size: str, measured: Measured
) -> None:
    measured(f"heavy: {overloads[size].heavy}; small ones again after {overloads[size].answers_after_seconds:.1f} s")
    assert overloads[size].answers_after_seconds < 10


@pytest.mark.parametrize("size", SHAPES)
def test_no_acknowledged_span_is_lost(
    tempo: Tempo, overloads: dict[str, Overload], size: str, measured: Measured
) -> None:
    lost = read_back(tempo, overloads[size].pushed, within_seconds=60)
    measured(lost)
    assert lost.traces
    assert not lost, lost


def test_nothing_is_killed(tempo: Tempo, overloads: dict[str, Overload], measured: Measured) -> None:
    measured(used(tempo))
    assert {size: each.killed for size, each in overloads.items()} == {size: [] for size in SHAPES}
    assert killed(tempo) == []
