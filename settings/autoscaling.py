"""A component's `autoscaling`: between which bounds a HorizontalPodAutoscaler keeps its pods, and by what.

`metrics` and `behavior` have the shape of autoscaling/v2, so that those of an existing autoscaler can be pasted in.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.base import Model
from settings.names import MetricNameField
from settings.placement import LabelSelector
from settings.types import AmountField, IntField, refuse

PodsField = Annotated[IntField, Field(ge=1, le=2**31 - 1)]
WindowField = Annotated[IntField, Field(ge=0, le=3600)]
PeriodField = Annotated[IntField, Field(ge=1, le=1800)]
CPU_PERCENT = 70  # of the requests: what is followed where nothing is said


class Target(Model):
    """What a metric is kept at, per pod."""

    type: Literal["Utilization", "AverageValue"]
    """`Utilization` compares with the pods' requests, `AverageValue` with an amount."""
    average_utilization: PodsField | None = None
    """Percent of the requests, for `Utilization`."""
    average_value: AmountField | None = None
    """The amount for each pod, for `AverageValue`."""

    @model_validator(mode="after")
    def _has_the_one_number_that_its_type_reads(self) -> Self:
        if self.type == "Utilization" and self.average_utilization is None:
            refuse("has no averageUtilization; add it, in percent of the requests, such as 70")
        if self.type == "AverageValue" and self.average_value is None:
            refuse("has no averageValue; add it, the amount for each pod")
        if self.type == "Utilization" and self.average_value is not None:
            refuse("has an averageValue although its type is Utilization; remove it or write type: AverageValue")
        if self.type == "AverageValue" and self.average_utilization is not None:
            refuse("has an averageUtilization although its type is AverageValue; remove it or write type: Utilization")
        return self


class ResourceMetric(Model):
    """What the pods use of a resource."""

    name: Literal["cpu", "memory"]
    """The resource."""
    target: Target
    """What it is kept at."""


class MetricName(Model):
    """Which metric, of those that the cluster's metrics adapter serves."""

    name: MetricNameField
    """Its name there."""
    selector: LabelSelector | None = None
    """Which of its series, by their labels."""


class PodsMetric(Model):
    """A metric that every pod has, served by a metrics adapter in the cluster."""

    metric: MetricName
    """Which metric."""
    target: Target
    """What it is kept at; `AverageValue` only."""

    @model_validator(mode="after")
    def _is_compared_with_an_amount(self) -> Self:
        if self.target.type != "AverageValue":
            refuse("has a target of type Utilization, which only resources have; write type: AverageValue")
        return self


class Metric(Model):
    """One of the metrics; the one that asks for the most pods wins."""

    type: Literal["Resource", "Pods"]
    """Which of the two blocks below it has."""
    resource: ResourceMetric | None = None
    """For `Resource`: cpu or memory."""
    pods: PodsMetric | None = None
    """For `Pods`: a metric of each pod."""

    @model_validator(mode="after")
    def _has_the_one_block_that_its_type_reads(self) -> Self:
        blocks = {"Resource": self.resource, "Pods": self.pods}
        for kind, block in blocks.items():
            key = kind.lower()
            if kind == self.type and block is None:
                refuse(f"has type {kind} and no {key}; add that block or write another type")
            if kind != self.type and block is not None:
                refuse(f"has {key} although its type is {self.type}; remove it or write type: {kind}")
        return self


class ScalingPolicy(Model):
    """A bound on how fast the number of pods changes."""

    type: Literal["Pods", "Percent"]
    """What `value` counts."""
    value: PodsField
    """How many pods, or how much of them in percent, in each period."""
    period_seconds: PeriodField
    """The period."""


class ScalingRules(Model):
    """How fast the number of pods changes in one direction."""

    stabilization_window_seconds: WindowField | None = None
    """How long the number must be asked for before it is believed; Kubernetes' default is 0 up and 300 down."""
    select_policy: Literal["Max", "Min", "Disabled"] | None = None
    """The policy that counts: the one with the largest change (Kubernetes' default), the smallest, or none at all."""
    policies: list[ScalingPolicy] = []  # noqa: RUF012 (pydantic copies it)
    """The bounds; Kubernetes' own where there are none."""


class Behavior(Model):
    """How fast the number of pods changes."""

    scale_up: ScalingRules | None = None
    """Towards more pods."""
    scale_down: ScalingRules | None = None
    """Towards fewer pods."""


class Autoscaling(Model):
    """The bounds, what the number of pods follows, and what the budget counts."""

    min_replicas: PodsField = 2
    """Never fewer pods."""
    max_replicas: PodsField = 10
    """Never more pods."""
    budget: Literal["min", "max"] = "min"
    """Which of the two the stack's total is shared by."""
    metrics: Annotated[list[Metric], Field(min_length=1)] | None = None
    """What the number of pods follows, as in autoscaling/v2; cpu at 70 % of the requests where nothing is said."""
    behavior: Behavior | None = None
    """How fast it follows, as in autoscaling/v2."""

    @property
    def followed(self) -> list[Metric]:
        """The metrics, with the default."""
        return self.metrics or [CPU]

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> Self:
        if self.max_replicas < self.min_replicas:
            least, most = self.min_replicas, self.max_replicas
            refuse(f"has maxReplicas {most} below minReplicas {least}; write {least} or more for maxReplicas")
        return self


CPU = Metric.model_validate(
    {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": CPU_PERCENT}},
    }
)
