"""How much the load generator can push: small spans as fast as they are acknowledged by a server that keeps nothing.

Both run on the machine that the benchmarks run on, so this is the least of what the generator can do. Every round is
added to bench/data/generator.jsonl; `--report` only prints.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection

import grpc

from bench.arguments import a_count, a_number, ended_with_a_line
from bench.records import DATA, Record, append, like_the_last, read
from bench.summary import NOTHING, Rates
from sandbox.load import SMALL, Pushing

FILE = DATA / "generator.jsonl"
THREADS = 2


def main() -> int:
    """Measures the rounds that are asked for, and prints all there are."""
    arguments = _parser().parse_args()
    for _ in range(0 if arguments.report else arguments.rounds):
        append(FILE, measured(arguments.seconds, arguments.workers))
    print(sentence(newest(read(FILE))))
    return 0


def measured(seconds: float, workers: int) -> Record:
    """One push, from so many processes."""
    with _acknowledging() as target:
        pushing = Pushing.start([target], SMALL, spans_per_second=None, seconds=seconds, workers=workers)
        with pushing:
            pushed = pushing.wait()
    return {
        "workers": workers,
        "seconds": round(pushed.seconds, 1),
        "rate": round(pushed.acknowledged / pushed.seconds),
        "refused": pushed.refused,
        "generator_millicores": round(1000 * pushed.cpu_seconds / pushed.seconds),
    }


def newest(records: Sequence[Record]) -> list[Record]:
    """Those of the machine and the number of processes measured last."""
    return like_the_last(records, ("hardware", "workers"))


def sentence(records: Sequence[Record], most_held: float = 0.0) -> str:
    """What the page says of them; `most_held`: spans a second that any stack held of what was pushed like this."""
    if not records:
        return NOTHING
    rates, last = Rates(tuple(each["rate"] for each in records)), records[-1]
    cpu = Rates(tuple(each["generator_millicores"] for each in records))
    processes = f"{last['workers']} process{'es' if last['workers'] > 1 else ''}"
    times = f" That is {rates.median / most_held:.0f} times the most that any split held here." if most_held else ""
    return (
        f"The generator pushed {rates} spans/s from {processes}, taking {cpu} millicores, to a server that "
        f"acknowledges and keeps nothing, on the same processors ({len(records)} rounds; {last['hardware']}, "
        f"{last['time'][:10]}).{times}"
    )


@contextmanager
def _acknowledging() -> Iterator[str]:
    """The address of a server, in a process of its own, for the length of a block."""
    spawn = multiprocessing.get_context("spawn")  # gRPC's threads do not survive a fork
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"127.0.0.1:{ours.recv()}"
    finally:
        process.kill()
        process.join()


def _serve(said: Connection) -> None:
    def acknowledge(_: bytes, __: grpc.ServicerContext) -> bytes:
        return b""  # an ExportTraceServiceResponse with nothing rejected

    export = {"Export": grpc.unary_unary_rpc_method_handler(acknowledge)}
    handler = grpc.method_handlers_generic_handler("opentelemetry.proto.collector.trace.v1.TraceService", export)
    server = grpc.server(ThreadPoolExecutor(THREADS), handlers=[handler])
    said.send(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    server.wait_for_termination()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=a_count, default=3, help="on top of those that are there")
    parser.add_argument("--seconds", type=a_number, default=10, help="of each")
    parser.add_argument("--workers", type=a_count, default=1, help="processes that push; benchmarks have one")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    return parser


if __name__ == "__main__":
    sys.exit(ended_with_a_line(main))
