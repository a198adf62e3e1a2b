"""`spec.extraConfig`: keys of Tempo's own, over those that this program writes."""

from typing import Annotated, Any

from pydantic import Field

from settings.base import Model


class ExtraConfig(Model):
    """Tempo's own configuration; its keys have a rule, settings.tempo_rules, and so a line for each."""

    tempo: Annotated[dict[Any, Any], "Tempo's configuration", Field(default_factory=dict)]
    """Keys of Tempo's own, as its configuration has them; maps are merged, lists and scalars replaced."""
