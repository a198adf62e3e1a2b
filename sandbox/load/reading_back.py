"""Every acknowledged trace asked for by id: is it there, and has it all its spans?"""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import urllib3
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from sandbox.load.pushing import Pushed
from sandbox.tempo_processes import Tempo

_BETWEEN_ROUNDS_SECONDS = 0.5
_TIMEOUT_SECONDS = 15.0


@dataclass(frozen=True)
class Lost:
    """What was asked for, and what did not come back whole."""

    traces: int  # asked for
    missing: tuple[str, ...]  # the ids, in hex, of those not found at all
    incomplete: tuple[tuple[str, int], ...]  # id in hex, and how many of its spans came back
    spans: int  # acknowledged, and not found
    seconds: float

    def __bool__(self) -> bool:
        return bool(self.missing or self.incomplete)

    def __str__(self) -> str:
        said = f"{self.spans} spans of {len(self.missing)} missing and {len(self.incomplete)} incomplete traces"
        return f"{said if self else 'none'} lost of {self.traces:,} traces, read in {self.seconds:.0f} s"


def read_back(
    tempo: Tempo, pushed: Pushed, *, within_seconds: float = 120, concurrency: int = 8, sample: int | None = None
) -> Lost:
    """Ask the query frontend for each acknowledged trace by id, again and again until it is whole or time is up.

    `sample`: ask only for so many, evenly spread over the push; None for all of them.
    """
    return read_back_from(tempo.query, pushed, within_seconds, concurrency, sample)


def read_back_from(
    base: str, pushed: Pushed, within_seconds: float, concurrency: int, sample: int | None = None
) -> Lost:
    """As `read_back`, from the URL of any query API."""
    ids = [trace_id.hex() for trace_id in pushed.trace_ids]
    if sample is not None and len(ids) > sample:
        ids = [ids[number * len(ids) // sample] for number in range(sample)]
    began = time.monotonic()
    deadline = began + within_seconds
    headers = {"Accept": "application/protobuf"} | ({"X-Scope-OrgID": pushed.tenant} if pushed.tenant else {})
    pool = urllib3.PoolManager(maxsize=concurrency, headers=headers, retries=False, timeout=_TIMEOUT_SECONDS)
    found: dict[str, int] = dict.fromkeys(ids, 0)
    with ThreadPoolExecutor(concurrency) as threads:
        left = ids
        while left:
            for trace_id, count in threads.map(
                lambda trace_id: (trace_id, _spans(pool, base, trace_id, deadline)), left
            ):
                found[trace_id] = max(found[trace_id], count)
            left = [trace_id for trace_id in left if found[trace_id] < pushed.shape.spans_per_trace]
            if time.monotonic() > deadline:
                break
            if left:
                time.sleep(_BETWEEN_ROUNDS_SECONDS)
    return _lost(pushed, found, left, time.monotonic() - began)


def _lost(pushed: Pushed, found: dict[str, int], left: Iterable[str], seconds: float) -> Lost:
    left = list(left)
    return Lost(
        traces=len(found),
        missing=tuple(trace_id for trace_id in left if not found[trace_id]),
        incomplete=tuple((trace_id, found[trace_id]) for trace_id in left if found[trace_id]),
        spans=sum(pushed.shape.spans_per_trace - found[trace_id] for trace_id in left),
        seconds=seconds,
    )


def _spans(pool: urllib3.PoolManager, base: str, trace_id: str, deadline: float) -> int:
    """How many spans of a trace come back; none where it is not found, or where Tempo cannot say."""
    if time.monotonic() > deadline:
        return 0
    try:
        response = pool.request("GET", f"{base}/api/traces/{trace_id}")
    except urllib3.exceptions.HTTPError:
        return 0
    if response.status != 200:
        return 0
    trace = TracesData.FromString(response.data)
    return len(
        {span.span_id for resource in trace.resource_spans for scope in resource.scope_spans for span in scope.spans}
    )
