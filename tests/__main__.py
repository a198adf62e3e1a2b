"""Every test, layer by layer, fast ones first: a layer that fails is the last one that runs."""

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from sandbox.catalog import COMPANIONS, CONTROL_PLANE, DATA_PLANE, ENGINE, JUDGES
from sandbox.errors import SandboxError, Unavailable
from sandbox.kubernetes_provider import kubernetes_provider
from sandbox.toolchain import ensure

TESTS = Path(__file__).parent
CORES = os.cpu_count() or 1
LAYERS = ("unit", "tools", "integration", "dataplane")  # "tools" builds what the later ones run
NEEDED = (*CONTROL_PLANE, *ENGINE, *JUDGES)  # the data plane's tests are skipped without the others
# Layers that run on every core. Where the tests of a file share a stack they stay together, and every worker has a
# control plane of its own. A data plane has the machine to itself: it is held to its cpu.
PARALLEL = {
    "unit": ("-n", "auto", "--dist", "worksteal"),
    "integration": ("-n", str(2 * CORES), "--dist", "loadfile"),  # half of the time they wait for the cluster
}


def main() -> int:
    """Run every layer, print what it took, and end with the sum of all; the exit code is the failing layer's."""
    outcomes: Counter[str] = Counter()
    ran: list[str] = []
    code = 0
    for number, layer in enumerate(LAYERS):
        print(f"\n== {layer}", flush=True)
        started = time.monotonic()
        code = _find_tools() if layer == "tools" else _run(layer, outcomes, ran)
        print(f"== {layer}: {'failed' if code else 'done'} in {time.monotonic() - started:.0f} s", flush=True)
        if code:
            for skipped in LAYERS[number + 1 :]:
                print(f"== {skipped}: skipped, because {layer} failed")
            break
    if code and not outcomes["failed"]:
        outcomes["failed"] = 1  # a layer that could not even start
    print("", *ran, sep="\n")
    print(f"\n{_in_words(outcomes)}")
    return code


def _find_tools() -> int:
    """1 where a tool is not there that the tests cannot do without, or a build fails; one line says why."""
    try:
        ensure(NEEDED)
        kubernetes_provider()
        for reason, names in _absent((*DATA_PLANE, *COMPANIONS)).items():
            print(f"{', '.join(names)}: not available, so the tests that need it are skipped. {reason}", flush=True)
    except SandboxError as error:
        print(f"Error: {error}", flush=True)
        return 1
    return 0


def _absent(names: Iterable[str]) -> dict[str, list[str]]:
    """Why executables can be neither found nor built, and which. Raises SandboxError where a build fails otherwise."""
    absent: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        try:
            ensure([name])
        except Unavailable as error:
            absent[str(error)].append(name)
    return absent


def _run(layer: str, outcomes: Counter[str], ran: list[str]) -> int:
    """pytest's exit code for one layer; its counts are added to `outcomes`, and what is to be told of it to `ran`."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        parallel = PARALLEL.get(layer, ())
        # What is skipped is told after the last layer, once.
        command = [sys.executable, "-m", "pytest", "-q", "-rfE", *parallel, f"--junitxml={report}", str(TESTS / layer)]
        code = subprocess.run(command, cwd=TESTS.parent, check=False).returncode
        if report.exists():
            suite = next(ElementTree.parse(report).iter("testsuite"))
            counted = _counted(suite)
            outcomes.update(counted)
            executed = counted["passed"] + counted["failed"]
            ran.append(f"{layer}: {executed} of {counted.total()} tests ran")
            ran += _skipped(suite, named=executed > 0)
    return code


def _counted(suite: ElementTree.Element) -> Counter[str]:
    """How many tests passed, failed and were skipped."""
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    skipped = int(suite.get("skipped", 0))
    return Counter(failed=failed, skipped=skipped, passed=int(suite.get("tests", 0)) - failed - skipped)


def _in_words(counted: Counter[str]) -> str:
    return ", ".join(f"{counted[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped"))


def _skipped(suite: ElementTree.Element, named: bool) -> Iterator[str]:
    """A line for each reason for which tests did not run, and with `named` one for each of these tests."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for case in suite.iter("testcase"):
        for skip in case.iter("skipped"):
            module = str(case.get("classname")).rpartition(".")[2]
            names[str(skip.get("message"))].append(f"{module}::{case.get('name')}")
    for reason, tests in names.items():
        yield f"  {len(tests)} did not run: {reason}"
        yield from (f"    {test}" for test in tests if named)


if __name__ == "__main__":
    sys.exit(main())
