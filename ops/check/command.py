"""`python -m ops check FILE…`."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import click

from allocation import Finding, allocate
from ops.mistakes import FINDING_IS_ERROR, INVALID
from ops.options import with_minio
from settings import SettingsError, load_file

MISTAKE = "invalid"  # the code of a line that is no finding, but a mistake in the file


@dataclass(frozen=True)
class Checked:
    """A file: its mistakes, or the findings of its plan."""

    path: str
    mistakes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def code(self) -> int:
        """As `plan` exits."""
        if self.mistakes:
            return INVALID
        return FINDING_IS_ERROR if self.count("error") else 0

    def count(self, severity: str) -> int:
        """How many findings are that severe."""
        return sum(finding.severity == severity for finding in self.findings)

    @property
    def lines(self) -> Iterable[str]:
        """One for each mistake and finding: `FILE: severity code path: message; remedy`."""
        yield from (f"{self.path}: error {MISTAKE} {mistake}" for mistake in self.mistakes)
        yield from (
            f"{self.path}: {each.severity} {each.code} {each.path}: {each.message}; {each.remedy}"
            for each in self.findings
        )


@click.command("check")
@click.argument("files", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@with_minio
def command(files: tuple[str, ...], form: str, with_minio: bool) -> int:
    """What there is to say against each of the FILES: one line for each finding and mistake, then a summary.

    A file is a stack file (Pulumi.<stack>.yaml), a TempoStack, or a bare spec. Exits 1 when a finding is an error, 2
    when a file is invalid; the others are checked all the same.
    """
    checked = [_check(path, with_minio=with_minio) for path in files]
    if form == "json":
        click.echo(json.dumps(_document(checked), indent=2))
    else:
        for line in (line for each in checked for line in each.lines):
            click.echo(line)
        click.echo(_summary(checked))
    return max(each.code for each in checked)


def _check(path: str, *, with_minio: bool) -> Checked:
    try:
        return Checked(path, findings=allocate(load_file(path, with_minio=with_minio)).findings)
    except SettingsError as error:
        return Checked(path, mistakes=tuple(str(mistake).removeprefix(f"{path}: ") for mistake in error.mistakes))


def _summary(checked: Sequence[Checked]) -> str:
    """`3 files: 1 invalid, 2 errors, 4 warnings`, or `3 files: no findings`."""
    counts = _counts(checked)
    words = [f"{counts['invalid']} invalid"] if counts["invalid"] else []
    words += [_several(counts[f"{word}s"], word) for word in ("error", "warning") if counts[f"{word}s"]]
    return f"{_several(len(checked), 'file')}: {', '.join(words) or 'no findings'}"


def _several(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _counts(checked: Sequence[Checked]) -> dict[str, int]:
    return {
        "invalid": sum(bool(each.mistakes) for each in checked),
        "errors": sum(each.count("error") for each in checked),
        "warnings": sum(each.count("warning") for each in checked),
    }


def _document(checked: Sequence[Checked]) -> dict[str, object]:
    files = [
        {
            "file": each.path,
            "code": each.code,
            "mistakes": list(each.mistakes),
            "findings": [asdict(finding) for finding in each.findings],
        }
        for each in checked
    ]
    return {"files": files, **_counts(checked)}
