"""What a push can be answered, and whether the OTLP specification lets the sender try again."""

from collections.abc import Iterable
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

OK = "OK"
PARTIAL_SUCCESS = "PARTIAL_SUCCESS"  # some spans were rejected; which ones is not said, and none may be sent again

# https://opentelemetry.io/docs/specs/otlp/ (1.9.0): "Failures", for gRPC
_RETRYABLE = {"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"}
_DETAILS = "grpc-status-details-bin"  # a serialized google.rpc.Status
_WHEN_TO_RETRY = b"type.googleapis.com/google.rpc.RetryInfo"  # the type of one of its details


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one request."""

    request: int  # its number
    sent_seconds: float  # since the push began
    latency_seconds: float
    code: str  # OK, PARTIAL_SUCCESS, or a gRPC code
    retryable: bool = False


def accepted(body: bytes) -> str:
    """OK, or PARTIAL_SUCCESS, from the body of a success."""
    if not body or not ExportTraceServiceResponse.FromString(body).partial_success.rejected_spans:
        return OK
    return PARTIAL_SUCCESS


def retryable(code: str, trailers: Iterable[tuple[str, str | bytes]]) -> bool:
    """RESOURCE_EXHAUSTED only where the server says when to come back."""
    if code == "RESOURCE_EXHAUSTED":
        # Looked for, not decoded: Pulumi brings another copy of that message, and one process takes only one of them.
        return any(_WHEN_TO_RETRY in value for key, value in trailers if key == _DETAILS and isinstance(value, bytes))
    return code in _RETRYABLE
