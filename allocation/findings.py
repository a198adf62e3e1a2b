"""What a plan has to say against itself: stable codes, the config path, the figures and the remedy."""

from dataclasses import dataclass
from typing import Literal

from allocation.codes import CODES, Code

Severity = Literal["error", "warning"]

# What would leave a stack without some of its pods where the cluster itself holds the totals.
REFUSED_BY_QUOTA: frozenset[Code] = frozenset({"over-allocated", "pool-exhausted"})


@dataclass(frozen=True)
class Finding:
    """One finding. `path` is the config path, `message` has the figures, `remedy` says what to do."""

    severity: Severity
    code: Code
    path: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message} [{self.code}]; {self.remedy}"


def severity_of(code: Code, on_violation: Literal["warn", "error"], *, enforced: bool) -> Severity:
    """What a code means for the stack, whose totals the cluster holds if `enforced`: an error stops it."""
    severity = "error" if enforced and code in REFUSED_BY_QUOTA else CODES[code].severity
    if severity == "onViolation":
        return "error" if on_violation == "error" else "warning"
    return severity
