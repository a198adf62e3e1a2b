"""A component's `autoscaling`: between which bounds a HorizontalPodAutoscaler keeps its pods, and by what."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.base import Model
from settings.types import IntField, refuse


class Autoscaling(Model):
    """The bounds and what the budget counts."""

    min_replicas: Annotated[IntField, Field(ge=1, le=2**31 - 1)] = 2
    """Never fewer pods."""
    max_replicas: Annotated[IntField, Field(ge=1, le=2**31 - 1)] = 10
    """Never more pods."""
    budget: Literal["min", "max"] = "min"
    """Which of the two the stack's total is shared by."""

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> Self:
        if self.max_replicas < self.min_replicas:
            refuse(f"has maxReplicas {self.max_replicas} below minReplicas {self.min_replicas}; swap them")
        return self
