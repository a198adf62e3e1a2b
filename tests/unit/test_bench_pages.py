"""What the pages show of the benchmarks is what the data say, and tables have the least and the most of the rounds."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench import best_split_report, figure, generator, overload_report, throttling_report
from bench.records import PROJECT, Record

ORIGIN = {"hardware": "2 × X", "tempo": "v2.9.0", "time": "2026-01-02T03:04:05+00:00", "fingerprint": "a"}


def overload(split: str, number: int, shape: str = "small", **changed: Any) -> Record:
    """One overload's line, as far as anybody reads it."""
    return {
        **ORIGIN,
        "round": number,
        "total": "1/2Gi",
        "split": split,
        "own_executables": False,
        "bytes_per_second": 7_500_000,
        "shape": shape,
        "acknowledged": 1000 + number,
        "retryable": 2000,
        "lost": 0,
        "oom_kills": {},
        "heavy_queries": 40,
        "heavy_failures": {"ReadTimeoutError": 35 + number, "ProtocolError": 1},
        "answers_after_seconds": float(number),
        **changed,
    }


BAD: Record = {"lost": 500, "oom_kills": {"query-frontend-0": 1}, "answers_after_seconds": None}
OVERLOADS = [
    overload("operator", 1, lost=250),
    overload("operator", 2, **BAD),
    *(overload("ours", number) for number in (1, 2)),
]


def run(threads: str, number: int, cpu: float, **changed: Any) -> Record:
    """One run's line, with GOMAXPROCS or without."""
    uses: Mapping[str, Any] = {
        "minio": {"cpu_limit_millicores": 1000, "cpu_millicores": 1, "throttled": 0},
        "ingester-0": {"cpu_limit_millicores": 210, "cpu_millicores": cpu, "throttled": 0.05},
    }
    latencies = {f"{kind}_seconds": 0.004 for kind in throttling_report.LATENCIES}
    load = {
        "total": "500m/1Gi",
        "split": "ours",
        "spans_per_second": 3000.0,
        "wanted_seconds": 60.0,
        "block_seconds": 30,
    }
    return {**ORIGIN, **load, "round": number, "threads": threads, "uses": uses, **latencies, **changed}


def test_pages_and_figure_are_what_the_data_say(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["figure", "--check"])
    assert figure.main() == 0, capsys.readouterr().out


def check_changed(monkeypatch: pytest.MonkeyPatch, folder: Path, old: str, new: str) -> int:
    """What the check of the pages ends with where one of them says something else."""
    changed = folder / "measured.md"
    changed.write_text((PROJECT / "docs/measured.md").read_text("utf-8").replace(old, new))
    monkeypatch.setattr(figure, "PAGE", changed)
    monkeypatch.setattr(sys, "argv", ["figure", "--check"])
    return figure.main()


def test_a_page_that_says_something_else_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert check_changed(monkeypatch, tmp_path, "| small | ours |", "| small | us |") == 1
    assert capsys.readouterr().out.endswith("measured.md is not what the data say: make figure\n")


