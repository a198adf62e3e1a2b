"""What the load generator offers is what it says; every answer counts for what the OTLP specification makes of it."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData
from pulumi.runtime.proto import status_pb2

from sandbox.load import LIGHT, SIZES, SMALL, Pushed, Pushing, Shape, queries
from sandbox.load.answers import OK, PARTIAL_SUCCESS, Answer, accepted, retryable
from sandbox.load.payloads import Payloads, namespace, trace_ids
from sandbox.load.reading_back import read_back_from

SEED = 7
WHEN_TO_RETRY = "grpc-status-details-bin"
Reply = Callable[[int, grpc.ServicerContext], bytes]  # of the number of the call, from 1


class Collector:
    """Takes OTLP over gRPC, keeps what it took, and answers as it is told to."""

    def __init__(self, reply: Reply) -> None:
        self.spans: list[Span] = []
        self.peers: set[str] = set()
        self._calls, self._reply, self._lock = 0, reply, threading.Lock()

    def export(self, request: ExportTraceServiceRequest, context: grpc.ServicerContext) -> bytes:
        with self._lock:
            self._calls += 1
            number = self._calls
        answer = self._reply(number, context)
        with self._lock:
            self.spans += _spans(request)
            self.peers.add(context.peer())
        return answer


@contextmanager
def collector(reply: Reply = lambda _number, _context: b"") -> Iterator[tuple[Collector, str]]:
    """A collector, and where it listens."""
    taking = Collector(reply)
    handler = grpc.unary_unary_rpc_method_handler(taking.export, ExportTraceServiceRequest.FromString)
    server = grpc.server(ThreadPoolExecutor(8))
    service = "opentelemetry.proto.collector.trace.v1.TraceService"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"Export": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield taking, f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def after(seconds: float) -> Reply:
    """Answers that take so long."""

    def reply(_number: int, _context: grpc.ServicerContext) -> bytes:
        time.sleep(seconds)
        return b""

    return reply


@contextmanager
def http_api(answer: Callable[[str], tuple[int, bytes]]) -> Iterator[str]:
    """An HTTP server that answers a path with (status, body), and its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body = answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("shape", SIZES.values(), ids=SIZES)
def test_a_request_holds_whole_traces_of_its_shape(shape: Shape) -> None:
    now = time.time_ns()
    payload = Payloads(shape, SEED).request(40, now)
    spans = _spans(ExportTraceServiceRequest.FromString(payload))
    by_trace = {trace_id: [s for s in spans if s.trace_id == trace_id] for trace_id in trace_ids(shape, SEED, 40)}

    assert shape.span_bytes < len(payload) / shape.spans_per_request <= 1.1 * shape.span_bytes
    assert sum(map(len, by_trace.values())) == len(spans) == shape.spans_per_request
    for trace in by_trace.values():
        ids = {span.span_id for span in trace}
        [root] = [span for span in trace if not span.parent_span_id]
        assert len(ids) == len(trace) == shape.spans_per_trace
        assert all(span.parent_span_id in ids for span in trace if span is not root)
        assert all(0 < now - span.start_time_unix_nano < 1e9 and span.end_time_unix_nano == now for span in trace)


def test_no_two_requests_nor_seeds_share_a_trace() -> None:
    ids = [trace_id for seed in (1, 2) for request in range(100) for trace_id in trace_ids(SMALL, seed, request)]
    assert len(set(ids)) == len(ids) == 2 * 100 * SMALL.traces_per_request


def test_what_is_acknowledged_is_what_arrived_at_the_rate_and_over_all_connections() -> None:
    with collector() as (taken, target):
        pushed = Pushing.start([target], SMALL, spans_per_second=5000, seconds=1, connections=4, seed=SEED).wait()
    assert pushed.offered == pushed.acknowledged == len(taken.spans) == 5000
    assert {span.trace_id for span in taken.spans} == set(pushed.trace_ids)
    assert pushed.refusals == Counter()
    assert len(taken.peers) == 4


def test_slow_answers_do_not_slow_the_load_down() -> None:
    with collector(after(0.4)) as (_, target):
        pushed = Pushing.start([target], SMALL, spans_per_second=800, seconds=1, seed=SEED).wait()
    assert (pushed.acknowledged, pushed.late) == (800, 0)
    assert pushed.latency_seconds(50) > 0.3


def test_what_could_not_be_offered_on_time_is_counted_as_late() -> None:
    with collector(after(1.8)) as (_, target):
        pushed = Pushing.start([target], SMALL, spans_per_second=1000, seconds=1, in_flight=1, seed=SEED).wait()
    assert (pushed.acknowledged, pushed.late) == (100, 900)


def test_refusals_are_counted_by_code_and_by_whether_a_sender_may_try_again() -> None:
    status = status_pb2.Status()
    status.details.add(type_url="type.googleapis.com/google.rpc.RetryInfo")

    def reply(number: int, context: grpc.ServicerContext) -> bytes:
        if number == 1:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too much")
        if number == 2:
            context.set_trailing_metadata([(WHEN_TO_RETRY, status.SerializeToString())])
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too much")
        if number == 3:
            context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
        return b""

    with collector(reply) as (taken, target):
        pushed = Pushing.start([target], SMALL, spans_per_second=500, seconds=1, seed=SEED).wait()
    assert pushed.refusals == {
        ("RESOURCE_EXHAUSTED", False): 100,
        ("RESOURCE_EXHAUSTED", True): 100,
        ("UNAVAILABLE", True): 100,
    }
    assert pushed.not_retryable == 100
    assert pushed.acknowledged == len(taken.spans) == 200
    assert {span.trace_id for span in taken.spans} == set(pushed.trace_ids)


