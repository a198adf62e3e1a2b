"""Traces for the tests: made, pushed over OTLP, and asked back through Tempo's own APIs."""

import base64
import http.client
import json
import secrets
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, TracesData

from sandbox.messages import contents, field
from sandbox.tempo_processes import Tempo

Answer = TypeVar("Answer")
Spans = set[tuple[bytes, bytes, str]]  # (span id, parent's id, name)


@dataclass(frozen=True)
class Trace:
    """A checkout with one payment in it; `order` is in its attributes, and in no other trace's."""

    trace_id: bytes
    order: str
    spans: tuple[Span, ...]

    @property
    def hex_id(self) -> str:
        return self.trace_id.hex()

    @property
    def query(self) -> str:
        """TraceQL that only this trace answers."""
        return f'{{ resource.service.name = "shop" && name = "pay" && span.order = "{self.order}" }}'

    @property
    def identities(self) -> Spans:
        """What `spans_by_id` answers when the trace came back whole."""
        return {(span.span_id, span.parent_span_id, span.name) for span in self.spans}

    def request(self) -> ExportTraceServiceRequest:
        resource = Resource(attributes=[_attribute("service.name", "shop")])
        return ExportTraceServiceRequest(
            resource_spans=[ResourceSpans(resource=resource, scope_spans=[ScopeSpans(spans=self.spans)])]
        )


def new_trace(ago_seconds: int = 0) -> Trace:
    trace_id, order = secrets.token_bytes(16), secrets.token_hex(8)
    end = time.time_ns() - ago_seconds * 10**9
    checkout = _span(trace_id, "checkout", end)
    pay = _span(trace_id, "pay", end, parent_span_id=checkout.span_id, attributes=[_attribute("order", order)])
    return Trace(trace_id, order, (checkout, pay))


def _span(
    trace_id: bytes, name: str, end: int, parent_span_id: bytes = b"", attributes: Sequence[KeyValue] = ()
) -> Span:
    return Span(
        trace_id=trace_id,
        span_id=secrets.token_bytes(8),
        parent_span_id=parent_span_id,
        name=name,
        start_time_unix_nano=end - 250_000_000,
        end_time_unix_nano=end,
        attributes=attributes,
    )


def push_over_grpc(tempo: Tempo, trace: Trace, tenant: str | None = None) -> None:
    with grpc.insecure_channel(tempo.otlp_grpc) as channel:
        service = TraceServiceStub(channel)  # type: ignore[no-untyped-call]
        answer: ExportTraceServiceResponse = service.Export(
            trace.request(), timeout=10, metadata=list(_of(tenant).items())
        )
    assert answer.partial_success.rejected_spans == 0


def push_over_http(tempo: Tempo, trace: Trace, tenant: str | None = None) -> None:
    request = urllib.request.Request(
        f"{tempo.otlp_http}/v1/traces",
        data=trace.request().SerializeToString(),
        headers={"Content-Type": "application/x-protobuf"} | _of(tenant),
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        answer = ExportTraceServiceResponse.FromString(response.read())
    assert answer.partial_success.rejected_spans == 0


def spans_by_id(
    base: str, trace: Trace, tenant: str | None = None, context: ssl.SSLContext | None = None, **parameters: str
) -> Spans | None:
    """Every span of the trace; none where Tempo has not got it, None where it is not ready to say so."""
    answer = _get(f"{base}/api/v2/traces/{trace.hex_id}?{urlencode(parameters)}", tenant, context)
    if answer is None:
        return None
    spans = [
        (_bytes(span, "spanId"), _bytes(span, "parentSpanId"), span["name"])
        for resource in answer.get("trace", {}).get("resourceSpans", [])
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
    assert len(set(spans)) == len(spans), f"a span of {trace.hex_id} came twice"
    return set(spans)


def spans_in_ingester(address: str, trace: Trace, tenant: str) -> Spans:
    """What one ingester, asked at its gRPC's host:port as a querier asks it, still has of the trace."""
    with grpc.insecure_channel(address) as channel:
        ask = channel.unary_unary("/tempopb.Querier/FindTraceByID")
        answer: bytes = ask(field(1, trace.trace_id), timeout=10, metadata=list(_of(tenant).items()))
    found = [TracesData.FromString(each) for each in contents(answer, 1)]
    resources = [resource for each in found for resource in each.resource_spans]
    spans = [span for resource in resources for scope in resource.scope_spans for span in scope.spans]
    return {(span.span_id, span.parent_span_id, span.name) for span in spans}


def search(base: str, trace: Trace, tenant: str | None = None, **parameters: str | int) -> list[str] | None:
    """The ids of the traces that answer this trace's TraceQL query; None where Tempo is not ready to say."""
    answer = _get(f"{base}/api/search?{urlencode({'q': trace.query, **parameters})}", tenant)
    if answer is None:
        return None
    return [each["traceID"].rjust(32, "0") for each in answer.get("traces", [])]  # Tempo leaves out leading zeros


def eventually(what: str, ask: Callable[[], Answer | None], within_seconds: float = 60) -> Answer:
    """The first answer that is not empty; fails with `what` at the deadline."""
    deadline = time.monotonic() + within_seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {within_seconds:.0f} s: {what}"
        time.sleep(0.2)
    return answer


def _of(tenant: str | None) -> dict[str, str]:
    """The header by which Tempo knows whose a request is, in lower case as gRPC wants it."""
    return {} if tenant is None else {"x-scope-orgid": tenant}


def _get(url: str, tenant: str | None = None, context: ssl.SSLContext | None = None) -> dict[str, Any] | None:
    """The JSON of a 200, empty of a 404; None of a 503, which says of nothing that it is not there."""
    request = urllib.request.Request(url, headers=_of(tenant))
    try:
        with urllib.request.urlopen(request, timeout=10, context=context) as response:
            answer: dict[str, Any] = json.load(response)
            return answer
    except urllib.error.HTTPError as error:
        if error.code == http.client.NOT_FOUND:
            return {}
        if error.code == http.client.SERVICE_UNAVAILABLE:
            return None
        raise AssertionError(f"{url}: {error.code} {error.read().decode(errors='replace')}") from error


def _bytes(span: dict[str, str], key: str) -> bytes:
    return base64.b64decode(span.get(key, ""))


def _attribute(key: str, text: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=text))
