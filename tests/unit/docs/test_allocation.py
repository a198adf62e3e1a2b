"""docs/allocation.md: its example is real."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "allocation.md").read_text()


def test_the_example_is_real_output(tmp_path: Path) -> None:
    example, output = re.findall(r"```(?:yaml|text)\n(.*?)\n```", PAGE, re.DOTALL)
    file = tmp_path / "spec.yaml"
    file.write_text(example)
    command = [sys.executable, "-m", "ops", "plan", str(file)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.rstrip() == output