def test_a_push_that_may_not_be_refused_ends_at_the_first_refusal_and_waits_for_nobody() -> None:
    def reply(number: int, context: grpc.ServicerContext) -> bytes:
        if number == 2:
            context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
        return after(3)(number, context) if number == 1 else b""

    with collector(reply) as (_, target):
        pushed = Pushing.start([target], SMALL, spans_per_second=1000, seconds=60, late_part=0.01, seed=SEED).wait()
    assert pushed.refusals == {("UNAVAILABLE", True): 100}
    assert pushed.seconds < 2.5


def test_a_push_that_may_not_be_late_ends_once_too_much_of_it_is() -> None:
    with collector(after(1)) as (_, target):
        pushed = Pushing.start(
            [target], SMALL, spans_per_second=1000, seconds=60, in_flight=1, late_part=0.01, seed=SEED
        ).wait()
    assert 600 < pushed.late <= 1000
    assert pushed.seconds < 10


def test_nobody_there_is_a_refusal_that_may_be_tried_again() -> None:
    pushed = Pushing.start(["127.0.0.1:1"], SMALL, spans_per_second=200, seconds=0.5, seed=SEED).wait()
    assert (pushed.acknowledged, pushed.refusals) == (0, {("UNAVAILABLE", True): 100})


def test_a_success_that_rejects_spans_is_no_success() -> None:
    partly = ExportTraceServiceResponse()
    partly.partial_success.rejected_spans = 1
    assert accepted(b"") == accepted(ExportTraceServiceResponse().SerializeToString()) == OK
    assert accepted(partly.SerializeToString()) == PARTIAL_SUCCESS


def test_what_may_be_tried_again_is_what_the_specification_says() -> None:
    codes = {code.name for code in grpc.StatusCode if retryable(code.name, [])}
    assert codes == {"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"}


def test_reading_back_finds_what_is_missing_and_what_is_not_whole_by_search_and_then_by_id() -> None:
    pushed = _acknowledged(SMALL)
    missing, partial, slow, *whole = [trace_id.hex() for trace_id in pushed.trace_ids]
    asked: Counter[str] = Counter()

    def answer(path: str) -> tuple[int, bytes]:
        if path.startswith("/api/search?"):
            found = dict.fromkeys(whole, SMALL.spans_per_trace) | {partial: SMALL.spans_per_trace - 1}
            return 200, _searched(found) if namespace(SEED, 0) in unquote(path) else b"{}"
        trace_id = path.removeprefix("/api/traces/")
        asked[trace_id] += 1
        if trace_id == missing or (trace_id == slow and asked[slow] < 3):
            return 404, b""
        return 200, _trace(SMALL.spans_per_trace - 2 if trace_id == partial else SMALL.spans_per_trace)

    with http_api(answer) as url:
        lost = read_back_from(url, pushed, within_seconds=1.5, searched_seconds=0.2, pause_seconds=0.1)
    assert (lost.traces, lost.missing, lost.incomplete) == (10, (missing,), ((partial, 9),))
    assert (lost.spans, lost.asked_by_id) == (11, 3)
    assert lost
    assert asked.keys() == {missing, partial, slow}


def test_reading_back_is_done_as_soon_as_everything_is_whole() -> None:
    pushed = _acknowledged(SMALL)
    everything = _searched({trace_id.hex(): SMALL.spans_per_trace for trace_id in pushed.trace_ids})
    with http_api(lambda _path: (200, everything)) as url:
        lost = read_back_from(url, pushed, within_seconds=600)
    assert not lost
    assert lost.asked_by_id == 0
    assert lost.seconds < 60


def test_queries_by_id_and_by_search_take_turns_and_failures_are_counted_by_status() -> None:
    paths: list[str] = []

    def answer(path: str) -> tuple[int, bytes]:
        paths.append(path)
        return (200 if path.startswith("/api/v2/traces/") else 503), b"{}"

    with http_api(answer) as url:
        queried = queries(url, 0.5, per_second=20, by_id_from=[b"\1" * 16], searches=LIGHT)
    assert len(queried.answers) == 10
    assert queried.failures == {"503": 5}
    assert sum(path == f"/api/v2/traces/{'01' * 16}" for path in paths) == 5
    assert [answer.due_seconds for answer in queried.answers] == pytest.approx([n / 20 for n in range(10)], abs=0.001)


def test_queries_end_as_soon_as_somebody_has_heard_enough() -> None:
    over = threading.Event()
    with http_api(lambda _path: (503, b"")) as url:
        queried = queries(url, 60, per_second=2, searches=LIGHT, answered=lambda _: over.set(), over=over)
    assert queried.failures == {"503": 1}


def _spans(request: ExportTraceServiceRequest) -> list[Span]:
    return [s for resource in request.resource_spans for scope in resource.scope_spans for s in scope.spans]


def _acknowledged(shape: Shape) -> Pushed:
    answers = (Answer(0, 0.0, 0.1, OK), Answer(1, 0.1, 0.1, "UNAVAILABLE", True))
    return Pushed(shape, SEED, 1.0, answers, late=0, unanswered_requests=0, cpu_seconds=0.1)


def _searched(found: dict[str, int]) -> bytes:
    """A search's answer: so many spans of each id; Tempo leaves out an id's leading zeros."""
    traces = [{"traceID": each.lstrip("0"), "spanSet": {"matched": spans}} for each, spans in found.items()]
    return json.dumps({"traces": traces}).encode()


def _trace(spans: int) -> bytes:
    trace = TracesData()
    found = trace.resource_spans.add().scope_spans.add().spans
    for number in range(spans):
        found.add(span_id=number.to_bytes(8, "big"))
        found.add(span_id=number.to_bytes(8, "big"))  # as a replica may say it once more
    return bytes(trace.SerializeToString())
