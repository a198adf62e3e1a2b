"""Sends OTLP over gRPC to distributors, over several connections, without waiting for the answers."""

import itertools
from collections.abc import Callable, Sequence

import grpc

from sandbox.load.answers import accepted, retryable

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_CHANNEL = (
    ("grpc.use_local_subchannel_pool", 1),  # or channels to one address would share one connection
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),  # a distributor that is back is seen at once; the default is two minutes
)

Done = Callable[[str, bool], None]  # (code, retryable), from any thread


class Sender:
    """Sends each request at once, on one connection after the other."""

    def __init__(self, targets: Sequence[str], connections: int, timeout_seconds: float) -> None:
        cycle = itertools.cycle(targets)
        self._channels = [grpc.insecure_channel(next(cycle), options=_CHANNEL) for _ in range(connections)]
        self._calls = itertools.cycle([channel.unary_unary(_EXPORT) for channel in self._channels])
        self._timeout_seconds = timeout_seconds

    def send(self, payload: bytes, done: Done) -> None:
        """Sends one serialized request; `done` is called once, with its answer."""

        def answered(call: grpc.Future) -> None:
            code = call.code()
            if code is grpc.StatusCode.OK:
                done(accepted(call.result()), False)
            else:
                done(code.name, retryable(code.name, call.trailing_metadata() or ()))

        call = next(self._calls).future(payload, timeout=self._timeout_seconds)
        call.add_done_callback(answered)

    def close(self) -> None:
        """Closes every connection. What was not answered yet is answered no more."""
        for channel in self._channels:
            channel.close()
