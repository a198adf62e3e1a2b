"""Who decides a setting: the user's own value before the plan's, and the lower of two rates."""

from dataclasses import replace

from allocation.extra import said_by_user
from allocation.overrides import Limit, Value, of_everyone, of_size
from allocation.tuning.ingest import RATE
from allocation.tuning.setting import EVERYONE, Setting, SettingSource
from settings import Settings


def decided(setting: Setting, settings: Settings) -> Setting:
    """The same key with the value that holds, and what the plan's would be where somebody else says it."""
    if setting.component == EVERYONE:
        everyone, size = ({limit.path: value for limit, value in said.items()} for said in _limits(settings))
        if setting.key in everyone:
            return _theirs(setting, everyone[setting.key], "limits", "spec.limits.global says so")
        # A size promises its rate and no more. Its burst may be below one request, and its live traces below what the
        # rate lets in, which would be lost: the plan's hold.
        if setting.key == RATE and RATE in size and int(size[RATE]) < int(setting.value):
            return _theirs(setting, size[RATE], "size", "spec.size is made for so much")
        return setting
    said = said_by_user(settings, setting.component)
    if setting.key in said:
        return _theirs(setting, said[setting.key], "extraConfig", "spec.extraConfig.tempo says so")
    return setting


def _limits(settings: Settings) -> tuple[dict[Limit, Value], dict[Limit, Value]]:
    return of_everyone(settings), of_size(settings)


def _theirs(setting: Setting, value: Value, source: SettingSource, why: str) -> Setting:
    reason = f"{why}; the plan's would be {setting.value}: {setting.reason}"
    return replace(setting, value=value, source=source, reason=reason, planned=setting.value)
