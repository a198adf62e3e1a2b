"""docs/tempo-config.md: its files are those that are written, its lines those that are printed."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import SettingsError, load_file, tempo_keys
from settings.tempo_rules import MOST_BYTES
from tests.support.configs import files_of

PAGE = (Path(__file__).parents[3] / "docs" / "tempo-config.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return [block.split("```")[0] for block in PAGE.split(f"```{kind}\n")[1:]]


@pytest.mark.parametrize(("shown", "component"), [(1, "query-frontend"), (2, "querier")])
def test_the_files_are_as_shown(shown: int, component: str, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(blocks("yaml")[0])
    written = yaml.safe_load(files_of(load_file(tmp_path / "spec.yaml"))[f"{component}.yaml"])
    expected: dict[str, Any] = yaml.safe_load(blocks("yaml")[shown])
    assert {section: written[section] for section in expected} == expected


def test_the_mistakes_are_said_as_shown(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(blocks("yaml")[3])
    with pytest.raises(SettingsError) as error:
        load_file(tmp_path / "spec.yaml")
    assert str(error.value).splitlines() == blocks("console")[0].splitlines()[1:]


def test_the_figures_of_the_text_are_the_codes() -> None:
    assert f"{MOST_BYTES} bytes" in PAGE
    assert f"Tempo {tempo_keys.version()}" in PAGE
