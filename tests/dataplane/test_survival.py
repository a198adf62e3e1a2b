"""With three copies of each trace no crash, no full disk and no lost store costs an acknowledged span."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sandbox.cgroups import Cgroup, Limits
from sandbox.load import SMALL, Pushed, Pushing, flush, read_back
from sandbox.tempo_processes import Tempo
from tests.dataplane.conftest import StartTempo, wait_for_ring
from tests.support.dataplane import small_disks
from tests.support.dataplane.measured import Measured
from tests.support.dataplane.quick import BLOCKS_ARE_KNOWN_AT_ONCE, STARTS_AT_ONCE, quick
from tests.support.dataplane.traces import eventually
from tests.support.dataplane.under_load import (
    all_ready,
    counted,
    intake,
    needs_limits,
    seconds_until,
    under_way,
    used,
)

pytestmark = needs_limits

WITH_SMALL_DISK = "ingester-1"
SPEC = {
    "replicationFactor": 3,
    "resources": {"total": {"limits": {"cpu": "2", "memory": "2Gi"}}},
    "template": {"ingester": {"replicas": 3}},
    "extraConfig": {"tempo": quick(STARTS_AT_ONCE, BLOCKS_ARE_KNOWN_AT_ONCE)},
}
SECONDS = 8.0
SMALL_DISK_BYTES = 64 * 2**20
MEMORY_LEFT_BYTES = 2**20
RECOVERS_WITHIN_SECONDS = 90
FLUSHED = "tempo_ingester_blocks_flushed_total"
NO_SPACE = "no space left on device"


@pytest.fixture(scope="module")
def tempo(start_tempo: StartTempo) -> Iterator[Tempo]:
    """The data of one ingester is on a disk of its own, which is small."""
    with start_tempo(SPEC, limits=True) as running:
        if small_disks.missing() is None:
            small_disks.give(running, WITH_SMALL_DISK, SMALL_DISK_BYTES)
        yield running


@pytest.fixture(scope="module")
def told() -> dict[str, Pushed]:
    """What was pushed while something happened, by what it was."""
    return {}


@contextmanager
def loaded(
    tempo: Tempo, told: dict[str, Pushed], event: str, measured: Measured, seconds: float = SECONDS
) -> Iterator[Pushing]:
    """A modest load around an event; who is refused may come again.

    It begins once everything before it is written, and everyone has heard that all ingesters are back: copies on three
    outlive one failure, not two at once.
    """
    wait_for_ring(tempo)
    live = "tempo_ingester_live_traces"
    eventually("all is written", lambda: not any(counted(tempo, name, live) for name in tempo.named("ingester")))
    rate = intake(tempo).rate_bytes / SMALL.span_bytes / 3
    with Pushing.start(tempo.otlp_grpcs, SMALL, spans_per_second=rate, seconds=seconds) as pushing:
        under_way(tempo, pushing, spans=2000)
        yield pushing
        told[event] = pushed = pushing.wait()
    measured(pushed)
    assert pushed.acknowledged
    assert pushed.not_retryable == 0, pushed.refusals


def test_an_ingester_killed_at_its_memory_limit_comes_back(
    tempo: Tempo, told: dict[str, Pushed], measured: Measured
) -> None:
    name = "ingester-2"  # which has just started: what it needs grows with the first spans
    usage, group = tempo.usage(name), tempo.cgroup(name)
    assert group
    with loaded(tempo, told, "memory runs out", measured, seconds=14):
        try:
            eventually("the kernel takes the limit", lambda: squeezed(group, usage.oom_kills))
            eventually("the kernel kills it", lambda: group.read().oom_kills > usage.oom_kills)
        finally:
            group.create(Limits(usage.cpu_limit_millicores, usage.memory_limit_bytes))
        seconds = seconds_until("all are ready", lambda: all_ready(tempo), RECOVERS_WITHIN_SECONDS)
        measured(f"ready again after {seconds:.1f} s")


def test_an_ingester_killed_under_load_comes_back(tempo: Tempo, told: dict[str, Pushed], measured: Measured) -> None:
    with loaded(tempo, told, "an ingester is killed", measured):
        tempo.kill("ingester-0")
        seconds = seconds_until("all are ready", lambda: all_ready(tempo), RECOVERS_WITHIN_SECONDS)
        measured(f"ready again after {seconds:.1f} s")
    assert tempo.usage("ingester-0").restarts == 1


def test_blocks_that_a_store_did_not_take_are_there_after_it_is_back(
    tempo: Tempo, told: dict[str, Pushed], measured: Measured
) -> None:
    ingesters = tempo.named("ingester")
    flushed = {name: counted(tempo, name, FLUSHED) for name in ingesters}
    with loaded(tempo, told, "the store is restarted", measured):
        tempo.stop("minio", grace_seconds=0)
        flush(tempo)
        failed = "tempo_ingester_failed_flushes_total"
        eventually("a flush that fails", lambda: any(counted(tempo, name, failed) for name in ingesters))
        tempo.start("minio")
        seconds = seconds_until(
            "a block of each in the store",
            lambda: all(counted(tempo, name, FLUSHED) > flushed[name] for name in ingesters),
            RECOVERS_WITHIN_SECONDS,
        )
        measured(f"flushed {seconds:.1f} s after the store was back")
    assert all_ready(tempo)


@pytest.mark.skipif(small_disks.missing() is not None, reason=str(small_disks.missing()))
def test_an_ingester_with_a_full_disk_is_well_after_it_has_room_and_has_started_anew(
    tempo: Tempo, told: dict[str, Pushed], measured: Measured
) -> None:
    """Tempo 2.9 does not write again by itself: the writer of its WAL repeats its first error, room or not."""
    name = WITH_SMALL_DISK
    with loaded(tempo, told, "a disk is full", measured, seconds=16):
        with full_disk(small_disks.seen(tempo, name)):
            log = tempo.folder / f"{name}.log"
            eventually("a write that fails", lambda: NO_SPACE in log.read_text("utf-8", "replace"))
        tempo.kill(name)
        seconds = seconds_until("all are ready", lambda: all_ready(tempo), RECOVERS_WITHIN_SECONDS)
        measured(f"ready again {seconds:.1f} s after it had room and was killed")
    flush(tempo)
    seconds = seconds_until("a block in the store", lambda: counted(tempo, name, FLUSHED) > 0, RECOVERS_WITHIN_SECONDS)
    measured(f"its block in the store {seconds:.1f} s after the load")


def test_no_acknowledged_span_was_lost_by_any_of_it(tempo: Tempo, told: dict[str, Pushed], measured: Measured) -> None:
    """Read from the store, too: of three ingesters Tempo hears the first two. Where of the two that took a trace one
    lost it, the other has to read it, answers after those that have nothing, and is not heard."""
    measured(used(tempo))
    assert told
    flush(tempo)
    lost = {event: read_back(tempo, pushed, within_seconds=60) for event, pushed in told.items()}
    for event, each in lost.items():
        measured(f"{event}: {each}")
    assert not any(lost.values())


def squeezed(group: Cgroup, oom_kills: int) -> bool:
    """Whether a group is held to hardly more than it uses, or one of it was killed for that.

    Version 1 refuses a limit below what is used while it frees pages of files: it may be asked again.
    """
    used = group.read()
    if used.oom_kills > oom_kills:
        return True
    try:
        group.create(Limits(used.cpu_limit_millicores, used.memory_bytes + MEMORY_LEFT_BYTES))
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return False
    return True


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Something that takes all the room there is, as blocks do until Tempo may remove them."""
    file = folder / "everything-else"
    try:
        with suppress(OSError), file.open("wb", buffering=0) as everything:
            while everything.write(bytes(2**16)):
                pass
        yield
    finally:
        file.unlink()
