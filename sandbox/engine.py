"""The real Pulumi engine, on a private copy of the project and with a file backend of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from sandbox.errors import SandboxError
from sandbox.kubernetes_provider import PLUGIN, kubernetes_provider
from sandbox.processes import Ledger, Process
from sandbox.toolchain import binary
from sandbox.workspace import Workspace

Done = subprocess.CompletedProcess[str]

_BUSY_SECONDS = 900
_CONTEXT = "tempostack:kubeContext"  # `make up CONTEXT=name` leaves it in the project's stack file
_HOST = Path(__file__).resolve().parent / "host"


class Engine:
    """`with Engine(project, home, kubeconfig) as engine:` runs pulumi commands against one cluster.

    `home` keeps everything from one run to the next; while one Engine has it, another waits. What a killed run left
    (processes, a locked stack) is cleared first. Raises SandboxError.
    """

    def __init__(self, project: Path, home: Path, kubeconfig: Path) -> None:
        self.workspace = Workspace(project, home)
        self.stack = ""
        self._kubeconfig = kubeconfig
        self._ledger = Ledger(home / "processes.json")
        self._lock = FileLock(f"{home}.lock")

    def __enter__(self) -> Self:
        self.workspace.home.parent.mkdir(parents=True, exist_ok=True)
        self._wait_for_turn()
        try:
            self._ledger.stop()
            self.workspace.prepare()
            provider = kubernetes_provider()
            if provider.is_plugin:
                self.workspace.use_plugin(PLUGIN, provider.folder)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ledger.stop()
        self._lock.release()

    def select(self, stack: str) -> None:
        """Make `stack` the one that every later command is about; it is created where the backend has none."""
        self.stack = ""
        self.workspace.copy_stack_file(stack)
        done = self.run("stack", "select", "--create", stack)
        if done.returncode != 0:
            raise SandboxError(f"stack {stack}: {done.stderr.strip()}")
        self.stack = stack
        if _CONTEXT in self.workspace.stack_file(stack).read_text():
            self.run("config", "rm", _CONTEXT)  # the user's cluster; here there is the sandbox's alone
        if self.workspace.holds_lock():
            self.run("cancel", "--yes")  # nobody else works here, so the lock is a killed run's

    def config_set(self, key: str, value: str, *, secret: bool = False) -> Done:
        """`pulumi config set --path KEY VALUE`, in the private copy of the stack file."""
        return self.run("config", "set", "--path", *(["--secret"] if secret else []), key, "--", value)

    def up(self, *arguments: str) -> Done:
        """`pulumi up --yes`, without the preview that comes first on a terminal."""
        return self.run("up", "--yes", "--skip-preview", *arguments)

    def preview(self, *arguments: str) -> Done:
        """`pulumi preview`."""
        return self.run("preview", *arguments)

    def preview_steps(self) -> list[dict[str, Any]]:
        """The steps of `pulumi preview --json`, each with `op`, `urn`, `oldState`, `newState`, `detailedDiff`."""
        steps: list[dict[str, Any]] = self._json("preview", "--json").get("steps", [])
        return steps

    def refresh(self, *arguments: str) -> Done:
        """`pulumi refresh --yes`."""
        return self.run("refresh", "--yes", "--skip-preview", *arguments)

    def destroy(self, *arguments: str) -> Done:
        """`pulumi destroy --yes`."""
        return self.run("destroy", "--yes", "--skip-preview", *arguments)

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs; a secret one is `[secret]` unless asked for."""
        return self._json("stack", "output", "--json", *(["--show-secrets"] if show_secrets else []))

    def run(self, *arguments: str) -> Done:
        """Any pulumi command, its output as text; colours and questions are off."""
        with self._started(("--color=never", "--non-interactive", *arguments), subprocess.PIPE) as process:
            stdout, stderr = process.communicate()
        return Done(process.args, process.returncode, stdout, stderr)

    def run_in_terminal(self, *arguments: str) -> int:
        """Any pulumi command with the terminal's own input and output; its exit code."""
        with self._started(arguments, None) as process:
            before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is pulumi's to answer, who must unlock
            try:
                return process.wait()
            finally:
                signal.signal(signal.SIGINT, before)

    def _json(self, *arguments: str) -> dict[str, Any]:
        done = self.run(*arguments)
        if done.returncode != 0:
            raise SandboxError(f"pulumi {' '.join(arguments)}: {done.stdout}{done.stderr}".strip())
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    @contextmanager
    def _started(self, arguments: tuple[str, ...], output: int | None) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [binary("pulumi"), *arguments],
            cwd=self.workspace.project,
            env=self.environment(),
            stdin=subprocess.DEVNULL if output else None,
            stdout=output,
            stderr=output,
            text=True,
        )
        entry = Process.of("pulumi", process.pid)
        self._ledger.add(entry)
        yield process
        self._ledger.remove(entry)

    def environment(self) -> dict[str, str]:
        """Programs run by the interpreter that runs this, and see the sandbox's cluster only."""
        provider = kubernetes_provider()
        folders = [Path(sys.prefix) / "bin", binary("pulumi-language-python").parent]
        folders += [] if provider.is_plugin else [provider.folder]  # Pulumi takes one on PATH, whatever its version
        return {
            **self.workspace.environment(self.stack),
            "KUBECONFIG": str(self._kubeconfig),
            "PYTHONPATH": str(_HOST),
            "PATH": os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")]),
        }

    def _wait_for_turn(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            print("another run works with this sandbox; waiting for it", file=sys.stderr)
            try:
                self._lock.acquire(timeout=_BUSY_SECONDS)
            except Timeout:
                raise SandboxError(
                    f"{self.workspace.home} has been in use for {_BUSY_SECONDS // 60} minutes; end the run that has it"
                ) from None
