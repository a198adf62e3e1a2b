"""A private copy of the project for Pulumi to run in, so that a clean checkout stays clean."""

import os
import secrets
import shutil
import sys
from pathlib import Path

from sandbox.certs import write_private
from sandbox.errors import SandboxError

_PROGRAM = ("__main__.py", "settings", "allocation", "components", "requirements.txt")
_SALT = "encryptionsalt:"
_PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


class Workspace:
    """Pulumi's home, its file backend, the passphrase, and the copy of the project, all in the folder `home`."""

    def __init__(self, source: Path, home: Path) -> None:
        self.source, self.home = source.resolve(), home
        self.project, self._pulumi, self._state = home / "project", home / "pulumi", home / "state"
        self._passphrase = home / "passphrase"

    def prepare(self) -> None:
        """Make what is missing: the program is linked to, so that an edit is seen; Pulumi.yaml is copied."""
        for folder in (self.home, self.project, self._pulumi, self._state):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._passphrase.exists():
            write_private(self._passphrase, secrets.token_urlsafe(32).encode())
        for name in _PROGRAM:
            _link(self.project / name, self.source / name)
        _link(self.project / ".venv", Path(sys.prefix))
        shutil.copyfile(self.source / "Pulumi.yaml", self.project / "Pulumi.yaml")

    def copy_stack_file(self, stack: str) -> None:
        """Take the project's file of a stack over if it changed since the last time.

        As long as it did not, what `pulumi config set` wrote into the copy stays, and the salt of its secrets always.
        """
        source, copy = self.source / f"Pulumi.{stack}.yaml", self.stack_file(stack)
        if not source.exists():
            if copy.exists():
                return
            raise SandboxError(f"stack {stack!r}: there is no {source.name}; write one, or choose another stack")
        taken = self.home / f"{source.name}.taken"
        text = source.read_text()
        if copy.exists() and taken.exists() and taken.read_text() == text:
            return
        salt = [line for line in (copy.read_text().splitlines() if copy.exists() else []) if line.startswith(_SALT)]
        copy.write_text(text if _SALT in text or not salt else f"{text.rstrip()}\n{salt[0]}\n")
        taken.write_text(text)

    def stack_file(self, stack: str) -> Path:
        """Where the private copy of a stack's file is, for whoever wants to write one that the project has not."""
        return self.project / f"Pulumi.{stack}.yaml"

    def holds_lock(self) -> bool:
        """Whether the backend says that a stack is being worked on."""
        return any((self._state / ".pulumi" / "locks").rglob("*.json"))

    def use_plugin(self, name: str, folder: Path) -> None:
        """Give this Pulumi home the plugin in `folder`, as a folder of links: Pulumi follows no link to a folder."""
        plugin = self._pulumi / "plugins" / name
        plugin.mkdir(parents=True, exist_ok=True)
        for file in folder.iterdir():
            _link(plugin / file.name, file)

    def environment(self, stack: str) -> dict[str, str]:
        """The variables under which pulumi runs: the user's, but none of Pulumi's own except its Kubernetes provider's.

        A stack file whose secrets were encrypted elsewhere keeps the user's passphrase: no other could read them.
        """
        user = {k: v for k, v in os.environ.items() if not k.startswith("PULUMI_") or k.startswith("PULUMI_K8S_")}
        source = self.source / f"Pulumi.{stack}.yaml"
        encrypted_elsewhere = source.exists() and _SALT in source.read_text()
        if encrypted_elsewhere:
            passphrase = {k: os.environ[k] for k in _PASSPHRASES if k in os.environ}
        else:
            passphrase = {"PULUMI_CONFIG_PASSPHRASE_FILE": str(self._passphrase)}
        return {
            **user,
            **passphrase,
            "PULUMI_HOME": str(self._pulumi),
            "PULUMI_BACKEND_URL": self._state.as_uri(),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        }


def _link(link: Path, target: Path) -> None:
    """Point `link` at `target`, wherever it pointed before; a target that is not there is left out."""
    link.unlink(missing_ok=True)
    if target.exists():
        link.symlink_to(target)
