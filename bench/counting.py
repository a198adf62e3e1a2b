"""What Tempo's processes count themselves: spans they dropped, and blocks they flushed and compacted.

An answer takes cpu of their quota, so they are asked seldom; no answer is unknown, and never a zero.
"""

import re
from collections import Counter

from sandbox.tempo_processes import Tempo

# Spans that are gone. Not failed flushes, which are tried again, nor single ingesters that failed, of which others have
# copies: where none has, the sender is refused, and counts it.
_LOST = re.compile(r"^(tempo_discarded_spans_total|tempo_receiver_refused_spans)\{?([^}]*)\}? (\S+)$", re.MULTILINE)
_REASON = re.compile(r'reason="([^"]+)"')
_TRIES = 3  # for the last answer, once the load is over
BLOCKS = {  # of ingesters and compactors, summed over both; modules/ingester/flush.go and tempodb/compactor.go
    "flushed": "tempo_ingester_blocks_flushed_total",
    "flushed_bytes": "tempo_ingester_flush_size_bytes_sum",
    "compacted": "tempodb_compaction_blocks_total",
    "outstanding": "tempodb_compaction_outstanding_blocks",  # what the last cycle left; not a counter
}


class Losses:
    """Spans that distributors and ingesters say they dropped, since each was first asked."""

    def __init__(self, tempo: Tempo) -> None:
        self._tempo = tempo
        self._names = [*tempo.named("distributor"), *tempo.named("ingester")]
        self._first: dict[str, Counter[str]] = {}
        self._last: dict[str, Counter[str]] = {}
        self.unknown: list[str] = []  # who did not answer when last asked
        self.look()

    def look(self) -> bool:
        """Asks, and says whether anything was dropped."""
        self.unknown = [name for name in self._names if not self._asked(name)]
        return bool(self.gone)

    def last_look(self) -> None:
        """Asks, and once more whoever does not answer."""
        for _ in range(_TRIES):
            self.look()
            if not self.unknown:
                return

    def _asked(self, name: str) -> bool:
        text = self._tempo.metrics(name)
        if text:
            self._last[name] = lost(name, text)
            self._first.setdefault(name, self._last[name])
        return bool(text)

    @property
    def gone(self) -> Counter[str]:
        """By process and reason."""
        gone = sum(self._last.values(), Counter[str]())
        gone.subtract(sum(self._first.values(), Counter[str]()))
        return +gone


def lost(name: str, text: str) -> Counter[str]:
    """Spans dropped since the process started, from its metrics."""
    found: Counter[str] = Counter()
    for metric, labels, value in _LOST.findall(text):
        reason = _REASON.search(labels)
        found[f"{name}: {reason[1] if reason else metric.removeprefix('tempo_')}"] += int(float(value))
    return found


def live_traces(tempo: Tempo) -> int:
    """How many the ingesters hold that may still grow; 0 where none answers."""
    return _sum("tempo_ingester_live_traces", "\n".join(tempo.metrics(name) for name in tempo.named("ingester")))


def known_blocks(tempo: Tempo) -> int:
    """How many the first querier looks through; 0 where it does not answer."""
    return _sum("tempodb_blocklist_length", tempo.metrics(tempo.named("querier")[0]))


def block_counts(tempo: Tempo) -> dict[str, int] | None:
    """BLOCKS as they are now; None where somebody does not answer."""
    texts = [tempo.metrics(name) for name in (*tempo.named("ingester"), *tempo.named("compactor"))]
    return {what: _sum(metric, "\n".join(texts)) for what, metric in BLOCKS.items()} if all(texts) else None


def blocks_between(before: dict[str, int] | None, after: dict[str, int] | None) -> dict[str, int] | None:
    """How many were flushed and compacted, and of how many bytes in the mean; how many are outstanding."""
    if before is None or after is None:
        return None
    flushed, compacted, written = (after[what] - before[what] for what in ("flushed", "compacted", "flushed_bytes"))
    mean = written // flushed if flushed else 0
    return {"flushed": flushed, "mean_bytes": mean, "compacted": compacted, "outstanding": after["outstanding"]}


def _sum(metric: str, text: str) -> int:
    """Over all labels."""
    return sum(int(float(value)) for value in re.findall(rf"^{metric}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE))
