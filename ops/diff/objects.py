"""Every object that a file's stack declares, with secrets masked, so that two stacks can be compared."""

from ops.render import engine
from ops.render.config import config_of
from ops.render.objects import Manifest, manifests
from settings import Settings


def objects_of(path: str, settings: Settings) -> list[Manifest]:
    """The objects of the stack in the file at `path`, which says `settings`. Raises Mistakes."""
    config = config_of(path, settings, show_secrets=False, stack_secrets=False)
    return manifests(engine.run(config).objects, show_secrets=False)
