"""The least memory, or cpu, with which each container starts, gets ready and survives light load; all else is generous.

A limit holds where nothing is OOM-killed or restarted, and where spans are taken and found; through the Jaeger UI's
bridge, too, where that is the container. Halved first with short loads, then held for ten minutes, and raised where
that fails. Several components are tried at once, each in a data plane of its own: such a load takes little cpu. Every
try and every floor is added to bench/data/floors.jsonl, and what is there is not tried again.
"""

import argparse
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from functools import partial

import grpc

from bench.calibrate import LIMITS
from bench.command import a_count, a_number, exit_code, parser_of, run
from bench.mixes import Mix
from bench.planes import Deadline, Stack
from bench.records import DATA, Record, append, of_this_machine, read
from bench.search import least
from bench.splits import BRIDGE, limited
from bench.trials import QUERY_WAITS_SECONDS, Plane, say
from bench.watching import component_of
from sandbox.bridge import bridge_at
from sandbox.errors import SandboxError
from sandbox.load import LIGHT, SMALL

FILE = DATA / "floors.jsonl"
MIB = 2**20
LIGHT_LOAD, SPANS_PER_SECOND = Mix(0.2, LIGHT), 50
RAISE = 1.15
PROBE_SECONDS = 5.0
MISSED_PROBES = 12  # in a row, and Kubernetes takes it out of its Service (components/probes.py)
FIRST_PROBES = 24  # may be missed besides, by who was never ready: a compactor watches its ring for a minute first
READY_SECONDS = 60.0  # after a load that was shorter than that
JUDGED = "probes"  # how, in the data: tries and floors with another word, or none, are of an older rule
CONTAINERS = {**LIMITS, BRIDGE: (1000, 512 * MIB)}
SERVICE = "checkout"  # of the generator's, that the bridge is asked for
BRIDGE_SECONDS = 1 / LIGHT_LOAD.queries_per_second  # between two questions to it


@dataclass(frozen=True)
class Resource:
    """What is halved: its unit, an amount with which nothing starts, how finely to look, and the most to try."""

    unit: str
    fails: int
    step: int
    most: int


RESOURCES = {"memory": Resource("Mi", 8, 4, 256), "cpu": Resource("m", 0, 5, 120)}
_one_at_a_time = threading.Lock()


def main() -> int:
    """Tries what is missing, and prints what there is."""
    arguments = _parser().parse_args()
    run(arguments, lambda: _measure(arguments))
    print(f"\n{'container':16}{'resource':10}{'starts and survives':>22}{'for':>10}{'most memory it held':>22}")
    for each in _of_kind("floor"):
        most = f"{each['memory_bytes'] // MIB}Mi" if each["memory_bytes"] else "-"
        floor = f"{each['floor']}{RESOURCES[each['resource']].unit}" if each["floor"] else "not found"
        seconds = each["survived_seconds"]
        print(f"{each['container']:16}{each['resource']:10}{floor:>22}{seconds:>8.0f} s{most:>22}")
    return 0


def _measure(arguments: argparse.Namespace) -> None:
    deadline = Deadline(arguments.minutes)
    floors = _of_kind("floor", judged=JUDGED)
    known = {(each["container"], each["resource"], each["survived_seconds"]) for each in floors}
    wanted = [(name, what) for what in arguments.resources for name in arguments.containers]
    wanted = [each for each in wanted if (*each, arguments.survive_seconds) not in known]
    ending = threading.Event()
    with ThreadPoolExecutor(arguments.parallel) as threads:
        tries = [threads.submit(_floor, name, what, arguments, deadline, ending) for name, what in wanted]
        try:
            for each in tries:
                each.result()
        except KeyboardInterrupt:
            ending.set()  # each ends its own data plane, at its next look
            raise


def _floor(
    container: str, resource: str, arguments: argparse.Namespace, deadline: Deadline, ending: threading.Event
) -> None:
    """One container's, added to the file once it is found."""
    own = {"container": container, "resource": resource, "judged": JUDGED}
    tried = {(each["amount"], each["seconds"]): each["used"] for each in _of_kind("try", **own)}
    unit, fails, step, most = astuple(RESOURCES[resource])

    def holds(amount: int, seconds: float) -> bool:
        if ending.is_set() or not deadline.allows(seconds):
            raise TimeoutError
        if (amount, seconds) not in tried:
            used, reason = _survives(container, resource, amount, seconds, ending)
            if ending.is_set():
                raise TimeoutError
            tried[amount, seconds] = used
            _keep({"kind": "try", **own, "amount": amount, "seconds": seconds, "used": used, "reason": reason})
            say(f"  {container} {amount}{unit} for {seconds:.0f} s: {f'NO: {reason}' if reason else 'holds'}")
        return tried[amount, seconds] is not None

    try:
        found = least(lambda amount: holds(amount, arguments.try_seconds), fails, most, step)
        while found and found <= most and not holds(found, arguments.survive_seconds):
            found = int(found * RAISE) + 1
    except TimeoutError:
        say(f"  {container}: not finished; its tries are kept")
        return
    found = found if found and found <= most else None
    _keep(
        {
            "kind": "floor",
            **own,
            "floor": found,
            "survived_seconds": arguments.survive_seconds,
            "memory_bytes": tried[found, arguments.survive_seconds] if found else None,
            "spans_per_second": SPANS_PER_SECOND,
            "queries_per_second": LIGHT_LOAD.queries_per_second,
        }
    )


