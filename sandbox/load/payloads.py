"""OTLP requests, serialized once: of each copy only the ids and the times are written anew."""

import hashlib
import random
import re
import uuid
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from sandbox.load.shapes import Shape

# Different requests there are. What repeats in them repeats in real spans, too: services, routes, statements.
TEMPLATES = 32
_SPANS_PER_SERVICE = 10

# What stands in a template where a copy gets its own: as many bytes as the real one, and found nowhere else.
_TRACE_ID, _SPAN_ID, _PARENT_ID, _START, _END = (
    b"\0<the trace id>\0",
    b"\0<span>\0",
    b"\0<pare>\0",
    b"\0<strt>\0",
    b"\0<ends>\0",
)
_MARKS = re.compile(b"(" + b"|".join(map(re.escape, (_TRACE_ID, _SPAN_ID, _PARENT_ID, _START, _END))) + b")")

_SERVICES = ("frontend", "cart", "checkout", "payment", "shipping", "catalog", "currency", "recommendation")
_ROUTES = ("/api/cart", "/api/cart/{id}", "/api/checkout", "/api/products/{id}", "/api/quote", "/api/users/{id}/orders")
_METHODS = ("GET", "POST", "PUT", "DELETE")
_TABLES = ("orders", "items", "customers", "stock", "prices")
_FILLER_TAG_BYTES = 20  # of the attribute that brings a span to its size, without its text


def trace_ids(shape: Shape, seed: int, request: int) -> list[bytes]:
    """The ids (16 bytes each) of the traces in one request: spread over the ring, and derived again by anyone."""
    first = request * shape.traces_per_request
    key = seed.to_bytes(8, "big")
    return [
        hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16, key=key).digest()
        for number in range(first, first + shape.traces_per_request)
    ]


def namespace(seed: int, request: int) -> str:
    """The `service.namespace` of one request's spans, by which a search finds a part of what one push sent."""
    return f"load-{seed:x}-{request % TEMPLATES}"


class Payloads:
    """The requests of one shape and seed; a request's number says everything about it but its time."""

    def __init__(self, shape: Shape, seed: int) -> None:
        self._shape, self._seed = shape, seed
        made = random.Random(seed)
        self._templates = [_Template.made(shape, made, namespace(seed, number)) for number in range(TEMPLATES)]

    def request(self, number: int, now_ns: int) -> bytes:
        """A serialized ExportTraceServiceRequest of spans that ended at `now_ns` (Unix time) at the latest."""
        template = self._templates[number % TEMPLATES]
        return template.filled(trace_ids(self._shape, self._seed, number), now_ns)


@dataclass(frozen=True)
class _Template:
    """A serialized request, cut where a copy gets its own bytes: even parts stay, odd ones are written."""

    parts: list[bytes]
    spans: list["_Slots"]

    @classmethod
    def made(cls, shape: Shape, made: random.Random, namespace: str) -> "_Template":
        resource_spans = [each for _ in range(shape.traces_per_request) for each in _trace(shape, made, namespace)]
        parts = _MARKS.split(ExportTraceServiceRequest(resource_spans=resource_spans).SerializeToString())
        slots, starts = [], [at for at, part in enumerate(parts) if part == _TRACE_ID]
        for number, at in enumerate(starts):
            trace, place = divmod(number, shape.spans_per_trace)
            shift = 1 if parts[at + 4] == _PARENT_ID else 0  # a root has none
            duration = made.randrange(1, 250) * 1_000_000
            slots.append(
                _Slots(trace, place, at, at + 4 + 2 * shift, made.randrange(place) if shift else None, duration)
            )
        return cls(parts, slots)

    def filled(self, ids: list[bytes], now_ns: int) -> bytes:
        parts = self.parts.copy()
        count = len(self.spans) // len(ids)
        span_ids = [hashlib.shake_128(trace_id).digest(8 * count) for trace_id in ids]
        now = now_ns.to_bytes(8, "little")
        for slot in self.spans:
            own, at = span_ids[slot.trace], slot.at
            parts[at] = ids[slot.trace]
            parts[at + 2] = own[8 * slot.place : 8 * slot.place + 8]
            if slot.parent is not None:
                parts[at + 4] = own[8 * slot.parent : 8 * slot.parent + 8]
            parts[slot.times_at] = (now_ns - slot.duration_ns).to_bytes(8, "little")
            parts[slot.times_at + 2] = now
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class _Slots:
    """Where the bytes of one span are, and what is written there."""

    trace: int  # in its request
    place: int  # in its trace
    at: int  # the part that is the trace's id; the span's own follows
    times_at: int
    parent: int | None  # its place in the trace
    duration_ns: int


def _trace(shape: Shape, made: random.Random, namespace: str) -> list[ResourceSpans]:
    """The spans of one trace, some from each of the services it went through; the first is its root."""
    groups = []
    for first in range(0, shape.spans_per_trace, _SPANS_PER_SERVICE):
        places = range(first, min(first + _SPANS_PER_SERVICE, shape.spans_per_trace))
        service, instance = made.choice(_SERVICES), uuid.UUID(int=made.getrandbits(128))
        resource = Resource(
            attributes=[
                _text("service.name", service),
                _text("service.namespace", namespace),
                _text("k8s.pod.name", f"{service}-{instance.hex[:10]}-{instance.hex[-5:]}"),
            ]
        )
        spans = [_span(shape.span_bytes, place == 0, made) for place in places]
        scope = InstrumentationScope(name=f"io.opentelemetry.{service}", version="2.18.1")
        groups.append(ResourceSpans(resource=resource, scope_spans=[ScopeSpans(scope=scope, spans=spans)]))
    return groups


def _span(span_bytes: int, root: bool, made: random.Random) -> Span:
    """A span with marks for ids and times, and attributes of several kinds until it has its size."""
    method, route = made.choice(_METHODS), made.choice(_ROUTES)
    span = Span(
        trace_id=_TRACE_ID,
        span_id=_SPAN_ID,
        parent_span_id=b"" if root else _PARENT_ID,
        name=f"{method} {route}",
        kind=Span.SPAN_KIND_SERVER if root else Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=int.from_bytes(_START, "little"),
        end_time_unix_nano=int.from_bytes(_END, "little"),
    )
    for attribute in _attributes(method, route, made):
        if span.ByteSize() + attribute.ByteSize() + 2 + _FILLER_TAG_BYTES > span_bytes:
            break
        span.attributes.append(attribute)
    if (missing := span_bytes - span.ByteSize() - _FILLER_TAG_BYTES) > 0:
        span.attributes.append(_text("request.id", made.randbytes(missing // 2 + 1).hex()[:missing]))
    return span


def _attributes(method: str, route: str, made: random.Random) -> list[KeyValue]:
    table = made.choice(_TABLES)
    return [
        _number("http.response.status_code", made.choice((200, 200, 200, 201, 204, 404, 500))),
        _text("http.request.method", method),
        _text("http.route", route),
        _text("server.address", f"10.{made.randrange(256)}.{made.randrange(256)}.{made.randrange(256)}"),
        _text("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
        _text("url.path", route.replace("{id}", str(made.randrange(100_000)))),
        _text("db.system", "postgresql"),
        _text("db.query.text", f"SELECT * FROM {table} WHERE id = {made.randrange(10**9)} LIMIT {made.randrange(99)}"),
        _text("thread.name", f"worker-{made.randrange(64)}"),
    ]


def _text(key: str, text: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=text))


def _number(key: str, number: int) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(int_value=number))
