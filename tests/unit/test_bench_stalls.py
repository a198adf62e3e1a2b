"""What a watched minute says: the seconds in which a block is completed, and what pushes and processes did in them."""

from datetime import UTC, datetime
from typing import Any

from bench import stalls_report
from bench.records import Record
from bench.stalls import SECONDS, by_second, completing
from sandbox.load.answers import Answer

BEGAN = datetime(2026, 11, 29, 22, 11, 0, tzinfo=UTC)
LOG = """\
level=info ts=2026-11-29T22:10:58.496096194Z caller=flush.go:267 msg="completing block" tenant=single-tenant block=a
level=info ts=2026-11-29T22:11:01.283719614Z caller=flush.go:283 msg="block completed" tenant=single-tenant blockID=a
level=info ts=2026-11-29T22:11:01.286961660Z caller=flush.go:334 msg="flushing block" tenant=single-tenant block=a
level=info ts=2026-11-29T22:11:20.000000000Z caller=flush.go:267 msg="completing block" tenant=single-tenant block=b
level=info ts=2026-11-29T22:11:22.999999999Z caller=flush.go:283 msg="block completed" tenant=single-tenant blockID=b
level=info ts=2026-11-29T22:11:58.100000000Z caller=flush.go:267 msg="completing block" tenant=single-tenant block=c
"""


def record(**changed: Any) -> Record:
    """A minute in whose first two seconds a block is completed."""
    uses = {"cpu_millicores": [210, 208] + [50] * (SECONDS - 2), "throttled": [1.0, 0.8] + [0.1] * (SECONDS - 2)}
    minute: Record = {
        "hardware": "2 × X",
        "tempo": "v2.9.0",
        "time": "2026-11-29T22:12:00+00:00",
        "total": "500m/1Gi",
        "split": "ours",
        "mix": "query",
        "rate": 5600.0,
        "block_seconds": 60,
        "fingerprint": "f",
        "limits": {"ingester": [210, 2**29], "distributor": [100, 2**27]},
        "completing": [0, 1],
        "median": [1.0, 2.0] + [0.003] * (SECONDS - 2),
        "longest": [4.0, 5.0] + [0.1] * (SECONDS - 2),
        "refusals": {},
        "uses": {"ingester-0": uses, "distributor-0": uses},
    }
    return minute | changed


def test_a_block_is_completed_in_every_second_between_two_lines_of_the_log() -> None:
    assert sorted(completing(LOG, BEGAN)) == [0, 1, 20, 21, 22, 58, 59]
    assert list(completing("", BEGAN)) == []


def test_a_push_counts_for_the_second_in_which_it_was_sent() -> None:
    answers = [
        Answer(0, 0.1, 0.5, "OK"),
        Answer(1, 0.9, 3.5, "CANCELLED", retryable=True),
        Answer(2, 0.2, 0.7, "OK"),
        Answer(3, 60.1, 9.0, "OK"),
    ]
    found = by_second(answers)
    assert [found[name][0] for name in ("median", "longest", "refused")] == [0.7, 3.5, 1]
    assert [found[name][1] for name in ("median", "longest", "refused")] == [0, 0, 0]
    assert found["longest"][SECONDS - 1] == 9


def test_the_table_tells_the_seconds_of_completion_from_the_others() -> None:
    text = stalls_report.markdown([record(), record(completing=[0, 1, 2], refusals={"CANCELLED": 6400})])
    assert "| seconds of each minute | 2, 3 | 58, 57 |" in text
    assert "| ingester: cpu, of 210m | 208m | 50m |" in text
    assert "| its scheduler periods in which it had to wait | 74% | 10% |" in text
    assert "| a push is answered after, median | 1.000 s | 0.003 s |" in text
    assert "| the longest | 5.0 s | 0.1 s |" in text
    assert "refused: 6,400 spans CANCELLED" in text


def test_a_minute_without_a_block_and_no_minute_at_all_are_said() -> None:
    text = stalls_report.markdown([record(completing=[])])
    assert "| the longest |  | 5.0 s |" in text
    assert "refused: nothing" in text
    assert stalls_report.markdown(stalls_report.newest([])) == "nothing measured yet"


def test_only_the_stack_and_load_that_were_watched_last_are_told() -> None:
    assert stalls_report.newest([record(fingerprint="g"), record(rate=1.0), record()]) == [record()]
