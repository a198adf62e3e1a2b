"""A component's `strategy`: how its pods are replaced by new ones, in the shape of a Deployment's."""

import re
from typing import Annotated, Literal, Self

from pydantic import PlainValidator, model_validator

from settings.base import Model
from settings.mistakes import shown
from settings.types import refuse


def _count_or_percent(value: object) -> int | str:
    """A number of pods, or a part of them: `25%`."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,6}%", value):
        return f"{int(value[:-1])}%"
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,6}", value):
        refuse(f"{shown(value)} is text; write {value} without quotes, or {value}%")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        refuse(f"{shown(value)} is neither a number of pods nor a part of them; write one such as 1 or 25%")
    return value


CountOrPercentField = Annotated[int | str, PlainValidator(_count_or_percent), "whole number or percentage"]


class RollingUpdate(Model):
    """How many pods come early and leave early."""

    max_surge: CountOrPercentField = 0
    """How many more than the replicas may run meanwhile; a percentage is rounded up."""
    max_unavailable: CountOrPercentField = 1
    """How many fewer than the replicas may be ready meanwhile; a percentage is rounded down."""

    @model_validator(mode="after")
    def _lets_a_pod_come_or_leave(self) -> Self:
        if _number(self.max_surge) == _number(self.max_unavailable) == 0:
            refuse("lets no pod come early and none leave early; write more than 0 for maxSurge or maxUnavailable")
        if isinstance(self.max_unavailable, str) and _number(self.max_unavailable) > 100:
            refuse(f"has a maxUnavailable of {self.max_unavailable}; write 100% or less")
        return self


class Strategy(Model):
    """How pods are replaced; without this block a pod is told to end before its successor is made."""

    type: Literal["RollingUpdate", "Recreate"] = "RollingUpdate"
    """A few at a time, or all at once and none in between."""
    rolling_update: RollingUpdate | None = None
    """How many at a time, for `RollingUpdate`."""

    @model_validator(mode="after")
    def _has_numbers_only_where_they_are_read(self) -> Self:
        if self.type == "Recreate" and self.rolling_update is not None:
            refuse("has a rollingUpdate although its type is Recreate; remove it or write type: RollingUpdate")
        return self

    @property
    def rolling(self) -> RollingUpdate:
        """The numbers, with the defaults."""
        return self.rolling_update or RollingUpdate()


def _number(amount: int | str) -> int:
    return int(str(amount).removesuffix("%"))