def test_a_page_without_its_section_is_told_in_lines_to_write(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert check_changed(monkeypatch, tmp_path, "<!-- /threads -->", "") == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "measured.md has no section threads; write these lines where it goes:"
    assert said[1:] == ["<!-- threads: made by `make figure` -->", "<!-- /threads -->"]


def test_of_searches_for_the_best_split_the_last_of_each_load_is_told_where_it_began_first() -> None:
    def limits(querier: int) -> dict[str, tuple[int, int]]:
        cpu = {"distributor": 200, "ingester": 420, "compactor": 90, "querier": querier, "query-frontend": 90}
        return {name: (millicores, 2**28) for name, millicores in cpu.items()}

    what = {"total": "1/2Gi", "mixes": ["query", "ingest"], "block_seconds": 60, "seconds": 60.0, "warm_up": 2.5}
    search = {**ORIGIN, **what, "ours": limits(200), "first": 11_661}

    def tried(querier: int, rate: int, failed: str | None = None, **changed: Any) -> Record:
        end = {"failed": failed, "binding": "a cpu 99%" if failed else "", "valid": True}
        return {**search, "limits": limits(querier), "rate": rate, **end, **changed}

    of_old = tried(200, 9_000)
    del of_old["first"]
    before = [
        of_old,
        tried(200, 8_000, hardware="8 × Y"),
        tried(200, 7_000, fingerprint="as it was"),
        tried(200, 6_000, ours=limits(300)),
    ]
    records = [
        tried(90, 12_244, "query: compactor-0 did not come back", binding=""),
        tried(200, 11_661),
        tried(200, 11_661),
        tried(200, 12_244, "ingest: lost 1"),
        tried(70, 12_244, "query: late 9%", valid=False),
        {**search, "end": "it was interrupted"},
        {**search, "end": "every move was tried"},
    ]
    other = tried(90, 5_000, total="500m/1Gi")
    searches = best_split_report.newest([*before, other, *records])
    assert list(searches.values()) == [[before[1]], records, [other]]
    rows = best_split_report.markdown(best_split_report.newest(records)).splitlines()
    assert rows[2:-2] == [
        "| 200/256 | 420/256 | 90/256 | 200/256 | 90/256 | 11,661 × 2 | 12,244 | ingest: lost 1; a cpu 99% |",
        "| 200/256 | 420/256 | 90/256 | 90/256 | 90/256 | - | 12,244 | query: compactor-0 did not come back |",
    ]
    assert "for 60 s under each of `query`, `ingest`; 1/2Gi, ours first. Of the search: every move was" in rows[-1]
    assert "Measured on 2 × X, Tempo v2.9.0, 2026-01-02." in rows[-1]
    assert "Of the search: no end yet. " in best_split_report.markdown(best_split_report.newest(records[:5]))
    assert best_split_report.markdown({}) == "nothing measured yet"


def test_of_the_generator_the_rounds_of_the_last_machine_are_told() -> None:
    def pushed(rate: int, **changed: Any) -> Record:
        return {**ORIGIN, "workers": 2, "seconds": 10.0, "rate": rate, "generator_millicores": rate // 200, **changed}

    records = [pushed(150_000), pushed(170_000), pushed(160_000)]
    assert generator.newest([pushed(1, hardware="8 × Y"), pushed(2, workers=1), *records]) == records
    said = generator.sentence(records)
    assert said.startswith(
        "The generator pushed 160,000 (150,000–170,000) spans/s from 2 processes, taking 800 (750–850) "
    )
    assert said.endswith("(3 rounds; 2 × X, 2026-01-02).")
    assert generator.sentence(records, most_held=13_000).endswith("That is 12 times the most that any split held here.")
    assert generator.sentence([]) == "nothing measured yet"


def test_a_push_of_the_generator_s_is_acknowledged_whole() -> None:
    measured = generator.measured(seconds=0.5, workers=1)
    assert measured["rate"] > 0
    assert measured["refused"] == 0


def test_overloads_are_told_by_size_and_stack_ours_first_with_the_least_and_the_most() -> None:
    rows = overload_report.markdown(OVERLOADS).splitlines()
    assert rows[2] == "| small | ours | 1,001–1,002 | 2,000 | 0 | 0 | 1.0–2.0 s |"
    assert rows[3] == "| small | operator | 1,001–1,002 | 2,000 | 250–500 | 0–1 | 1.0 s, 1 of 2 not within 15 s |"
    assert "7.50 MB/s in all, 2 rounds; measured on 2 × X" in rows[-1]


def test_the_sentence_says_what_was_killed_and_lost_of_ours_too() -> None:
    said = overload_report.sentence(OVERLOADS)
    assert "with heavy queries on top, the processes sharing Tempo's executable, nothing was OOM-killed" in said
    assert "nothing was OOM-killed and nothing was acknowledged and lost in 2 runs" in said
    assert "cost 25–50 % of the acknowledged spans" in said
    assert "OOM-killed in 1 of 2 runs, and 2–3 were answered" in said
    assert "operator" not in overload_report.sentence(OVERLOADS[2:])
    said = overload_report.sentence([*OVERLOADS, overload("ours", 3, **BAD)])
    assert "1 was OOM-killed and 500 were acknowledged and lost in 3 runs" in said


@pytest.mark.parametrize(
    "other",
    [
        {"fingerprint": "as it was"},
        {"hardware": "8 × Y"},
        {"bytes_per_second": 1},
        {"own_executables": True},
        {"error": "ingester-0: not ready"},
    ],
)
def test_what_was_measured_otherwise_is_not_among_the_newest(other: Record) -> None:
    assert overload_report.newest([overload("ours", 9, **other), *OVERLOADS]) == OVERLOADS


def test_a_round_that_is_not_whole_is_not_among_the_newest_and_a_stack_that_died_has_nobody_to_ask() -> None:
    assert overload_report.newest([*OVERLOADS, overload("ours", 3)]) == OVERLOADS
    dead = overload("ours", 1, lost=None)
    assert "| nobody to ask |" in overload_report.markdown([dead])
    assert overload_report.markdown([]) == overload_report.sentence([]) == "nothing measured yet"


def test_threads_are_told_with_the_median_the_least_and_the_most() -> None:
    records = [run(threads, number, 30 + number) for threads in throttling_report.THREADS for number in (1, 2, 6)]
    text = throttling_report.markdown(records)
    assert "| ingester-0: cpu, of 210m | 32m (31–36) | 32m (31–36) |" in text
    assert "| its scheduler periods in which it had to wait | 5.0 % (5.0) | 5.0 % (5.0) |" in text
    assert "| p95 of pushes | 4 ms (4) | 4 ms (4) |" in text
    assert "minio" not in text
    others: list[Record] = [{"fingerprint": "as it was"}, {"hardware": "8 × Y"}, {"spans_per_second": 1.0}]
    before = [run("as planned", 1, 5, **other) for other in others]
    assert throttling_report.newest([*before, *records]) == records
    assert throttling_report.markdown([]) == "nothing measured yet"
