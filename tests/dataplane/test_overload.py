"""Three times what the plan lets in, and heavy queries on top: senders are asked to come again, nobody dies of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from allocation import allocate
from sandbox.load import FLUSHING, OVERLOAD, SIZES, SMALL, Intake, Overload, fill, flush, overload, read_back
from sandbox.tempo_processes import Tempo
from settings import load_file
from tests.dataplane.conftest import StartTempo
from tests.support.dataplane.measured import Measured
from tests.support.dataplane.quick import BLOCKS_ARE_SEARCHED_AT_ONCE, STARTS_AT_ONCE, quick
from tests.support.dataplane.traces import eventually
from tests.support.dataplane.under_load import counted, intake, killed, needs_limits, used

pytestmark = needs_limits

BLOCKS_ARE_KNOWN_SOON = {"storage": {"trace": {"blocklist_poll": "5s"}}}  # at once would take much of a querier's cpu
SPEC = {
    "storage": {"secret": {"name": "minio", "type": "s3"}},
    "storageSize": "20Gi",
    "resources": {"total": {"limits": {"cpu": "1", "memory": "2Gi"}}},
    # With an executable of its own it gets ready in 85 MiB, but in 128 heavy queries make it read that again and again,
    # for minutes after them. What this costs, the others go without.
    "template": {"queryFrontend": {"component": {"resources": {"limits": {"memory": "256Mi"}}}}},
    "extraConfig": {"tempo": quick(STARTS_AT_ONCE, BLOCKS_ARE_SEARCHED_AT_ONCE, BLOCKS_ARE_KNOWN_SOON)},
}
SECONDS = 12.0
ANSWERED_OR_GIVEN_UP = {"200", "429", "ReadTimeoutError"}  # the last by whoever asked; none by a process that died
FILL_SECONDS = 5.0


@pytest.fixture(scope="module")
def tempo(start_tempo: StartTempo) -> Iterator[Tempo]:
    with start_tempo(SPEC, limits=True, own_executables=True) as running:
        yield running


@pytest.fixture(scope="module")
def let_in(tempo: Tempo) -> Intake:
    return intake(tempo)


@pytest.fixture(scope="module")
def overloads(tempo: Tempo, let_in: Intake) -> dict[str, Overload]:
    """One after the other, as small traces and large ones come to a Tempo that has not had time to rest.

    There is a block from before, and another is completed in the middle of the second; from then on both are there to
    be merged, and for the heavy queries to read. All together are longer than a trace stays in memory, so that there is
    as much in it as there ever is.
    """
    assert fill(tempo, SMALL, let_in.rate_bytes, FILL_SECONDS), "the queries would find nothing"
    flush(tempo)
    rate = OVERLOAD * let_in.rate_bytes
    return {s: overload(tempo, shape, rate, SECONDS, flushing=s == FLUSHING) for s, shape in SIZES.items()}


def test_no_disk_bounds_what_the_plan_lets_in(let_in: Intake, tmp_path: Path) -> None:
    """Else three times as much would be less than cpu and memory carry."""
    file = tmp_path / "spec.yaml"
    file.write_text(yaml.safe_dump(SPEC | {"storageSize": "1Ti"}))
    rates = [each.value for each in allocate(load_file(file)).tuning if each.key == "ingestion.rate_limit_bytes"]
    assert rates == [let_in.rate_bytes]


def test_a_block_was_completed_meanwhile_and_is_merged(tempo: Tempo, overloads: dict[str, Overload]) -> None:
    flushed, merged = "tempo_ingester_blocks_flushed_total", "tempodb_compaction_blocks_total"
    eventually("every block in the bucket", lambda: counted(tempo, "ingester-0", flushed) >= 2, 60)
    eventually("blocks merged", lambda: counted(tempo, "compactor-0", merged) > 0, 120)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_too_much_is_refused_for_now_and_as_much_as_the_plan_lets_in_is_taken(
    let_in: Intake, overloads: dict[str, Overload], size: str, measured: Measured
) -> None:
    pushed = overloads[size].pushed
    taken = (pushed.acknowledged_bytes - let_in.burst_bytes) / SECONDS / let_in.rate_bytes
    measured(f"{pushed}; {taken:.0%} of the rate that is let in, without the burst")
    # A slow machine does not offer all spans on time: the most requests that may be under way wait for answers.
    assert pushed.refused + pushed.late > pushed.acknowledged, "this was no overload"
    assert pushed.refused > pushed.acknowledged / 2, "this was no overload"
    assert pushed.not_retryable == 0, pushed.refusals
    assert taken > 0.8


@pytest.mark.parametrize("size", SIZES)
def test_queries_are_answered_again_within_10_s_of_the_end(
    overloads: dict[str, Overload], size: str, measured: Measured
) -> None:
    answers_after = overloads[size].answers_after_seconds
    measured(f"heavy: {overloads[size].heavy}; a small one again after {answers_after or 60:.1f} s")
    assert {each.status for each in overloads[size].heavy.answers} <= ANSWERED_OR_GIVEN_UP
    assert answers_after is not None
    assert answers_after < 10


@pytest.mark.parametrize("size", SIZES)
def test_no_acknowledged_span_is_lost(
    tempo: Tempo, overloads: dict[str, Overload], size: str, measured: Measured
) -> None:
    lost = read_back(tempo, overloads[size].pushed, within_seconds=60)
    measured(lost)
    assert lost.traces
    assert not lost, lost


def test_nothing_is_killed(tempo: Tempo, overloads: dict[str, Overload], measured: Measured) -> None:
    measured(used(tempo))
    assert not any(each.dead for each in overloads.values())
    assert killed(tempo) == []
