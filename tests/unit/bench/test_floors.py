"""Whether a bridge is held to answer, and everybody to be ready, while a floor is looked for."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from bench import floors
from bench.floors import SERVICE, _asking, _probing
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


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([True], []),
        ([False, True], []),  # it starts late
        ([True, False, False, True], []),
        ([True, False, False, False], ["compactor-0 not ready"]),
        ([False] * 7 + [True], []),
        ([False] * 8, ["compactor-0 not ready"]),
    ],
)
def test_who_misses_as_many_probes_as_kubernetes_allows_is_said_once(
    answers: list[bool], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floors, "PROBE_SECONDS", 0.001)
    monkeypatch.setattr(floors, "MISSED_PROBES", 3)
    monkeypatch.setattr(floors, "FIRST_PROBES", 5)
    asked: list[str] = []

    def ready(name: str) -> bool:
        asked.append(name)
        return name != "compactor-0" or answers[min(asked.count(name), len(answers)) - 1]

    with _probing(["compactor-0", "ingester-0"], ready) as failed:
        while asked.count("ingester-0") < 15:
            time.sleep(0.001)
    assert failed == said
