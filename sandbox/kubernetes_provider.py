"""Which Kubernetes provider Pulumi runs: the one on PATH, its plugin, or the pinned build."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sandbox.build import CACHE, install, location
from sandbox.catalog import PROVIDER_VERSION
from sandbox.errors import Unavailable
from sandbox.toolchain import binary, ensure

VERSION = importlib.metadata.version("pulumi-kubernetes")  # of the plugin that the program asks for
PLUGIN = f"resource-kubernetes-v{VERSION}"
EXECUTABLE = "pulumi-resource-kubernetes"
INSTALL_SECONDS = 600


@dataclass(frozen=True)
class KubernetesProvider:
    """The folder with the executable, and what to say of it."""

    folder: Path
    is_plugin: bool  # of exactly the version that the program asks for, as `pulumi plugin install` lays it
    said: str


@cache
def kubernetes_provider() -> KubernetesProvider:
    """The first of: the user's on PATH, Pulumi's plugin, the build in the cache, a plugin to install, a build.

    Raises SandboxError where none can be had.
    """
    on_path = shutil.which(EXECUTABLE)
    if on_path:
        return KubernetesProvider(Path(on_path).absolute().parent, False, f"the one on PATH, {on_path}")
    plugins = (Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi")) / "plugins" / PLUGIN, CACHE / PLUGIN)
    found = next((folder for folder in plugins if folder.is_dir()), None)
    if found is None and not location(EXECUTABLE).is_dir():
        found = _install()
    if found is not None:
        return KubernetesProvider(found, True, f"Pulumi's plugin {VERSION}")
    ensure([EXECUTABLE])
    said = f"{PROVIDER_VERSION.removeprefix('v')}, built here, as Pulumi's plugin {VERSION} cannot be installed"
    return KubernetesProvider(binary(EXECUTABLE).parent, False, said)


def _install() -> Path | None:
    """The plugin, installed by Pulumi into the cache; None where it cannot be downloaded."""
    try:
        return install(CACHE / PLUGIN, _download)
    except Unavailable:
        return None


def _download(folder: Path) -> None:
    home = folder / "home"
    command = [str(binary("pulumi")), "plugin", "install", "resource", "kubernetes", f"v{VERSION}"]
    environment = os.environ | {"PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    print(f"asking Pulumi for its Kubernetes provider {VERSION}", file=sys.stderr, flush=True)
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{PLUGIN}: the download took more than {INSTALL_SECONDS} s") from None
    if done.returncode != 0 or not (home / "plugins" / PLUGIN / EXECUTABLE).exists():
        raise Unavailable(f"{PLUGIN}: {(done.stderr.strip().splitlines() or ['nothing was installed'])[-1]}")
    for each in (home / "plugins" / PLUGIN).iterdir():
        shutil.move(each, folder / each.name)
    shutil.rmtree(home)
