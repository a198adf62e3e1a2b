"""One setting of Tempo's: where it stands, its value, and why."""

from dataclasses import dataclass
from typing import Literal

SettingSource = Literal["plan", "limits", "size", "extraConfig", "tempo"]

EVERYONE = ""  # the component of what stands in overrides.yaml


@dataclass(frozen=True)
class Setting:
    """One key of Tempo's configuration.

    `component` is the one whose file it stands in, or "" for the entries of overrides.yaml, which Tempo reads again
    while it runs. `key` is the dotted path there. `source` is who decided the value: the `plan`, the user's own
    `limits`, the T-shirt `size`, or `extraConfig`, where `planned` is what the plan's would be. What the plan leaves as
    `tempo` itself has it is said, and not written.
    """

    component: str
    key: str
    value: int | str
    reason: str
    source: SettingSource = "plan"
    planned: int | str | None = None
