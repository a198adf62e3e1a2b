"""Every acknowledged trace read back: is it there, and has it all its spans?"""

import json
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import urllib3
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from sandbox.load.answers import OK
from sandbox.load.payloads import TEMPLATES, namespace, trace_ids
from sandbox.load.pushing import Pushed
from sandbox.tempo_processes import Tempo

# A trace can be searched for once its ingester has written it: 5 s without a span and up to 10 s until the next look.
_SEARCHED_SECONDS = 25.0
_BETWEEN_ROUNDS_SECONDS = 2.0
_TIMEOUT_SECONDS = 15.0


@dataclass(frozen=True)
class Lost:
    """What was asked for, and what did not come back whole."""

    traces: int  # asked for
    missing: tuple[str, ...]  # the ids, in hex, of those not found at all
    incomplete: tuple[tuple[str, int], ...]  # id in hex, and how many of its spans came back
    spans: int  # acknowledged, and not found
    asked_by_id: int  # of the traces; what the searches found whole needs no more
    seconds: float

    def __bool__(self) -> bool:
        return bool(self.missing or self.incomplete)

    def __str__(self) -> str:
        said = f"{self.spans} spans of {len(self.missing)} missing and {len(self.incomplete)} incomplete traces"
        return (
            f"{said if self else 'none'} lost of {self.traces:,} traces, "
            f"{self.asked_by_id:,} of them asked for by id, in {self.seconds:.0f} s"
        )


def read_back(tempo: Tempo, pushed: Pushed, *, within_seconds: float = 120, concurrency: int = 4) -> Lost:
    """Ask for every acknowledged trace, again and again until it is whole or time is up.

    First a querier, by searches that answer with many traces each, and how many spans of each they found: a trace by
    its id costs an ingester ten milliseconds once it is written, and its way through a small query frontend more.
    Then the query frontend, by id, for each trace that no search found whole.
    """
    searched = f"{tempo.url(tempo.named('querier')[0])}/querier"
    return read_back_from(tempo.query, pushed, within_seconds, concurrency, searched=searched)


def read_back_from(
    base: str,
    pushed: Pushed,
    within_seconds: float,
    concurrency: int = 4,
    *,
    searched: str | None = None,
    searched_seconds: float = _SEARCHED_SECONDS,
    pause_seconds: float = _BETWEEN_ROUNDS_SECONDS,
) -> Lost:
    """As `read_back`, from the URL of any query API. `searched_seconds`: how long before those left are
    asked for by id; `pause_seconds`: between two rounds."""
    began = time.monotonic()
    reading = _Reading.of(base, searched or base, pushed, concurrency)
    with ThreadPoolExecutor(concurrency) as threads:
        while reading.left() and time.monotonic() < began + min(searched_seconds, within_seconds):
            list(threads.map(reading.search, reading.parts_left()))
            if reading.left():
                time.sleep(pause_seconds)
        by_id = reading.left()
        deadline = began + within_seconds
        while (left := reading.left()) and time.monotonic() < deadline:
            list(threads.map(lambda trace_id: reading.ask(trace_id, deadline), left))
            if reading.left():
                time.sleep(pause_seconds)
    return reading.lost(len(by_id), time.monotonic() - began)


@dataclass
class _Reading:
    """What was found so far."""

    base: str
    searched: str
    pushed: Pushed
    pool: urllib3.PoolManager
    found: dict[str, int]  # id in hex -> its spans that came back at most
    parts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # namespace -> ids in hex
    offered: Counter[str] = field(default_factory=Counter)  # namespace -> traces; what was refused may be there, too

    @classmethod
    def of(cls, base: str, searched: str, pushed: Pushed, concurrency: int) -> "_Reading":
        pool = urllib3.PoolManager(maxsize=concurrency, retries=False, timeout=_TIMEOUT_SECONDS)
        reading = cls(base, searched, pushed, pool, {})
        for answer in pushed.answers:
            part = namespace(pushed.seed, answer.request)
            reading.offered[part] += pushed.shape.traces_per_request
            if answer.code == OK:
                ids = [trace_id.hex() for trace_id in trace_ids(pushed.shape, pushed.seed, answer.request)]
                reading.parts[part] += ids
                reading.found |= dict.fromkeys(ids, 0)
        return reading

    def left(self) -> list[str]:
        """The ids of the traces that are not whole."""
        return [trace_id for trace_id, spans in self.found.items() if spans < self.pushed.shape.spans_per_trace]

    def parts_left(self) -> list[str]:
        """The namespaces with such a trace."""
        left = set(self.left())
        return [part for part, ids in self.parts.items() if not left.isdisjoint(ids)]

    def search(self, part: str) -> None:
        """Every trace of one namespace in ingesters, where a trace is for a quarter of an hour at least."""
        query = f'{{ resource.service.namespace = "{part}" }}'
        limit = self.offered[part] + self.pushed.unanswered_requests * self.pushed.shape.traces_per_request + TEMPLATES
        answer = self._get(
            f"{self.searched}/api/search", {"q": query, "limit": str(limit), "spss": "1"}, "application/json"
        )
        for trace in json.loads(answer).get("traces", []) if answer else []:
            trace_id = trace["traceID"].rjust(32, "0")  # Tempo leaves out leading zeros
            if trace_id in self.found:
                self._saw(trace_id, trace["spanSet"]["matched"])

    def ask(self, trace_id: str, deadline: float) -> None:
        """One trace by its id; past the deadline it is not even asked for."""
        if time.monotonic() < deadline and (
            answer := self._get(f"{self.base}/api/traces/{trace_id}", {}, "application/protobuf")
        ):
            resources = TracesData.FromString(answer).resource_spans
            spans = [span for resource in resources for scope in resource.scope_spans for span in scope.spans]
            self._saw(trace_id, len({span.span_id for span in spans}))

    def lost(self, by_id: int, seconds: float) -> Lost:
        """What is not whole by now."""
        left = self.left()
        return Lost(
            traces=len(self.found),
            missing=tuple(trace_id for trace_id in left if not self.found[trace_id]),
            incomplete=tuple((trace_id, self.found[trace_id]) for trace_id in left if self.found[trace_id]),
            spans=sum(self.pushed.shape.spans_per_trace - self.found[trace_id] for trace_id in left),
            asked_by_id=by_id,
            seconds=seconds,
        )

    def _saw(self, trace_id: str, spans: int) -> None:
        self.found[trace_id] = max(self.found[trace_id], spans)

    def _get(self, url: str, parameters: dict[str, str], accept: str) -> bytes:
        """The body of a 200; nothing where Tempo has not got it, or cannot say."""
        try:
            response = self.pool.request("GET", url, fields=parameters, headers={"Accept": accept})
        except urllib3.exceptions.HTTPError:
            return b""
        return response.data if response.status == 200 else b""
