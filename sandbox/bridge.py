"""What the Jaeger UI asks of its bridge to Tempo: which services there are, and traces by their tags.

Calls and numbers are those of cmd/tempo-query/jaeger/storage_v1 of Tempo 2.9.0. It is not asked for a trace by its id:
the bridge of 2.9 crashes at that, and that of 2.10 does not (Tempo's https://github.com/grafana/tempo/issues/5487); the
UI asks so when a trace is reloaded.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
from google.protobuf.timestamp_pb2 import Timestamp  # type: ignore[import-untyped]

from sandbox.messages import contents, field

_SERVICE = "/jaeger.storage.v1.SpanReaderPlugin"
_HOUR_SECONDS = 3600
Names = dict[bytes, str]  # span id -> name


@dataclass(frozen=True)
class Bridge:
    """A tempo-query, and whose traces it is asked for."""

    channel: grpc.Channel
    tenant: str | None = None

    def services(self, within_seconds: float = 10) -> list[str]:
        """The names of all services. Raises grpc.RpcError, as a search does."""
        ask = self.channel.unary_unary(f"{_SERVICE}/GetServices")
        return [name.decode() for name in contents(ask(b"", timeout=within_seconds, metadata=self._metadata), 1)]

    def search(self, service: str, tags: Mapping[str, str], around: float, within_seconds: float = 10) -> Names:
        """The spans, whole, of 20 traces at most of a service that have these tags, an hour around a Unix time."""
        start, end = (Timestamp(seconds=int(around) + offset) for offset in (-_HOUR_SECONDS, _HOUR_SECONDS))
        wanted = b"".join(field(3, field(1, key.encode()) + field(2, value.encode())) for key, value in tags.items())
        times = field(4, start.SerializeToString()) + field(5, end.SerializeToString())
        query = field(1, service.encode()) + wanted + times + bytes([8 << 3, 20])
        ask = self.channel.unary_stream(f"{_SERVICE}/FindTraces")
        chunks = list(ask(field(1, query), timeout=within_seconds, metadata=self._metadata))
        spans = [span for chunk in chunks for span in contents(chunk, 1)]
        names = {contents(span, 2)[0]: contents(span, 3)[0].decode() for span in spans}
        assert len(names) == len(spans), "a span came twice"
        return names

    @property
    def _metadata(self) -> list[tuple[str, str]]:
        return [] if self.tenant is None else [("x-scope-orgid", self.tenant)]


@contextmanager
def bridge_at(address: str, tenant: str | None = None) -> Iterator[Bridge]:
    """Asks the tempo-query at host:port, when it is ready."""
    with grpc.insecure_channel(address) as channel:
        grpc.channel_ready_future(channel).result(timeout=30)
        yield Bridge(channel, tenant)
