"""Serve the stand-in provider: `python -m sandbox.provider --kubeconfig FILE [--context NAME]`."""

import argparse
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.provider.server import Provider

THREADS = 64  # every wait holds one, and the engine's Cancel must still find a free one
LARGEST_MESSAGE_BYTES = 400 * 1024 * 1024  # the engine's own limit


def main() -> None:
    """Listen on a free loopback port, print it, and serve until told to end."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.provider", description=__doc__)
    parser.add_argument("--kubeconfig", metavar="FILE", help="used where the stack's provider names none")
    parser.add_argument("--context", metavar="NAME", help="a context of that file (default: its current one)")
    options = parser.parse_args()
    limits = [("grpc.max_receive_message_length", LARGEST_MESSAGE_BYTES), ("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(THREADS, thread_name_prefix="rpc"), options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(options.kubeconfig, options.context), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    print("This is a stand-in for the official Kubernetes provider plugin, for this sandbox only.", file=sys.stderr)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    server.stop(grace=1).wait()


if __name__ == "__main__":
    main()