def _of_kind(kind: str, **same: str) -> list[Record]:
    """Those that were measured here, of them those that say all that is the same."""
    wanted = {"kind": kind, **same}
    return [each for each in of_this_machine(read(FILE)) if wanted.items() <= each.items()]


def _keep(record: Record) -> None:
    with _one_at_a_time:
        append(FILE, record)


def _survives(
    container: str, resource: str, amount: int, seconds: float, ending: threading.Event
) -> tuple[int | None, str]:
    """The most bytes it held under light load of so long; None, and why, where it did not."""
    cpu, memory = CONTAINERS[container]
    own = (amount, memory) if resource == "cpu" else (cpu, amount * MIB)
    stack = Stack.of(limited({**LIMITS, container: own})).with_blocks_of(60)
    used = 0
    try:
        with stack.running(own_executables=True) as tempo:
            plane = Plane(tempo, LIGHT_LOAD, SMALL, say)
            plane.warm_up(SPANS_PER_SECOND, seconds=2)
            with _asking(tempo.bridges) as unanswered, _probing(tempo.instances, tempo.ready) as not_ready:
                for part in _parts(seconds):
                    measured = plane.measure(SPANS_PER_SECOND, part)
                    if (failures := [*measured.failures, *unanswered, *not_ready]) or ending.is_set():
                        return None, "; ".join(failures) or "interrupted"
                    own_uses = (use for name, use in measured.uses.items() if _container(name) == container)
                    used = max(used, *(use.memory_bytes for use in own_uses))
            if failures := [*unanswered, *not_ready]:
                return None, "; ".join(failures)
            tempo.wait_ready(tempo.instances, within_seconds=READY_SECONDS)
            if died := [name for name in tempo.instances if tempo.usage(name).oom_kills + tempo.usage(name).restarts]:
                return None, f"{', '.join(died)} died"
            return used, ""
    except SandboxError as error:
        return None, str(error)


def _container(process: str) -> str:
    return component_of(process).replace("-", "_")


@contextmanager
def _asking(bridges: Sequence[str]) -> Iterator[list[str]]:
    """Has every bridge (host:port; most stacks have none) asked for the services and for traces of one, as the UI does.

    Yields a list, of a line for what was not answered in time, or not with what had been there before.
    """
    failed: list[str] = []

    def ask(address: str, over: threading.Event) -> None:
        found = False
        try:
            with bridge_at(address) as bridge:
                while not over.wait(BRIDGE_SECONDS):
                    services = bridge.services(QUERY_WAITS_SECONDS)
                    spans = bridge.search(SERVICE, {}, time.time(), QUERY_WAITS_SECONDS)
                    if found and not (SERVICE in services and spans):
                        failed.append("the bridge: finds nothing any more")
                    found = found or bool(spans)
        except (grpc.RpcError, grpc.FutureTimeoutError, AssertionError) as error:
            said = error.code().name if isinstance(error, grpc.RpcError) else type(error).__name__
            failed.append(f"the bridge: {said}")
        if not (found or failed):
            failed.append("the bridge: found nothing")

    with _meanwhile([partial(ask, address) for address in bridges]):
        yield failed


@contextmanager
def _probing(names: Iterable[str], ready: Callable[[str], bool]) -> Iterator[list[str]]:
    """Has every process asked whether it is ready, as often as Kubernetes does.

    Yields a list, of a line for who was not for as long as makes Kubernetes take it for unready.
    """
    failed: list[str] = []

    def probe(over: threading.Event) -> None:
        missed = dict.fromkeys(names, -FIRST_PROBES)
        while not over.wait(PROBE_SECONDS):
            for name in missed:
                missed[name] = 0 if ready(name) else missed[name] + 1
                if missed[name] == MISSED_PROBES:
                    failed.append(f"{name} not ready")

    with _meanwhile([probe]):
        yield failed


@contextmanager
def _meanwhile(works: Sequence[Callable[[threading.Event], None]]) -> Iterator[None]:
    """Each in a thread of its own, until the event that the end of the block sets; raises what one of them raised."""
    over = threading.Event()
    with ThreadPoolExecutor(max(1, len(works))) as threads:
        running = [threads.submit(work, over) for work in works]
        try:
            yield
        finally:
            over.set()
            for each in running:
                each.result()


def _parts(seconds: float) -> Sequence[float]:
    """So long in parts of half a minute, so that a death is seen soon."""
    return [30.0] * int(seconds // 30) + ([seconds % 30] if seconds % 30 else [])


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__doc__, minutes=60)
    parser.add_argument("--containers", choices=CONTAINERS, nargs="+", default=list(CONTAINERS))
    parser.add_argument("--resources", choices=RESOURCES, nargs="+", default=list(RESOURCES))
    parser.add_argument("--try-seconds", type=a_number, default=45, help="of each load while halving")
    parser.add_argument("--survive-seconds", type=a_number, default=600, help="of the last one")
    parser.add_argument("--parallel", type=a_count, default=2, help="data planes at once")
    return parser


if __name__ == "__main__":
    sys.exit(exit_code(main))
