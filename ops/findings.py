"""Findings as every report shows them: on a terminal, and in Markdown."""

from collections.abc import Iterable

import click
from rich.console import Console
from rich.text import Text

from allocation import Finding

SEVERITIES = {"error": "bold red", "warning": "yellow"}
WIDTH = 100


def show(console: Console, findings: Iterable[Finding]) -> None:
    """Each as a paragraph: what and where, the figures, the remedy."""
    width = min(console.width, WIDTH)
    for finding in findings:
        severity = (finding.severity, SEVERITIES[finding.severity])
        console.print()
        console.print(Text.assemble(severity, " ", (finding.code, "bold"), " ", finding.path), soft_wrap=True)
        for part in (finding.message, finding.remedy):
            console.print(click.wrap_text(part, width, "  ", "  "), soft_wrap=True)
