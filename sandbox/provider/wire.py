"""Property values on the wire: protobuf Structs to Python and back, with what is secret and what is not known yet."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct, Value  # type: ignore[import-untyped]

# The engine's own marks (pulumi/sdk/go/common/resource/plugin and .../sig).
SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (a mark, no secret)
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Unknown(Enum):
    """The one value of everything that only the real run will tell."""

    UNKNOWN = "known in the real run"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True)
class Secret:
    """A value that stays encrypted in the state and out of every message."""

    value: Any = field(repr=False)


def decode(struct: Struct) -> dict[str, Any]:
    """Python values: whole numbers as int, nulls left out, secrets as `Secret`, what is not known as `UNKNOWN`."""
    return {key: _decode(value) for key, value in struct.fields.items() if value.WhichOneof("kind") != "null_value"}


def _decode(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        decoded = decode(value.struct_value)
        signature = decoded.get(SIGNATURE_KEY)
        if signature is None:
            return decoded
        inner = decoded.get("value", UNKNOWN)
        return Secret(inner) if signature == SECRET_SIGNATURE or decoded.get("secret") else inner
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "number_value":  # a Struct knows doubles only, and a port of 8080.0 is no port
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    if kind == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN_TEXT else value.string_value
    return value.bool_value if kind == "bool_value" else None


def encode(properties: Mapping[str, Any]) -> Struct:
    """The Struct of Python values, the inverse of `decode`."""
    struct = Struct()
    struct.update(_encode(properties))
    return struct


def _encode(value: Any) -> Any:
    if isinstance(value, Secret):
        return {SIGNATURE_KEY: SECRET_SIGNATURE, "value": _encode(value.value)}
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_encode(item) for item in value]
    return UNKNOWN_TEXT if value is UNKNOWN else value


def plain(value: Any) -> Any:
    """The value without its secret marks, as an API server takes it."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def leaves(value: Any) -> Iterator[Any]:
    """Every value that holds no others; a `Secret` is one."""
    if isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from leaves(item)
    else:
        yield value


def is_known(value: Any) -> bool:
    """Whether nothing in it waits for the real run."""
    return all(leaf is not UNKNOWN for leaf in leaves(plain(value)))


def marked_like(value: Any, model: Any) -> Any:
    """`value` with everything secret that is secret in `model` at the same place."""
    if isinstance(model, Secret):
        return Secret(plain(value))
    if isinstance(value, Mapping) and isinstance(model, Mapping):
        return {key: marked_like(item, model.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(model, list):
        places = [*model, *[None] * (len(value) - len(model))]
        return [marked_like(item, place) for item, place in zip(value, places, strict=False)]
    return value


def redacted(message: str, properties: Mapping[str, Any]) -> str:
    """The message without any secret of these properties, plain or base64, should a server have quoted one."""
    secrets = (leaf for leaf in leaves(properties) if isinstance(leaf, Secret))
    texts = {str(text) for secret in secrets for text in leaves(plain(secret)) if len(str(text)) > 3}
    for text in sorted(texts, key=len, reverse=True):
        message = message.replace(text, "[secret]").replace(base64.b64encode(text.encode()).decode(), "[secret]")
    return message
