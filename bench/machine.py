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
            f"{os.cpu_count()} × {_processor()}",
            f"load {os.getloadavg()[0]:.1f}",
            f"{platform.system()} {platform.machine()}",
            f"Python {platform.python_version()}",
            *versions,
        )
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "") or platform.processor() or platform.machine()
