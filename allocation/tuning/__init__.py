"""Tempo's own limits from the plan's numbers, so that overload is refused before the kernel has to end a process."""

from allocation.tuning.setting import Setting, SettingSource

__all__ = ["Setting", "SettingSource"]
