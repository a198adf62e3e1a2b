"""What one container gets, as one line of text: people read it in a preview's output diff, programs parse it back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from allocation.disk import DEFAULT, DISK
from allocation.plan import QOS_RESOURCES, RESOURCES, SIDES, ContainerPlan, Plan, Resource, Side, WorkloadPlan, quantity
from settings import Quantity, QuantityError

NOTHING = "-"  # where nothing decides a number
OUTSIDE = "outside the total"
UNWRITTEN = tuple(DEFAULT[side] for side in SIDES)  # limit and request of ephemeral storage
FORM = re.compile(r"(?P<least>\d+)(?:-(?P<most>\d+)(?: \((?P<counted>\d+)\))?)? × (?P<figures>.+)", re.ASCII)


@dataclass(frozen=True)
class ContainerLine:
    """`2 × cpu 500m/150m, memory 221Mi/67Mi`: replicas, then limit/request of one replica.

    An autoscaler's replicas are `2-10 ×`, or `2-10 (10) ×` where the budget counts another number than the least.
    Amounts are cpu in millicores, the rest in bytes; None, written `-`, where nothing decides one. Ephemeral storage is
    written where it is not what everybody has of it.
    """

    replicas: int  # those that the budget counts
    limits: Mapping[Resource, int | None]
    requests: Mapping[Resource, int | None]
    autoscaled: tuple[int, int] | None = None
    outside: bool = False  # of the total

    @classmethod
    def of(cls, workload: WorkloadPlan, container: ContainerPlan, *, outside: bool) -> Self:
        """The line of one container of a plan."""

        def amounts(side: Side) -> dict[Resource, int | None]:
            return {resource: container.figure(side, resource).amount for resource in RESOURCES}

        return cls(workload.replicas, amounts("limits"), amounts("requests"), workload.autoscaled, outside)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The line that says `text`. Raises ValueError."""
        form = FORM.fullmatch(text)
        if form is None:
            raise ValueError(f"{text!r} is not a container's line")
        least, most = int(form["least"]), form["most"]
        figures = form["figures"].split(", ")
        outside = figures[-1] == OUTSIDE
        limits: dict[Resource, int | None] = dict.fromkeys(RESOURCES) | {DISK: DEFAULT["limits"]}
        requests: dict[Resource, int | None] = dict.fromkeys(RESOURCES) | {DISK: DEFAULT["requests"]}
        for figure in figures[:-1] if outside else figures:
            resource, pair = _resource(figure)
            limits[resource], requests[resource] = (_parsed(resource, each) for each in pair)
        autoscaled = None if most is None else (least, int(most))
        return cls(int(form["counted"] or least), limits, requests, autoscaled, outside)

    def amount(self, side: Side, resource: Resource) -> int | None:
        """One of its figures."""
        return (self.limits if side == "limits" else self.requests)[resource]

    @property
    def scale(self) -> str:
        """Its replicas: `2`, `2-10`, or `2-10 (10)`."""
        if self.autoscaled is None:
            return str(self.replicas)
        least, most = self.autoscaled
        return f"{least}-{most}" if self.replicas == least else f"{least}-{most} ({self.replicas})"

    def __str__(self) -> str:
        pairs = {each: (self.limits[each], self.requests[each]) for each in RESOURCES}
        figures = [
            f"{each} {'/'.join(_written(each, amount) for amount in pair)}"
            for each, pair in pairs.items()
            if each in QOS_RESOURCES or pair != UNWRITTEN
        ]
        return f"{self.scale} × {', '.join([*figures, *([OUTSIDE] if self.outside else [])])}"


def container_lines(plan: Plan) -> dict[str, ContainerLine]:
    """`component/container` -> its line, inside the total and outside; the containers of a pod sort together."""
    return {
        f"{workload.component}/{container.name}": ContainerLine.of(workload, container, outside=outside)
        for workloads, outside in ((plan.workloads, False), (plan.outside, True))
        for workload in workloads
        for container in workload.containers
    }


def parse_amount(resource: Resource, text: str) -> int:
    """What `quantity` wrote: cpu in millicores, the rest in bytes. Raises ValueError."""
    try:
        parsed = Quantity.parse(text, "cores" if resource == "cpu" else "bytes")
    except QuantityError:
        number = text.removesuffix("m") if resource == "cpu" else text  # as `quantity` writes what none can hold
        return int(number)
    amount = parsed.millicores if resource == "cpu" else parsed.bytes
    if amount.denominator != 1:
        raise ValueError(f"{text!r} is no whole number of {'millicores' if resource == 'cpu' else 'bytes'}")
    return int(amount)


def _resource(figure: str) -> tuple[Resource, list[str]]:
    """`cpu 500m/150m` taken apart."""
    for resource in RESOURCES:
        pair = figure.removeprefix(f"{resource} ").split("/")
        if figure.startswith(f"{resource} ") and len(pair) == 2:
            return resource, pair
    raise ValueError(f"{figure!r} is not a resource and its limit/request")


def _written(resource: Resource, amount: int | None) -> str:
    return NOTHING if amount is None else quantity(resource, amount)


def _parsed(resource: Resource, text: str) -> int | None:
    return None if text == NOTHING else parse_amount(resource, text)
