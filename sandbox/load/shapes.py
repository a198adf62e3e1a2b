"""How large traces are: spans in a trace, bytes in a span, traces in a request."""

from collections.abc import Mapping
from dataclasses import dataclass

_SPANS_PER_REQUEST = 100  # where traces are smaller than that: between an SDK's batches and a collector's
_BYTES_OF_A_SPAN_IN_LARGE_TRACES = 512


@dataclass(frozen=True)
class Shape:
    """Traces of one size; a trace is pushed whole, in one request, with as many others as a batch holds."""

    spans_per_trace: int
    span_bytes: int  # its own; what it shares with others comes on top

    @classmethod
    def of_trace_bytes(cls, trace_bytes: int) -> "Shape":
        """Traces of about this many bytes, of spans with a dozen attributes."""
        return cls(max(1, trace_bytes // _BYTES_OF_A_SPAN_IN_LARGE_TRACES), _BYTES_OF_A_SPAN_IN_LARGE_TRACES)

    @property
    def traces_per_request(self) -> int:
        """One where a trace fills a batch by itself."""
        return max(1, _SPANS_PER_REQUEST // self.spans_per_trace)

    @property
    def spans_per_request(self) -> int:
        """In all its traces."""
        return self.traces_per_request * self.spans_per_trace


SMALL = Shape(spans_per_trace=10, span_bytes=200)
KIB_10 = Shape.of_trace_bytes(10 * 1024)
KIB_50 = Shape.of_trace_bytes(50 * 1024)
KIB_250 = Shape.of_trace_bytes(250 * 1024)
# From an SDK's usual traces to those of which users see ingesters die (grafana/tempo issues 4412 and 4424).
SIZES: Mapping[str, Shape] = {"small": SMALL, "10KiB": KIB_10, "50KiB": KIB_50, "250KiB": KIB_250}
