"""Queries at a rate: traces by id and TraceQL searches, and how long their answers took."""

import itertools
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from urllib.parse import urlencode

import urllib3

_CONCURRENCY = 32  # queries under way at most


@dataclass(frozen=True)
class Search:
    """A TraceQL search over the last minutes; without minutes, over what ingesters still have."""

    traceql: str
    minutes: int = 0
    limit: int = 20

    def path(self, now: float) -> str:
        """Of the query API, at this Unix time in seconds."""
        window = {"start": int(now) - 60 * self.minutes, "end": int(now) + 1} if self.minutes else {}
        return f"/api/search?{urlencode({'q': self.traceql, 'limit': self.limit, **window})}"


LIGHT = (Search('{ resource.service.name = "checkout" && span.http.response.status_code = 500 }'),)
HEAVY = (
    # Over everything, with what is costly: every span's attribute, regular expressions, structure, large answers.
    Search("{ span.http.route =~ `/api/.*` && span.db.query.text =~ `.*WHERE id = 9.*` }", minutes=60, limit=1000),
    Search("{ kind = server } >> { span.http.response.status_code >= 400 }", minutes=60, limit=1000),
    Search("{ duration > 1ms } | select(span.http.route, span.request.id, resource.k8s.pod.name)", 60, limit=1000),
    Search("{ } | count() > 1 | avg(duration) > 1ms", minutes=60, limit=1000),
)


@dataclass(frozen=True)
class QueryAnswer:
    """What became of one query."""

    due_seconds: float  # since the queries began
    latency_seconds: float  # since it was due
    status: str  # the HTTP status, or the name of what broke the connection


@dataclass(frozen=True)
class Queried:
    """What became of every query."""

    answers: tuple[QueryAnswer, ...]

    @property
    def failures(self) -> Counter[str]:
        """How many were answered otherwise than with what was asked for."""
        return Counter(answer.status for answer in self.answers if answer.status != "200")

    def latency_seconds(self, percentile: int) -> float:
        """Returns a percentile over the answered queries; 0 where there are fewer than two."""
        latencies = [each.latency_seconds for each in self.answers if each.status == "200"]
        return statistics.quantiles(latencies, n=100)[percentile - 1] if len(latencies) > 1 else 0.0

    def __str__(self) -> str:
        failures = ", ".join(f"{count} × {status}" for status, count in sorted(self.failures.items()))
        return (
            f"{len(self.answers)} queries, p50 {self.latency_seconds(50):.2f} s, p95 {self.latency_seconds(95):.2f} s, "
            f"failed: {failures or 'none'}"
        )


def queries(
    base: str,
    seconds: float,
    *,
    per_second: float,
    by_id_from: Sequence[bytes] = (),
    searches: Sequence[Search] = (),
    timeout_seconds: float = 30,
    answered: Callable[[QueryAnswer], None] | None = None,
    over: Event | None = None,
) -> Queried:
    """Ask the query API for so many seconds: an open loop, whose queries take longer when they have to wait.

    By id and by search in turn where both are given. `by_id_from`: ids (16 bytes) of traces that should be there.
    `timeout_seconds`: how long a query waits for its answer before it goes away. `answered`: told of each
    answer, from any thread. `over`: once it is set, no more is asked.
    """
    pool = urllib3.PoolManager(maxsize=_CONCURRENCY, retries=False, timeout=timeout_seconds)
    asked, over = [], over or Event()
    began = time.monotonic()

    def ask(path: str, due: float) -> QueryAnswer:
        answer = _ask(pool, base + path, due, began)
        if answered:
            answered(answer)
        return answer

    with ThreadPoolExecutor(_CONCURRENCY) as threads:
        for number, path in enumerate(_in_turn(by_id_from, searches)):
            due = began + number / per_second
            if due >= began + seconds or over.wait(max(0.0, due - time.monotonic())):
                break
            asked.append(threads.submit(ask, path, due))
    return Queried(tuple(future.result() for future in asked))


def _in_turn(by_id_from: Sequence[bytes], searches: Sequence[Search]) -> Iterator[str]:
    """Yields the path of one query after the other, without end."""
    ids, wanted = itertools.cycle(by_id_from), itertools.cycle(searches)
    while True:
        if by_id_from:
            yield f"/api/v2/traces/{next(ids).hex()}"
        if searches:
            yield next(wanted).path(time.time())


def _ask(pool: urllib3.PoolManager, url: str, due: float, began: float) -> QueryAnswer:
    try:
        status = str(pool.request("GET", url).status)
    except urllib3.exceptions.HTTPError as error:
        status = type(error).__name__
    return QueryAnswer(round(due - began, 3), round(time.monotonic() - due, 4), status)
