"""`python -m sandbox`: start, use, see and end a local control plane, a Pulumi engine on it, a small real Tempo."""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from sandbox import cluster
from sandbox.catalog import BUILD_OF, COMPANIONS, CONTROL_PLANE, DATA_PLANE, ENGINE, JUDGES
from sandbox.dataplane import tempo
from sandbox.engine import Engine
from sandbox.errors import SandboxError
from sandbox.kubernetes_provider import kubernetes_provider
from sandbox.processes import Process
from sandbox.toolchain import ensure, kubectl

PROJECT = Path(__file__).resolve().parent.parent
SIMULATED = "The control plane is real; nodes and pods are simulated by kwok: pods become Ready, no container runs."


class Commands(click.Group):
    """A group whose commands end in one line when the sandbox cannot go on."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except SandboxError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            if error.filename is None:
                raise
            where = (
                "the sandbox keeps its files below HOME, in .cache and .local/state, and must be able to write there"
            )
            raise click.ClickException(f"{error.filename}: {error.strerror}; {where}") from None


def default_name() -> str:
    """One sandbox for each checkout of the project, so that two of them never meet."""
    return f"dev-{hashlib.sha256(str(PROJECT).encode()).hexdigest()[:6]}"


name_option = click.option(
    "--name", envvar="TEMPOSTACK_SANDBOX", default=default_name, show_default="one for each checkout", metavar="NAME"
)
passed_on = click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.group(cls=Commands)
def main() -> None:
    """A local Kubernetes control plane, a Pulumi engine on it, and a small real Tempo, for this project."""


main.add_command(tempo)


@main.command()
@name_option
@click.option("--json", "as_json", is_flag=True, help="Print the sandbox as JSON.")
def up(name: str, as_json: bool) -> None:
    """Start the control plane; one that runs already is left as it is."""
    ensure((*CONTROL_PLANE, *ENGINE))
    kubernetes_provider()
    started = cluster.up(name)
    click.echo(json.dumps(_described(name)) if as_json else _how_to_use(started))


@main.command()
@name_option
@click.option("--all", "every", is_flag=True, help="Every sandbox of this user.")
def down(name: str, every: bool) -> None:
    """End a sandbox and remove everything it kept."""
    for each in cluster.names() if every else [name]:
        click.echo(f"{each}: {'ended' if cluster.down(each) else 'nothing to end'}")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of sandboxes.")
def status(as_json: bool) -> None:
    """Show every sandbox of this user and what runs for it."""
    sandboxes = [_described(name) for name in cluster.names()]
    if as_json:
        click.echo(json.dumps(sandboxes, indent=2))
        return
    for sandbox in sandboxes or [{}]:
        click.echo("no sandbox; start one with: make up" if not sandbox else _line(sandbox))


@main.command(context_settings=PASS_ON)
@name_option
@click.option("--stack", default="dev", show_default=True, help="The stack whose file is used.")
@passed_on
def pulumi(name: str, stack: str, arguments: tuple[str, ...]) -> None:
    """Run a pulumi command on the sandbox, in a private copy of the stack files: `pulumi up --yes`."""
    running = _running(name)
    with Engine(PROJECT, running.folder / "engine", running.kubeconfig) as engine:
        click.echo(f"Kubernetes provider: {kubernetes_provider().said}", err=True)
        engine.select(stack)
        code = engine.run_in_terminal(*arguments)
    sys.exit(code)


@main.command("kubectl", context_settings=PASS_ON)
@name_option
@passed_on
def run_kubectl(name: str, arguments: tuple[str, ...]) -> None:
    """Run kubectl on the sandbox: `kubectl get pods --all-namespaces`."""
    os.environ["KUBECONFIG"] = str(_running(name).kubeconfig)
    os.execv(kubectl(), ["kubectl", *arguments])


@main.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(BUILD_OF)))
@click.option("--path", "as_path", is_flag=True, help="Print their folders, as in PATH.")
def tools(names: tuple[str, ...], as_path: bool) -> None:
    """Find or build the tools NAMES (default: all) and print where they are."""
    names = names or (*CONTROL_PLANE, *ENGINE, *DATA_PLANE, *COMPANIONS, *JUDGES)
    paths = ensure(names)
    if as_path:
        click.echo(os.pathsep.join(dict.fromkeys(str(path.parent) for path in paths)))
        return
    for name, path in zip(names, paths, strict=True):
        click.echo(f"{name}\t{path}")


def _running(name: str) -> cluster.Cluster:
    running = cluster.find(name)
    if running is None:
        raise SandboxError(f"sandbox {name!r} does not run; start it with: python -m sandbox up --name {name}")
    return running


def _described(name: str) -> dict[str, Any]:
    """The JSON of one sandbox: `name`, `running`, `server`, `kubeconfig`, `processes[].{name, pid, memory_bytes}`."""
    found = cluster.find(name)
    return {
        "name": name,
        "running": found is not None,
        "server": found.server if found else None,
        "kubeconfig": str(found.kubeconfig) if found else None,
        "processes": [_process(p) for p in found.processes] if found else [],
    }


def _process(process: Process) -> dict[str, Any]:
    live = process.running()
    return {"name": process.name, "pid": process.pid, "memory_bytes": live.memory_info().rss if live else 0}


def _line(sandbox: dict[str, Any]) -> str:
    name = sandbox["name"]
    if not sandbox["running"]:
        return f"{name}: not running; remove what is left with: python -m sandbox down --name {name}"
    mebibytes = sum(p["memory_bytes"] for p in sandbox["processes"]) // 2**20
    processes = " ".join(f"{p['name']}({p['pid']})" for p in sandbox["processes"])
    return f"{name}: {sandbox['server']}, {mebibytes} MiB: {processes}\n  export KUBECONFIG={sandbox['kubeconfig']}"


def _how_to_use(running: cluster.Cluster) -> str:
    return f"""sandbox {running.name}: {running.server}
{SIMULATED}

  export KUBECONFIG={running.kubeconfig}
  kubectl get deploy,sts,pods,svc,cm,secret,pvc --all-namespaces

without a kubectl: python -m sandbox kubectl get pods --all-namespaces"""


if __name__ == "__main__":
    main(prog_name="python -m sandbox")
