"""docs/limits.md: its examples are real, and its table has every limit with what Tempo takes for it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from allocation import allocate
from allocation.overrides import LIMITS, overrides_text
from settings import load_file

PAGE = (Path(__file__).parents[3] / "docs" / "limits.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return [block.split("```")[0] for block in PAGE.split(f"```{kind}\n")[1:]]


def table(heading: str) -> list[list[str]]:
    lines = PAGE.split(f"| {heading} |", 1)[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in lines]


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


@pytest.mark.parametrize("limit", LIMITS, ids=[limit.key for limit in LIMITS])
def test_the_table_says_where_tempo_reads_a_limit_and_who_enforces_it(limit: Any) -> None:
    (row,) = (cells for cells in table("key") if cells[1] == f"{limit.scope}.{limit.key}")
    assert row[0].startswith(f"{limit.block}.")
    assert row[2] == ("168h" if limit.tempos is None else str(limit.tempos))
    enforced = row[3].replace("query frontend", "query-frontend")
    assert all(reader in enforced for reader in limit.readers)
