"""The pages and the figure show what the data say."""

import sys
from pathlib import Path

import pytest

from bench import figure
from bench.records import PROJECT

CHECKS = [
    ("", "", 0, ""),
    ("| small | ours |", "| small | us |", 1, "measured.md is not what the data say: make figure"),
    ("<!-- /rates -->", "", 1, "measured.md has no section rates; write these lines where it goes:"),
]


@pytest.mark.parametrize(("old", "new", "code", "said"), CHECKS, ids=["as it is", "another figure", "no section"])
def test_a_page_that_differs_from_the_data_is_found(
    old: str,
    new: str,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    changed = tmp_path / "measured.md"
    changed.write_text((PROJECT / "docs/measured.md").read_text("utf-8").replace(old, new))
    monkeypatch.setattr(figure, "PAGE", changed)
    monkeypatch.setattr(sys, "argv", ["figure", "--check"])
    assert figure.main() == code
    output = capsys.readouterr()
    assert (output.out + output.err).partition("\n")[0] == said
