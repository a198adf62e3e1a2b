"""`python -m sandbox tempo`: a small real Tempo on loopback, from what the program renders for a stack file."""

import hashlib
from pathlib import Path

import click

from sandbox import tempo_runs
from sandbox.rendered import render
from sandbox.tempo_processes import Tempo

_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.group()
def tempo() -> None:
    """MinIO and Tempo's five components as processes on loopback: real, small, and without a cluster."""


@tempo.command()
@_FILE
def up(file: Path) -> None:
    """Start the Tempo that FILE declares, and say where it listens."""
    running = tempo_runs.up(run_name(file), render(file))
    click.echo("Where its files say something else than the rendered ones:")
    click.echo(running.substitutions.read_text())
    click.echo("cpu and memory are not limited (--limits does that).")
    click.echo(_endpoints(running))


@tempo.command()
@_FILE
def down(file: Path) -> None:
    """End every process that `up FILE` started, and remove their data."""
    ended = tempo_runs.down(run_name(file))
    click.echo(f"{file}: ended, data removed" if ended else f"{file}: nothing was running")


@tempo.command()
@_FILE
def status(file: Path) -> None:
    """Say of each process of `up FILE` whether it runs and whether it is ready."""
    running = tempo_runs.find(run_name(file))
    if running is None:
        click.echo(f"{file}: not running")
        return
    for name in ["minio", *running.instances]:
        address = running.instances[name].address if name in running.instances else running.s3.address
        click.echo(f"{name:<18} {address:<20} {_state(running, name)}")
    click.echo(_endpoints(running))


def run_name(file: Path) -> str:
    """The data plane of a stack file: the same path, the same run; two checkouts never share one."""
    path = str(file.resolve())
    return f"{file.stem}-{hashlib.sha256(path.encode()).hexdigest()[:8]}"


def _state(running: Tempo, name: str) -> str:
    if running.process(name) is None:
        return "has ended"
    return "ready" if running.ready(name) else "not ready yet"


def _endpoints(running: Tempo) -> str:
    encrypted = "https" in running.schemes.values()
    return "\n".join(
        [
            f"OTLP gRPC  {running.otlp_grpc}",
            f"OTLP HTTP  {running.otlp_http}/v1/traces",
            f"query      {running.query}/api/search?q={{}}",
            f"logs       {running.folder}",
            *(
                [f"TLS        {running.certificates}: tls.crt and tls.key to present, ca.crt to trust"]
                if encrypted
                else []
            ),
        ]
    )
