"""Looks for secrets in whatever a run left behind, in every form in which somebody could read them there.

What is looked for is each secret's core: letters, digits, '-' and '_', which JSON, YAML, URLs and shells leave alone.
"""

import base64
import binascii
import gzip
import re
from collections.abc import Iterator, Mapping

DEEPEST = 3  # base64 in base64 in base64
_CORE = re.compile(r"[A-Za-z0-9_-]{12,}")  # fewer characters could stand somewhere by chance
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_GZIP = b"\x1f\x8b"


class Leaks:
    """`Leaks({"password": core}).found(text)` is the names of the secrets whose core the text shows."""

    def __init__(self, cores: Mapping[str, str]) -> None:
        assert all(_CORE.fullmatch(core) for core in cores.values())
        self._forms = {name: set(_forms(core.encode())) for name, core in cores.items()}

    def found(self, content: str | bytes, depth: int = 0) -> set[str]:
        """Names of the secrets that are in it, also where it, or a part of it, is encoded or compressed."""
        content = content.encode() if isinstance(content, str) else content
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
        names = {name for name, forms in self._forms.items() if any(form in content for form in forms)}
        if depth < DEEPEST:
            for match in set(_BASE64.findall(content)):
                names |= self.found(_decoded(match), depth + 1)
        return names


def _forms(core: bytes) -> Iterator[bytes]:
    """As it is, in hex, and in base64 at each of the three places where it can begin in a longer text."""
    yield from (core, core.hex().encode(), core.hex().upper().encode())
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + core)
        first = -(-before * 4 // 3)  # the characters from here on are made of the core's own bits
        last = (before + len(core)) * 8 // 6
        yield encoded[first:last]
        yield encoded[first:last].translate(bytes.maketrans(b"+/", b"-_"))


def _decoded(text: bytes) -> bytes:
    text = text.translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(text[: len(text) // 4 * 4])
    except binascii.Error:
        return b""
