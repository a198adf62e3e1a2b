"""`python -m ops render FILE`."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from allocation import allocate, review_rendering
from ops.mistakes import FINDING_IS_ERROR, Mistakes, reason, settings_of
from ops.options import with_minio
from ops.render.config import config_of
from ops.render.objects import Manifest, manifests
from ops.render.text import document

PRIVATE = 0o600


@click.command("render")
@click.argument("file")
@click.option("-o", "directory", metavar="DIR", help="Write one file per object into DIR.")
@click.option("--show-secrets", is_flag=True, help="Show secrets; then `kubectl apply --server-side -f -` works.")
@click.option("--stack-secrets", is_flag=True, help="Read encrypted values through `pulumi config`, to show them.")
@with_minio
def command(file: str, directory: str | None, show_secrets: bool, stack_secrets: bool, with_minio: bool) -> int:
    """Every object that `pulumi up` would declare, as YAML in apply order, with secrets masked.

    FILE is a stack file (Pulumi.<stack>.yaml), a TempoStack, or a bare spec. Exits 1 when a finding is an error, 2 on
    invalid input.
    """
    if stack_secrets and not show_secrets:
        raise Mistakes("--stack-secrets: reads secrets to show them; add --show-secrets")
    settings = settings_of(file, with_minio=with_minio)
    findings = allocate(settings).findings
    if any(finding.severity == "error" for finding in findings):
        _say(f"{finding.severity}: {finding}" for finding in findings)
        return FINDING_IS_ERROR
    config = config_of(file, settings, show_secrets=show_secrets, stack_secrets=stack_secrets)

    from ops.render import engine  # imports pulumi: not before all is known to be well

    recording = engine.run(config)
    _say(f"warning: {warning}" for warning in recording.warnings)
    objects = manifests(recording.objects, show_secrets=show_secrets)
    if directory is None:
        _print(objects)
    else:
        _write(objects, Path(directory))
    _say(f"{finding.severity}: {finding}" for finding in review_rendering(settings))
    return 0


def _print(objects: Sequence[Manifest]) -> None:
    for manifest in objects:
        sys.stdout.write(f"---\n{document(manifest)}")


def _write(objects: Sequence[Manifest], directory: Path) -> None:
    """One file per object, Secrets readable by their owner only; prints what was written. Raises Mistakes."""
    path = directory
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for manifest in objects:
            path = directory / f"{manifest['kind']}-{manifest['metadata']['name']}.yaml".lower()
            if manifest["kind"] == "Secret":
                path.touch(mode=PRIVATE)
                path.chmod(PRIVATE)
            path.write_text(document(manifest), encoding="utf-8")
            click.echo(path)
    except OSError as error:
        raise Mistakes(f"-o {directory}: cannot write {path}: {reason(error)}; name a directory to write to") from None


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)
