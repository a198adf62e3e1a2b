"""What a plan has to say against itself: stable codes, the config path, the figures and the remedy."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One finding. `path` is the config path, `message` has the figures, `remedy` says what to do."""

    severity: Severity
    code: str
    path: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message} [{self.code}]; {self.remedy}"
