"""docs/allocation.md says what the code does: its example is real, its tables are the code's."""

import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

from allocation.findings import SEVERITIES
from allocation.profiles import OPERATOR, OPERATOR_WITH_GATEWAY, PRODUCTION_PODS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "allocation.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_example_is_real_output(tmp_path: Path) -> None:
    example, output = re.findall(r"```(?:yaml|text)\n(.*?)\n```", PAGE, re.DOTALL)
    file = tmp_path / "spec.yaml"
    file.write_text(example)
    command = [sys.executable, "-m", "ops", "plan", str(file)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.rstrip() == output


def test_the_table_of_weights_is_the_codes() -> None:
    for container, *cells in rows("Profiles"):
        name = container.replace("-", "_")
        for table, cell in zip((OPERATOR_WITH_GATEWAY, OPERATOR, PRODUCTION_PODS), cells, strict=True):
            weights = tuple(map(Fraction, re.findall(r"[0-9.]+", cell)))
            assert weights == table.get(name, ())
    assert len(rows("Profiles")) == len(OPERATOR_WITH_GATEWAY)


def test_the_table_of_findings_has_every_code_and_its_severity() -> None:
    assert {code.strip("`"): severity for code, severity, *_ in rows("Findings")} == dict(SEVERITIES)
