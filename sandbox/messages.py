"""Messages of Tempo's own gRPC and of Jaeger's, which no Python package has, by the numbers of their fields."""

from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from google.protobuf.unknown_fields import UnknownFieldSet  # type: ignore[import-untyped]


def field(number: int, content: bytes) -> bytes:
    """One field of bytes, text or another message; short ones only."""
    assert number < 16
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def contents(message: bytes, number: int) -> list[bytes]:
    """What a message has in its fields of that number."""
    return [bytes(each.data) for each in UnknownFieldSet(Empty.FromString(message)) if each.field_number == number]
