"""docs/capacity.md shows what the commands print, and its budget holds the plan above it."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

from allocation import allocate
from settings import load_file

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "capacity.md").read_text()
(EXAMPLE,) = re.findall(r"```yaml\n(.*?)\n```", PAGE, re.DOTALL)


def test_the_plan_on_the_page_is_real_output(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(EXAMPLE)
    command = [sys.executable, "-m", "ops", "plan", str(file)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert f"$ python -m ops plan Pulumi.dev.yaml\n{run.stdout.rstrip()}\n```" in PAGE


def test_the_budget_on_the_page_holds_the_plan_and_not_much_more(tmp_path: Path) -> None:
    resources = re.search(r"    resources:\n(?:      .*\n)+", PAGE)
    assert resources is not None
    config = yaml.safe_load(EXAMPLE)
    config["config"]["tempostack:spec"] |= yaml.safe_load(resources[0])
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(yaml.safe_dump(config))
    plan = allocate(load_file(str(file)))
    assert not plan.findings
    for resource, total in plan.totals["limits"].items():
        assert 0.95 < plan.allocated("limits", resource) / total <= 1
