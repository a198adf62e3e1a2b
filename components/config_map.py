"""The ConfigMap with every Tempo component's file, and the hash by which a pod follows its own."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from components.tempo_config import CONFIG_FOLDER
from components.volumes import Mount, config_files

RELOADED = ("overrides.yaml",)  # Tempo reads it again by itself: a change of it restarts nothing


@dataclass(frozen=True)
class ConfigFiles:
    """The files of the stack's ConfigMap: file name -> text."""

    config_map: str
    files: Mapping[str, str]

    def mount(self, volume: str, *files: str) -> Mount:
        """These files, and no others, in the folder where programs look for them."""
        return config_files(volume, CONFIG_FOLDER, self.config_map, files)

    def checksums(self, *files: str) -> dict[str, str]:
        """What rolls the pods that read `files`, and only them."""
        return {file: checksum(self.files[file]) for file in files}


def checksum(text: str) -> str:
    """A hash of public text, short enough to read in a diff."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
