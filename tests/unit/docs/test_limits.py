"""docs/limits.md: its examples are real."""

from pathlib import Path
from typing import Any

import yaml

from allocation import allocate
from allocation.overrides import overrides_text
from settings import load_file

PAGE = (Path(__file__).parents[3] / "docs" / "limits.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return [block.split("```")[0] for block in PAGE.split(f"```{kind}\n")[1:]]


def test_the_example_s_overrides_are_those_that_are_written(tmp_path: Path) -> None:
    spec, shown, _ = blocks("yaml")
    (tmp_path / "spec.yaml").write_text(spec)
    settings = load_file(tmp_path / "spec.yaml")
    assert overrides_text(settings, allocate(settings).tuning) == shown


def test_the_example_s_namespaces_can_be_written_so(tmp_path: Path) -> None:
    spec, _, namespaces = blocks("yaml")
    config: dict[str, Any] = yaml.safe_load(namespaces)
    config["config"] |= {"tempostack:name": "tmrs", "tempostack:namespace": "tempo"}
    config["config"]["tempostack:spec"] = yaml.safe_load(spec)
    file = tmp_path / "Pulumi.test.yaml"
    file.write_text(yaml.safe_dump(config))
    dev, prod = load_file(file).tenant_namespaces
    assert (dev.quota_name, prod.create) == ("dev-tenant-quota", False)
