"""docs/tls.md: its examples can be written so, and what it shows is what is declared."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import load_file
from tests.support.configs import SECRETS, config
from tests.support.recording import run

PAGE = (Path(__file__).parents[3] / "docs" / "tls.md").read_text(encoding="utf-8")
BLOCKS: list[dict[str, Any]] = [yaml.safe_load(block.split("```")[0]) for block in PAGE.split("```yaml\n")[1:]]
SPECS = [block for block in BLOCKS if "storage" in block]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: str(spec.get("tls", {}).get("mode")))
def test_the_examples_can_be_written_so(spec: dict[str, Any], tmp_path: Path) -> None:
    minio = {"enabled": spec["storage"]["secret"]["name"] == "minio"}
    entries = {"name": "tmrs", "namespace": "tempo", "minio": minio, "spec": spec}
    file = tmp_path / "Pulumi.test.yaml"
    file.write_text(yaml.safe_dump({"config": {f"tempostack:{key}": value for key, value in entries.items()}}))
    assert load_file(file).store_encrypted


def test_the_certificate_shown_is_the_one_declared() -> None:
    (shown,) = (block for block in BLOCKS if "dnsNames" in block)
    dev = config("dev")
    dev["spec"]["tls"] = SPECS[0]["tls"]
    declared = run(dev, SECRETS).kind("Certificate")["tempo-tmrs-ingester"]
    assert declared.inputs["spec"] == shown
