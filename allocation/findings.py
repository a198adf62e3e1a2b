"""What a plan has to say against itself: stable codes, the config path, the figures and the remedy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]
Code = Literal[
    "request-exceeds-limit",
    "floors-exceed-total",
    "replication-factor",
    "fractional-quantity",
    "too-many-tenants",
    "tempo-version",
    "over-allocated",
    "pool-exhausted",
    "hpa-exceeds-total",
    "quota-too-small",
    "unschedulable",
    "plaintext-secret",
    "pod-security",
    "open-ui",
    "below-floor",
    "limit-below-idle",
    "unbounded",
    "qos-mismatch",
    "hpa-without-request",
    "unused-override",
    "moved-annotation",
    "backend-tls",
    "store-port",
    "redirect-without-host",
    "untested-version",
    "storage-plaintext",
    "pvc-too-small",
    "acknowledged-loss",
    "limit-too-low",
    "limit-above-plan",
    "setting-beyond-plan",
    "load-above-plan",
    "intake-too-small",
    "compactor-too-small",
    "order-dependent-scheduling",
]

# What Kubernetes or Tempo would refuse is always an error; `resources.onViolation` decides about what breaks the user's
# own rules; the rest is a warning. Findings are reported in this order.
SEVERITIES: Mapping[Code, Literal["error", "onViolation", "warning"]] = {
    "request-exceeds-limit": "error",
    "floors-exceed-total": "error",
    "replication-factor": "error",
    "fractional-quantity": "error",
    "too-many-tenants": "error",
    "tempo-version": "error",
    "over-allocated": "onViolation",
    "pool-exhausted": "onViolation",
    "hpa-exceeds-total": "onViolation",
    "quota-too-small": "onViolation",
    "unschedulable": "onViolation",
    "plaintext-secret": "onViolation",
    "pod-security": "onViolation",
    "open-ui": "onViolation",
    "below-floor": "warning",
    "limit-below-idle": "warning",
    "unbounded": "warning",
    "qos-mismatch": "warning",
    "hpa-without-request": "warning",
    "unused-override": "warning",
    "moved-annotation": "warning",
    "backend-tls": "warning",
    "store-port": "warning",
    "redirect-without-host": "warning",
    "untested-version": "warning",
    "storage-plaintext": "warning",
    "pvc-too-small": "warning",
    "acknowledged-loss": "warning",
    "limit-too-low": "warning",
    "limit-above-plan": "warning",
    "setting-beyond-plan": "warning",
    "load-above-plan": "warning",
    "intake-too-small": "warning",
    "compactor-too-small": "warning",
    "order-dependent-scheduling": "warning",
}

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
    severity = "error" if enforced and code in REFUSED_BY_QUOTA else SEVERITIES[code]
    if severity == "onViolation":
        return "error" if on_violation == "error" else "warning"
    return severity
