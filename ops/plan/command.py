"""`python -m ops plan FILE`."""

from importlib import import_module

import click

from allocation import allocate
from ops.mistakes import FINDING_IS_ERROR, settings_of
from ops.options import with_minio
from ops.written import written

FORMATS = {
    "table": "ops.plan.table",
    "json": "ops.plan.document",
    "markdown": "ops.plan.markdown",
    "html": "ops.plan.html",
}


@click.command("plan")
@click.argument("file")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="table", show_default=True)
@click.option(
    "--tuning", is_flag=True, help="Show Tempo's own limits and what Go is told, too, as every other format does."
)
@with_minio
@click.option("-o", "output", metavar="FILE", help="Write it to FILE.")
def command(file: str, form: str, tuning: bool, with_minio: bool, output: str | None) -> int:
    """What each container gets, and where every number came from.

    FILE is a stack file (Pulumi.<stack>.yaml), a TempoStack, or a bare spec. Exits 1 when a finding is an error, 2 on
    invalid input.
    """
    plan = allocate(settings_of(file, with_minio=with_minio))
    with written(output):
        if tuning and form == "table":
            import_module(FORMATS[form]).write(plan, unfolded=True)
        else:
            import_module(FORMATS[form]).write(plan)
    return FINDING_IS_ERROR if any(finding.severity == "error" for finding in plan.findings) else 0
