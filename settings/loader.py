"""From a file or from Pulumi's config to Settings."""

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import yaml

from settings.stack import Settings


def load_file(path: str | PathLike[str]) -> Settings:
    """A stack file, a bare spec or a TempoStack. Raises SettingsError."""
    data: dict[str, Any] = yaml.safe_load(Path(path).read_text())
    if "config" in data:
        config = {key.removeprefix("tempostack:"): value for key, value in data["config"].items()}
        return Settings.model_validate({k: v for k, v in config.items() if k in ("name", "namespace", "minio", "spec")})
    metadata = data.get("metadata", {})
    minio = {"enabled": True}
    return Settings.model_validate(
        {
            "name": metadata.get("name", "tempo"),
            "namespace": metadata.get("namespace", "tempo"),
            "minio": minio,
            "spec": data.get("spec", data),
        }
    )


def load_config(config: Mapping[str, str]) -> Settings:
    """What the Pulumi runtime hands over. Raises SettingsError."""
    decoded = {k: json.loads(v) if k in ("spec", "minio", "createNamespace") else v for k, v in config.items()}
    return Settings.model_validate(decoded)
