"""What a benchmark ran on, in one line."""

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine(*packages: str) -> str:
    """Processors, load, system, Python, and the versions of the packages."""
    versions = (f"{package} {version(package)}" for package in packages)
    return ", ".join(
        (
            hardware(),
            f"load {os.getloadavg()[0]:.1f}",
            f"Python {platform.python_version()}",
            *versions,
        )
    )


def hardware() -> str:
    """Processors and system: measurements of two that differ are not set beside each other."""
    return f"{os.cpu_count()} × {_processor()}, {platform.system()} {platform.machine()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "") or platform.processor() or platform.machine()
