"""The least memory with which each container starts, gets ready and survives light load, the others being generous.

A limit holds where nothing is OOM-killed or restarted, and where spans are taken and found. Halved first with short
loads, then held for ten minutes, and raised where that fails. Several components are tried at once, each in a data
plane of its own: such a load takes little cpu. Results are added to bench/data/floors.jsonl, and not tried again.
"""

import argparse
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from bench.calibrate import LIMITS
from bench.mixes import Mix
from bench.planes import Deadline, Stack, end_on_signals, need_limits
from bench.records import DATA, append, of_this_machine, read
from bench.search import least
from bench.splits import limited
from bench.trials import Plane
from bench.watching import component_of
from sandbox.errors import SandboxError
from sandbox.load import LIGHT, SMALL

FILE = DATA / "floors.jsonl"
MIB = 2**20
LIGHT_LOAD, SPANS_PER_SECOND = Mix(0.2, LIGHT), 50
FAILS_MIB, STEP_MIB, RAISE = 8, 4, 1.15  # no Go program of Tempo's size starts in 8 MiB
MOST_MIB = {"ingester": 512}
OTHERS_MOST_MIB = 256
_printing = threading.Lock()


def main() -> int:
    """Tries what is missing, and prints what there is."""
    arguments = _parser().parse_args()
    if not arguments.report:
        need_limits()
        end_on_signals()
        _measure(arguments)
    print(f"\n{'container':16}{'starts and survives':>22}{'for':>10}{'most it held':>16}")
    for each in of_this_machine(read(FILE)):
        most = f"{each['memory_bytes'] // MIB}Mi" if each["memory_bytes"] else "-"
        floor = f"{each['floor_mib']}Mi" if each["floor_mib"] else "not found"
        print(f"{each['container']:16}{floor:>22}{each['survived_seconds']:>8.0f} s{most:>16}")
    return 0


def _measure(arguments: argparse.Namespace) -> None:
    deadline = Deadline(arguments.minutes)
    known = {(each["container"], each["survived_seconds"]) for each in of_this_machine(read(FILE))}
    wanted = [name for name in arguments.containers if (name, arguments.survive_seconds) not in known]
    ending = threading.Event()
    with ThreadPoolExecutor(arguments.parallel) as threads:
        tries = [threads.submit(_floor, name, arguments, deadline, ending) for name in wanted]
        try:
            for each in tries:
                each.result()
        except KeyboardInterrupt:
            ending.set()  # each ends its own data plane, at its next look
            _say("interrupted; floors that were found are kept")


def _floor(container: str, arguments: argparse.Namespace, deadline: Deadline, ending: threading.Event) -> None:
    """One container's, added to the file once it is found."""
    held: dict[int, int] = {}  # MiB -> the most bytes it used

    def holds(mebibytes: int, seconds: float) -> bool:
        if ending.is_set() or not deadline.allows(seconds):
            raise TimeoutError
        used = _survives(container, mebibytes, seconds, ending)
        _say(f"  {container} {mebibytes}Mi for {seconds:.0f} s: {'holds' if used else 'NO'}")
        if used:
            held[mebibytes] = used
        return used is not None

    try:
        most = MOST_MIB.get(container, OTHERS_MOST_MIB)
        found = least(lambda amount: holds(amount, arguments.try_seconds), FAILS_MIB, most, STEP_MIB)
        while found and found <= most and not holds(found, arguments.survive_seconds):
            found = int(found * RAISE) + 1
    except TimeoutError:
        _say(f"  {container}: not finished, and not kept")
        return
    found = found if found and found <= most else None
    append(
        FILE,
        {
            "container": container,
            "floor_mib": found,
            "survived_seconds": arguments.survive_seconds,
            "memory_bytes": held[found] if found else None,
            "spans_per_second": SPANS_PER_SECOND,
            "queries_per_second": LIGHT_LOAD.queries_per_second,
        },
    )


def _survives(container: str, mebibytes: int, seconds: float, ending: threading.Event) -> int | None:
    """The most bytes it held under light load of so long; None where it did not start, or died, or lost anything."""
    cpu, _ = LIMITS[container]
    stack = Stack.of(limited({**LIMITS, container: (cpu, mebibytes * MIB)})).with_blocks_of(30)
    used = 0
    try:
        with stack.running() as tempo:
            plane = Plane(tempo, LIGHT_LOAD, SMALL, _say)
            plane.warm_up(SPANS_PER_SECOND, seconds=2)
            for part in _parts(seconds):
                measured = plane.measure(SPANS_PER_SECOND, part)
                if measured.failures or ending.is_set():
                    _say(f"  {container} {mebibytes}Mi: {'; '.join(measured.failures)}")
                    return None
                own = [use for name, use in measured.uses.items() if component_of(name).replace("-", "_") == container]
                used = max(used, *(use.memory_bytes for use in own))
            killed = sum(tempo.usage(name).oom_kills + tempo.usage(name).restarts for name in tempo.instances)
            return None if killed else used
    except SandboxError as error:
        _say(f"  {container} {mebibytes}Mi: {error}")
        return None


def _parts(seconds: float) -> Sequence[float]:
    """So long in parts of half a minute, so that a death is seen soon."""
    return [30.0] * int(seconds // 30) + ([seconds % 30] if seconds % 30 else [])


def _say(line: str) -> None:
    with _printing:
        print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--containers", choices=LIMITS, nargs="+", default=list(LIMITS))
    parser.add_argument("--minutes", type=float, default=60, help="nothing is started that would take longer")
    parser.add_argument("--try-seconds", type=float, default=45, help="of each load while halving")
    parser.add_argument("--survive-seconds", type=float, default=600, help="of the last one")
    parser.add_argument("--parallel", type=int, default=2, help="data planes at once")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
