"""The commands of `python -m ops`; each is imported only when it runs, so that `plan` never loads pulumi."""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from ops.mistakes import reported

COMMANDS = {
    "plan": "ops.plan.command",
    "check": "ops.check.command",
    "diff": "ops.diff.command",
    "render": "ops.render.command",
}


class Commands(click.Group):
    """A group that finds its commands in COMMANDS."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = COMMANDS.get(cmd_name)
        return getattr(import_module(module), "command", None) if module else None


@click.group(cls=Commands, no_args_is_help=False)
def ops() -> None:
    """What a TempoStack gets, and what it declares, from its config alone: no cluster, no engine."""


def main(args: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0, 1 when a finding is an error, 2 on invalid input."""
    if args is None:
        _meet_the_shell()
    with reported() as code:
        code[0] = ops.main(args, prog_name="python -m ops", standalone_mode=False) or 0
    return code[0]


def _meet_the_shell() -> None:
    """Prepares this process for whatever its output goes to."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` ends us as it does cat, and not with 1, an error
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name) or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # closed, as by `>&-`
        stream.reconfigure(errors="replace")  # a terminal without UTF-8 gets ? for ×
        setattr(sys, name, stream)
