"""A deployed stack's outputs: asked of `pulumi`, or read from a file that it wrote."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ops.diff.snapshot import Snapshot
from ops.mistakes import Mistakes, reason
from ops.render.config import STACK_FILE

STACK_OUTPUT = ("pulumi", "stack", "output", "--json", "--non-interactive", "--color=never")
HOW = "write it with `pulumi stack output --json`"


def stack_of(path: str) -> str | None:
    """The stack that a stack file is of; None for any other file."""
    match = STACK_FILE.fullmatch(Path(path).name)
    return match["stack"] if match else None


def ask_pulumi(path: str, stack: str | None) -> Snapshot:
    """What is deployed of `stack`, else of the file's, else of the one selected, in the file's project.

    Raises Mistakes.
    """
    stack = stack or stack_of(path)
    source = f"deployed {stack}" if stack else "deployed"
    folder = Path(path).resolve().parent
    project = ("--cwd", str(folder)) if (folder / "Pulumi.yaml").exists() else ()
    command = [*STACK_OUTPUT, *project, *(("--stack", stack) if stack else ())]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Mistakes(f"{source}: `pulumi` is not on PATH; install it, or use --outputs FILE") from None
    if done.returncode:
        said = " ".join(done.stderr.split()).removeprefix("error: ") or f"exit code {done.returncode}"
        raise Mistakes(f"{source}: `pulumi stack output` says: {said}; name the stack with --stack")
    return Snapshot.of_outputs(source, _parsed(source, done.stdout))


def read_outputs(path: str) -> Snapshot:
    """What stands in a file, or on standard input for `-`. Raises Mistakes."""
    source = "deployed" if path == "-" else path
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise Mistakes(f"--outputs {path}: cannot be read: {reason(error)}; {HOW}") from None
    except UnicodeDecodeError:
        raise Mistakes(f"--outputs {path}: is not text; {HOW}") from None
    return Snapshot.of_outputs(source, _parsed(f"--outputs {path}", text))


def _parsed(source: str, text: str) -> dict[str, Any]:
    try:
        outputs = json.loads(text)
    except (ValueError, RecursionError):
        raise Mistakes(f"{source}: is not JSON; {HOW}") from None
    if not isinstance(outputs, dict):
        raise Mistakes(f"{source}: is not a JSON object; {HOW}")
    return outputs
