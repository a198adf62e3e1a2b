"""What fails a trial: refusals, queues, slow queries, what Tempo says it lost; and who does not answer is not zero."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from bench.counting import Losses, block_counts, blocks_between, known_blocks
from bench.mixes import MIXES
from bench.trials import (
    QUERY_PART,
    QUERY_WAITS_SECONDS,
    TOO_SLOW,
    Measured,
    Plane,
    failures_of,
    part_in_time,
    too_many_are_slow,
)
from bench.watching import Seen, Use
from sandbox.load import SMALL, Pushed, Queried
from sandbox.load.answers import OK, Answer
from sandbox.load.querying import QueryAnswer

SECONDS, REQUESTS = 8.0, 800  # 10,000 spans a second
RATE = REQUESTS * SMALL.spans_per_request / SECONDS
WELL = Use(10, 100, 0.0, 1, 2, 0, 0)


def pushed(slower: float = 0.0, late: int = 0, code: str = OK) -> Pushed:
    """A push in which answers come by so much slower than requests, in parts of the time."""
    sent = [number / 100 for number in range(REQUESTS)]
    answers = tuple(Answer(number, at, 0.02 + slower * at, code) for number, at in enumerate(sent))
    return Pushed(SMALL, 1, SECONDS, answers, late, 0, 0.1)


def measured(
    own: Pushed | None = None, statuses: tuple[str, ...] = (), seen: Seen | None = None, seconds: float = SECONDS
) -> Measured:
    slow = {TOO_SLOW: QUERY_WAITS_SECONDS}
    answers = tuple(QueryAnswer(0.0, slow.get(status, 0.1), status) for status in statuses)
    seen = seen or Seen({"ingester-0": WELL}, {}, [], 1.0, None)
    return Measured(RATE, seconds, own, Queried(answers), seen, 5.0)


def test_a_rate_that_is_answered_as_it_is_sent_holds() -> None:
    assert failures_of(pushed(), RATE, SECONDS) == []
    assert measured(pushed(), ("200",) * 20).verdict.held


@pytest.mark.parametrize("above", [0.1, 0.2])
def test_a_rate_above_what_is_taken_does_not_hold_because_answers_queue_up(above: float) -> None:
    [reason] = failures_of(pushed(slower=above), RATE, SECONDS)
    assert re.fullmatch(r"\d+% acknowledged after the end", reason)


def test_what_could_not_be_offered_in_time_fails_beyond_one_part_in_a_hundred() -> None:
    assert failures_of(pushed(late=700), RATE, SECONDS) == []
    assert failures_of(pushed(late=8000), RATE, SECONDS) == ["late 10%"]


def test_a_refusal_a_failed_query_and_a_lost_span_each_fail_a_trial() -> None:
    assert measured(pushed(code="UNAVAILABLE")).failures == ["refused 80000 UNAVAILABLE"]
    assert measured(pushed(), ("200", "503")).failures == ["queries failed {'503': 1}"]
    lost = Seen({"ingester-0": WELL}, {"ingester-0: live_traces_exceeded": 3}, [], 1.0, None)
    assert measured(pushed(), seen=lost).failures == ["lost 3 (ingester-0: live_traces_exceeded)"]


def test_what_the_end_of_a_push_leaves_is_not_named_as_the_reason_of_it() -> None:
    seen = Seen({"ingester-0": WELL}, {"distributor-0: receiver_refused_spans": 100}, [], 1.0, None)
    assert measured(None, (TOO_SLOW,) * 3, seen).failures[0] == "queries p95 3.0 s"
    assert measured(pushed(), seen=seen).failures == ["lost 100 (distributor-0: receiver_refused_spans)"]


def test_who_does_not_say_what_it_lost_fails_a_trial() -> None:
    assert not measured(pushed(), seen=Seen({"ingester-0": WELL}, {}, ["ingester-0"], 1.0, None)).verdict.held


def test_a_push_that_was_cut_short_never_holds() -> None:
    assert measured(None).failures == ["ended early"]
    assert measured(None).as_record()["acknowledged"] == 0


def test_of_few_queries_one_may_be_slow_and_a_query_without_an_answer_is_a_slow_one() -> None:
    assert measured(pushed(), (TOO_SLOW, *("200",) * 5)).failures == []
    assert measured(pushed(), (TOO_SLOW, TOO_SLOW, *("200",) * 5)).failures == ["queries p95 3.0 s"]
    slow = [QueryAnswer(0.0, 2.0, "200")] * 3
    assert not too_many_are_slow(slow, asked=60)
    assert too_many_are_slow(slow, asked=40)


def test_of_a_few_seconds_a_fourth_of_the_queries_may_be_slow_and_of_a_minute_one_of_twenty() -> None:
    answers = (*(TOO_SLOW,) * 3, *("200",) * 9)
    assert measured(pushed(), answers).verdict.held
    assert not measured(pushed(), (TOO_SLOW, *answers)).verdict.held
    assert part_in_time(60) == QUERY_PART


AT_THE_END = Seen({"ingester-0": WELL}, {"distributor-0: receiver_refused_spans": 100}, [], 1.0, None)
SLOW = measured(None, (TOO_SLOW,) * 9, AT_THE_END, 60)
REFUSED_BEFORE = replace(SLOW, lost_before_its_end=True)
FEW_OF_MANY = replace(measured(None, (TOO_SLOW,) * 2 + ("200",) * 8, AT_THE_END, 60), asked=60)


@pytest.mark.parametrize(
    ("seconds", "first", "tried", "held"),
    [
        (60, SLOW, 2, True),
        (8, SLOW, 1, False),  # a step is no minute
        (60, measured(None, (TOO_SLOW,) * 9 + ("503",), AT_THE_END, 60), 1, False),
        (60, measured(pushed(code="UNAVAILABLE"), seconds=60), 1, False),
        (60, measured(None, seconds=60), 1, False),
        (60, REFUSED_BEFORE, 1, False),
        (60, FEW_OF_MANY, 1, False),  # ended by something else: of 60, three may be slow
        (60, measured(pushed()), 1, True),
    ],
)
def test_a_minute_that_slow_queries_alone_fail_is_tried_once_more(
    monkeypatch: pytest.MonkeyPatch, seconds: float, first: Measured, tried: int, held: bool
) -> None:
    found = iter((first, measured(pushed())))
    monkeypatch.setattr(Plane, "settle", lambda *_: True)
    monkeypatch.setattr(Plane, "measure", lambda *_: next(found))
    plane = Plane(Tempo(), MIXES["query"], SMALL, print)  # type: ignore[arg-type] # nobody asks it
    assert plane(RATE, seconds).held is held
    assert len(plane.trials) == tried
    assert plane.repeated == tried - 1


def test_two_such_minutes_do_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plane, "settle", lambda *_: True)
    monkeypatch.setattr(Plane, "measure", lambda *_: SLOW)
    plane = Plane(Tempo(), MIXES["query"], SMALL, print)  # type: ignore[arg-type] # nobody asks it
    assert not plane(RATE, 60).held
    assert len(plane.trials) == 2


@dataclass
class Tempo:
    """Answers with what it was given, or not at all."""

    texts: dict[str, str] = field(default_factory=dict)

    def named(self, component: str) -> list[str]:
        return [f"{component}-0"]

    def metrics(self, name: str) -> str:
        return self.texts.get(name, "")


def test_every_mix_and_trial_asks_for_the_traces_that_were_pushed_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """One in a block costs a querier many times what one costs that an ingester still has."""
    pushes = iter((b"first", b"second"))

    @contextmanager
    def push(*_: object) -> Iterator[Any]:
        yield SimpleNamespace(wait=lambda: SimpleNamespace(trace_ids=[next(pushes)]))

    monkeypatch.setattr(Plane, "_push", push)
    tempo: Any = Tempo()
    first = Plane(tempo, MIXES["balanced"], SMALL, print)
    first.warm_up(RATE, 3)
    second = Plane(tempo, MIXES["query"], SMALL, print, first.ids)
    second.warm_up(RATE, 3)
    assert first.ids == second.ids == [b"first"]
    assert list(pushes) == []


def test_a_querier_s_blocks_are_counted_over_all_tenants() -> None:
    lengths = 'tempodb_blocklist_length{tenant="a"} 2\ntempodb_blocklist_length{tenant="b"} 1\n'
    texts: Any = Tempo({"querier-0": lengths})
    assert known_blocks(texts) == 3
    nobody: Any = Tempo()
    assert known_blocks(nobody) == 0


def discarded(count: int) -> str:
    return f'tempo_discarded_spans_total{{reason="live_traces_exceeded",tenant="x"}} {count}\n'


def test_losses_are_counted_from_the_first_answer_on_and_no_answer_is_unknown() -> None:
    tempo = Tempo({"distributor-0": "up 1"})
    losses = Losses(tempo)  # type: ignore[arg-type] # of which it asks no more than that
    assert losses.unknown == ["ingester-0"]
    tempo.texts["ingester-0"] = discarded(40)  # from before, for all that is known
    assert not losses.look()
    tempo.texts["ingester-0"] = discarded(45)
    assert losses.look()
    assert losses.gone == {"ingester-0: live_traces_exceeded": 5}
    tempo.texts["ingester-0"] = ""
    losses.last_look()
    assert losses.unknown == ["ingester-0"]
    assert losses.gone == {"ingester-0: live_traces_exceeded": 5}


def test_blocks_are_counted_over_a_load() -> None:
    def texts(flushed: int, compacted: int) -> Tempo:
        of_ingester = (
            f"tempo_ingester_blocks_flushed_total {flushed}\ntempo_ingester_flush_size_bytes_sum {flushed}e+06\n"
        )
        of_compactor = (
            f'tempodb_compaction_blocks_total{{level="0"}} {compacted}\n'
            f'tempodb_compaction_blocks_total{{level="1"}} 1\ntempodb_compaction_outstanding_blocks{{tenant="x"}} 7\n'
        )
        return Tempo({"ingester-0": of_ingester, "compactor-0": of_compactor})

    before, after = (block_counts(tempo) for tempo in (texts(3, 2), texts(5, 8)))  # type: ignore[arg-type]
    wanted = {"flushed": 2, "mean_bytes": 1_000_000, "compacted": 6, "outstanding": 7}
    assert blocks_between(before, after) == wanted
    assert block_counts(Tempo({"ingester-0": "up 1"})) is None  # type: ignore[arg-type]
    assert blocks_between(None, after) is None
