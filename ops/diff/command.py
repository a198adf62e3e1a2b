"""`python -m ops diff A B`."""

from collections.abc import Iterable
from importlib import import_module

import click

from allocation import Finding, allocate
from ops.diff.compare import Comparison
from ops.diff.deployed import ask_pulumi, read_outputs
from ops.diff.rollout import by_manifests, by_numbers, scales_of
from ops.diff.snapshot import Snapshot
from ops.mistakes import FINDING_IS_ERROR, Mistakes, settings_of
from ops.options import with_minio
from settings import Settings

FORMATS = {"table": "ops.diff.table", "json": "ops.diff.document", "markdown": "ops.diff.markdown"}
NUMBERS_ALONE = (
    "What restarts is told from the numbers alone: another config file, image or placement restarts pods too, and "
    "`pulumi preview` shows it."
)
REFUSED = "What restarts is told from the numbers alone: {} has errors among its findings, and cannot be rendered."


@click.command("diff")
@click.argument("a")
@click.argument("b", required=False)
@click.option("--deployed", is_flag=True, help="Compare what `pulumi` says is deployed with A, which is the new one.")
@click.option("--stack", metavar="STACK", help="The deployed stack; else that of A's name, else the one selected.")
@click.option("--outputs", metavar="FILE", help="The same with what `pulumi stack output --json` wrote; - is stdin.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="table", show_default=True)
@with_minio
def command(
    a: str, b: str | None, deployed: bool, stack: str | None, outputs: str | None, form: str, with_minio: bool
) -> int:
    """What changes for each container from A to B, or from what is deployed to A, and which pods restart.

    A and B are stack files (Pulumi.<stack>.yaml), TempoStacks or bare specs. Exits 1 when a finding of the new one is
    an error, 2 on invalid input.
    """
    wanted = [b is not None, deployed or stack is not None, outputs is not None]
    if sum(wanted) != 1:
        raise click.UsageError("give two files, or one file and either --deployed or --outputs FILE")
    if b is not None:
        comparison = _of_files(a, b, with_minio=with_minio)
    else:
        plan = allocate(settings_of(a, with_minio=with_minio))
        old = ask_pulumi(a, stack) if outputs is None else read_outputs(outputs)
        new = Snapshot.of_plan(a, plan)
        comparison = Comparison(old, new, by_numbers(old, new), False, (NUMBERS_ALONE,), plan.findings)
    import_module(FORMATS[form]).write(comparison)
    return FINDING_IS_ERROR if _has_errors(comparison.findings) else 0


def _of_files(a: str, b: str, *, with_minio: bool) -> Comparison:
    settings = _settings(a, b, with_minio=with_minio)
    plans = [(path, each, allocate(each)) for path, each in settings]
    old, new = (Snapshot.of_plan(path, plan) for path, _, plan in plans)
    findings = plans[-1][2].findings
    if refused := [path for path, _, plan in plans if _has_errors(plan.findings)]:
        note = REFUSED.format(" and ".join(dict.fromkeys(refused)))
        return Comparison(old, new, by_numbers(old, new), False, (note,), findings)

    from ops.diff.objects import objects_of  # imports pulumi: not before all is known to be well

    before, after = (objects_of(path, each) for path, each, _ in plans)
    return Comparison(old, new, by_manifests(before, after, scales_of(old, new)), True, (), findings)


def _settings(*paths: str, with_minio: bool) -> list[tuple[str, Settings]]:
    """The settings of all files. Raises Mistakes, those of every file, each with its file's name."""
    found, lines = [], []
    for path in paths:
        try:
            found.append((path, settings_of(path, with_minio=with_minio)))
        except Mistakes as mistakes:
            lines += [f"{path}: {line.removeprefix(f'{path}: ')}" for line in mistakes.lines]
    if lines:
        raise Mistakes(*dict.fromkeys(lines))
    return found


def _has_errors(findings: Iterable[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)
