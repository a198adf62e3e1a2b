"""What the overloads say together, for the README and docs/measured.md: by size of traces and stack."""

from collections.abc import Iterable, Sequence

from bench.records import Record
from bench.splits import OPERATOR, OURS
from bench.summary import NOTHING, between
from ops.markdown import LEFT, RIGHT, table_text

ANSWERS_WITHIN_SECONDS = 15.0  # of a small search; 10 s are promised
SIZE_OF_LOSSES = "small"  # the traces that a stack without limits of its own takes and then drops
COLUMNS = (
    ("traces", LEFT),
    ("stack", LEFT),
    ("acknowledged", RIGHT),
    ("refused, may be sent again", RIGHT),
    ("acknowledged and lost", RIGHT),
    ("OOM kills", RIGHT),
    ("a small search is answered after", LEFT),
)

Runs = dict[tuple[str, str], list[Record]]  # (traces, split) -> rounds


def of_last_stack(records: Iterable[Record], *, own_executables: bool = False) -> list[Record]:
    """Returns the overloads of the machine, version and load measured last, and of each split's last stack."""
    every = [each for each in records if "error" not in each and each["own_executables"] == own_executables]
    last = {each["split"]: each["fingerprint"] for each in every}
    alike = ("hardware", "tempo", "total", "bytes_per_second")
    same = [each for each in every if all(each[key] == every[-1][key] for key in alike)]
    return [each for each in same if each["fingerprint"] == last[each["split"]]]


def newest(records: Iterable[Record]) -> list[Record]:
    """Returns those of the last stacks whose round has every split, so that splits are compared side by side."""
    same = of_last_stack(records)
    splits = {each["split"] for each in same}
    whole = {each["round"] for each in same if splits == {e["split"] for e in same if e["round"] == each["round"]}}
    return [each for each in same if each["round"] in whole]


def markdown(records: Sequence[Record]) -> str:
    """A row for each size of traces and stack: of the rounds, the least and the most."""
    if not records:
        return NOTHING
    rows = []
    for (shape, split), rounds in _runs(records).items():
        counted = [*(_counts(rounds, key) for key in ("acknowledged", "retryable", "lost")), _killed(rounds)]
        figures = [between(each, ",.0f") if each else "nobody to ask" for each in counted]
        rows.append([shape, split, *figures, _answered(rounds)])
    return f"{table_text(COLUMNS, rows)}\n\n{_caption(records)}"


def sentence(records: Sequence[Record]) -> str:
    """What the README says of them."""
    if not records:
        return NOTHING
    ours, theirs = ([each for each in records if each["split"] == split] for split in (OURS, OPERATOR))
    small = [each for each in theirs if each["shape"] == SIZE_OF_LOSSES and each["lost"] is not None]
    losses = [100 * each["lost"] / each["acknowledged"] for each in small]
    dead = sum(bool(each["oom_kills"]) for each in theirs)
    rounds, sizes = _many(records, "round"), _many(records, "shape")
    killed, lost = _bad("OOM-killed", _killed(ours)), _bad("acknowledged and lost", _counts(ours, "lost"))
    shared = "" if records[-1]["own_executables"] else ", the processes sharing Tempo's executable"
    said = (
        f"At three times the rate that our plan lets in, with heavy queries on top{shared}, {killed} and {lost} in "
        f"{len(ours)} runs, {rounds} rounds of {sizes} sizes of traces; of "
        f"{between([each['heavy_queries'] for each in ours], '.0f')} heavy queries a run, "
        f"{between(_answers(ours), '.0f')} were answered meanwhile."
    )
    if losses:
        said += (
            " With tempo-operator's numbers and settings the same load cost "
            f"{between(losses, '.0f')} % of the acknowledged spans of small traces, something was OOM-killed in "
            f"{dead} of {len(theirs)} runs, and {between(_answers(theirs), '.0f')} were answered."
        )
    return f"{said} ([Data](docs/measured.md#overload).)"


def _answers(rounds: Sequence[Record]) -> list[int]:
    """Heavy queries, of each run."""
    return [each["heavy_queries"] - sum(each["heavy_failures"].values()) for each in rounds]


def _bad(what: str, counts: Sequence[int]) -> str:
    return f"{sum(counts) or 'nothing'} {'were' if sum(counts) > 1 else 'was'} {what}"


def _caption(records: Sequence[Record]) -> str:
    last = records[-1]
    megabytes, rounds = last["bytes_per_second"] / 1e6, _many(records, "round")
    return (
        f"{last['total']}, {megabytes:.2f} MB/s in all, {rounds} rounds; measured on {last['hardware']}, "
        f"Tempo {last['tempo']}, {last['time'][:10]}. Spans, the least–the most of the rounds."
    )


def _runs(records: Iterable[Record]) -> Runs:
    found: Runs = {}
    for each in records:
        found.setdefault((each["shape"], each["split"]), []).append(each)
    shapes = list(dict.fromkeys(shape for shape, _ in found))
    return dict(sorted(found.items(), key=lambda item: (shapes.index(item[0][0]), item[0][1] != OURS)))


def _answered(rounds: Sequence[Record]) -> str:
    seconds = [each["answers_after_seconds"] for each in rounds]
    known = [each for each in seconds if each is not None]
    never = len(seconds) - len(known)
    said = [f"{between(known, '.1f')} s"] if known else []
    return ", ".join(said + ([f"{never} of {len(seconds)} not within {ANSWERS_WITHIN_SECONDS:.0f} s"] if never else []))


def _many(records: Iterable[Record], key: str) -> int:
    return len({each[key] for each in records})


def _counts(rounds: Sequence[Record], key: str) -> list[int]:
    """Where it is known: of a stack that died, nobody can be asked what it lost."""
    return [each[key] for each in rounds if each[key] is not None]


def _killed(rounds: Sequence[Record]) -> list[int]:
    return [sum(each["oom_kills"].values()) for each in rounds]
