"""The two ways of OTLP to a distributor: gRPC and HTTP, over several connections, without waiting for the answer."""

import http.client
import itertools
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol
from urllib.parse import urlsplit

import grpc

from sandbox.load.answers import accepted, retryable_grpc, retryable_http

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_CHANNEL = (
    ("grpc.use_local_subchannel_pool", 1),  # or channels to one address would share one connection
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),  # a distributor that is back is seen at once; the default is two minutes
)

Done = Callable[[str, bool], None]  # (code, retryable), from any thread


class Sender(Protocol):
    """Requests leave at once, on one connection after the other."""

    def send(self, payload: bytes, done: Done) -> None:
        """Send one serialized request; `done` is called once, with its answer."""

    def close(self) -> None:
        """Close every connection. What was not answered yet is answered no more."""


class GrpcSender:
    """Unary calls on channels of their own; bytes in, bytes out."""

    def __init__(self, targets: Sequence[str], connections: int, tenant: str | None, timeout_seconds: float) -> None:
        cycle = itertools.cycle(targets)
        self._channels = [grpc.insecure_channel(next(cycle), options=_CHANNEL) for _ in range(connections)]
        self._calls = itertools.cycle([channel.unary_unary(_EXPORT) for channel in self._channels])
        self._metadata = (("x-scope-orgid", tenant),) if tenant else None
        self._timeout_seconds = timeout_seconds

    def send(self, payload: bytes, done: Done) -> None:
        """Send one serialized request; `done` is called once, with its answer."""

        def answered(call: grpc.Future) -> None:
            code = call.code()
            if code is grpc.StatusCode.OK:
                done(accepted(call.result()), False)
            else:
                done(code.name, retryable_grpc(code.name, call.trailing_metadata() or ()))

        call = next(self._calls).future(payload, timeout=self._timeout_seconds, metadata=self._metadata)
        call.add_done_callback(answered)

    def close(self) -> None:
        """Close every connection."""
        for channel in self._channels:
            channel.close()


class HttpSender:
    """Kept-alive HTTP/1.1 connections, a thread each; so many requests at most are under way."""

    def __init__(self, targets: Sequence[str], connections: int, tenant: str | None, timeout_seconds: float) -> None:
        self._headers = {"Content-Type": "application/x-protobuf"} | ({"X-Scope-OrgID": tenant} if tenant else {})
        self._timeout_seconds = timeout_seconds
        self._waiting: queue.SimpleQueue[tuple[bytes, Done] | None] = queue.SimpleQueue()
        cycle = itertools.cycle(targets)
        self._threads = [
            threading.Thread(target=self._work, args=(next(cycle),), daemon=True) for _ in range(connections)
        ]
        for thread in self._threads:
            thread.start()

    def send(self, payload: bytes, done: Done) -> None:
        """Send one serialized request as soon as a connection is free; `done` is called once, with its answer."""
        self._waiting.put((payload, done))

    def close(self) -> None:
        """Let every thread end once it has nothing to send."""
        for _ in self._threads:
            self._waiting.put(None)

    def _work(self, target: str) -> None:
        address = urlsplit(target).netloc
        connection = http.client.HTTPConnection(address, timeout=self._timeout_seconds)
        while task := self._waiting.get():
            payload, done = task
            try:
                connection.request("POST", "/v1/traces", payload, self._headers)
                response = connection.getresponse()
                body = response.read()
            except (OSError, http.client.HTTPException) as error:
                with suppress(OSError):
                    connection.close()  # the next request opens it again
                done(type(error).__name__, True)
            else:
                ok = response.status == http.client.OK
                done(accepted(body) if ok else str(response.status), retryable_http(response.status))
