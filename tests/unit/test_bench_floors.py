"""Whether a bridge is held to answer while its floor is looked for."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from bench import floors
from bench.floors import SERVICE, _asking
from sandbox.messages import field

SPAN = field(2, b"12345678") + field(3, b"GET /")


class Server:
    """A bridge that has one span, for so many questions."""

    def __init__(self, answers: int) -> None:
        self.left = answers
        unary, stream = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
        calls = {"GetServices": unary(lambda *_: field(1, SERVICE.encode())), "FindTraces": stream(self.find)}
        handler = grpc.method_handlers_generic_handler("jaeger.storage.v1.SpanReaderPlugin", calls)
        self.server = grpc.server(ThreadPoolExecutor(1), handlers=[handler])
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def find(self, _: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        self.left -= 1
        if self.left == -1:
            context.abort(grpc.StatusCode.UNAVAILABLE, "enough")
        yield field(1, SPAN) if self.left >= 0 else b""


@pytest.mark.parametrize(
    ("answers", "said"),
    [(10**6, []), (2, ["the bridge: UNAVAILABLE"]), (-1, ["the bridge: found nothing"])],
    ids=["all", "until it breaks", "nothing"],
)
def test_a_bridge_that_does_not_answer_any_more_or_finds_nothing_is_said(
    answers: int, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floors, "BRIDGE_SECONDS", 0.01)
    bridge = Server(answers)
    try:
        with _asking([bridge.address]) as failed:
            time.sleep(0.5)
    finally:
        bridge.server.stop(None)
    assert failed == said


def test_a_stack_without_a_bridge_has_nobody_asked() -> None:
    with _asking([]) as failed:
        pass
    assert failed == []
