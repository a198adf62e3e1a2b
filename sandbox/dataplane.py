"""`python -m sandbox tempo`: a small real Tempo on loopback, from what the program renders for a stack file."""

import hashlib
import json
from pathlib import Path

import click
from rich.console import Console

from sandbox import tempo_runs, tempo_table
from sandbox.cgroups import missing
from sandbox.errors import SandboxError
from sandbox.rendered import render
from sandbox.tempo_processes import Tempo

_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))

_LIMITED = "Every container that has limits is held to them by the kernel; `status` shows what each uses of them."
_WIDE = 1000
_UNLIMITED = "cpu and memory are not limited; `up --limits` holds each process to its container's."


@click.group()
def tempo() -> None:
    """MinIO and every replica of Tempo's components as processes on loopback: real, small, and without a cluster."""


@tempo.command()
@_FILE
@click.option("--limits", is_flag=True, help="Hold each process to its container's cpu and memory; needs root.")
def up(file: Path, limits: bool) -> None:
    """Start the Tempo that FILE declares, and say where it listens."""
    if limits and (reason := missing()):
        raise SandboxError(reason)
    running = tempo_runs.up(run_name(file), render(file), limits=limits)
    click.echo("Where its files say something else than the rendered ones:")
    click.echo(running.substitutions.read_text())
    if running.left_out:
        click.echo(f"Not started, for there is no executable of them here: {', '.join(running.left_out)}.")
    click.echo(_LIMITED if limits else _UNLIMITED)
    click.echo(_endpoints(running))


@tempo.command()
@_FILE
def down(file: Path) -> None:
    """End every process that `up FILE` started, and remove their data."""
    ended = tempo_runs.down(run_name(file))
    click.echo(f"{file}: ended, data removed" if ended else f"{file}: nothing was running")


@tempo.command()
@_FILE
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
def status(file: Path, as_json: bool) -> None:
    """Say of each process of `up FILE` what it does and uses, of its limits where it has some."""
    running = tempo_runs.find(run_name(file))
    if as_json:
        click.echo(json.dumps(tempo_table.described(running) if running else None, indent=2))
        return
    if running is None:
        click.echo(f"{file}: not running")
        return
    Console(highlight=False, width=_WIDE).print(tempo_table.table(running))  # no number is cut
    if running.supervisor.running() is None:
        click.echo("What starts them again has ended; `up` starts everything anew.")
    click.echo(_endpoints(running))


def run_name(file: Path) -> str:
    """The data plane of a stack file: the same path, the same run; two checkouts never share one."""
    path = str(file.resolve())
    return f"{file.stem}-{hashlib.sha256(path.encode()).hexdigest()[:8]}"


def _endpoints(running: Tempo) -> str:
    encrypted = "https" in running.schemes.values()
    return "\n".join(
        [
            f"OTLP gRPC  {', '.join(running.otlp_grpcs)}",
            f"OTLP HTTP  {', '.join(f'{each}/v1/traces' for each in running.otlp_https)}",
            f"query      {running.query}/api/search?q={{}}",
            f"logs       {running.folder}",
            *(
                [f"TLS        {running.certificates}: tls.crt and tls.key to present, ca.crt to trust"]
                if encrypted
                else []
            ),
        ]
    )
