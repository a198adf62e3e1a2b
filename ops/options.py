"""Command-line options that several commands have."""

import click

with_minio = click.option(
    "--with-minio",
    is_flag=True,
    help="Add MinIO to a spec or a TempoStack. Without it, the Secret that they name must exist.",
)
