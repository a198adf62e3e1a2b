"""A real Tempo for the tests, started once per profile from what the program renders."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox.rendered import render
from sandbox.tempo_processes import Tempo
from sandbox.tempo_runs import running_tempo


@pytest.fixture(scope="session", params=["operator", "production"])
def tempo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tempo]:
    file = stack_file(tmp_path_factory.mktemp("stack"), str(request.param))
    with running_tempo(render(file)) as running:
        yield running


def stack_file(folder: Path, profile: str) -> Path:
    """A bare spec of the seed's size, as a user would write it."""
    total = {"limits": {"cpu": "2000m", "memory": "2Gi"}}
    spec = {
        "storage": {"secret": {"name": "minio", "type": "s3"}},
        "storageSize": "1Gi",
        "resources": {"total": total, "profile": profile},
    }
    file = folder / "spec.yaml"
    file.write_text(yaml.safe_dump(spec))
    return file
