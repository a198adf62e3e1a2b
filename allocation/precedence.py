"""Where a number comes from: for every container and resource, the first source that has one wins.

1. `override`: the user's own value, to the letter.
2. What is stated for it: by the number of `tenants`, a `size` or a `workload`; the class its pods ask for (`qos`).
3. `share`: a share of what the total leaves after those; `enough` or `floor` where that is what decides it.
4. `none`: no total, nothing stated. A request without a total of requests is a part of its limit.
   Of the node's own disk everybody gets a `default` then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from math import ceil

from allocation import disk
from allocation.containers import Container
from allocation.floors import floor_of
from allocation.plan import QOS_RESOURCES, SIDES, Figure, Resource, Side, Source
from allocation.sharing import Claim, share
from allocation.units import UNIT

Figures = dict[Container, Figure]  # one side of one resource, over the whole stack
Claims = Mapping[Container, Claim]  # of the containers that run, as yet without floors

NOTHING = Figure(None, "none")


def decide_limits(resource: Resource, claims: Claims, total: int | None, stated: Mapping[Container, Figure]) -> Figures:
    """Every container's limit; `total` in millicores or bytes, `stated` as another source has it."""
    asked = {c: c.override("requests", resource) or 0 for c in claims}  # a limit is never below the request given
    figures = {c: _at_least(asked[c], figure) for c, figure in stated.items()}
    figures |= _guaranteed(resource, asked) | _overrides("limits", resource, claims)
    undecided = {c: claim for c, claim in claims.items() if c not in figures}
    if total is None:
        return figures | dict.fromkeys(undecided, NOTHING)
    floors = {c: max(floor_of(c.component, c.name, "limits", resource), asked[c]) for c in undecided}
    return figures | _shares(resource, total - _paid(figures), undecided, floors, caps={})


def decide_requests(
    resource: Resource,
    claims: Claims,
    total: int | None,
    limits: Figures,
    stated: Mapping[Container, Figure],
    ratio: Fraction,
) -> Figures:
    """Every container's request, none above its limit but an override; `total` in millicores or bytes."""
    figures = {c: _at_most(limits[c].amount, figure) for c, figure in stated.items()}
    figures |= _by_class(resource, limits, total) | _overrides("requests", resource, claims)
    undecided = {c: claim for c, claim in claims.items() if c not in figures}
    if total is None:
        return figures | {c: _part_of_limit(resource, limits[c].amount, ratio) for c in undecided}
    floors = {c: floor_of(c.component, c.name, "requests", resource) for c in undecided}
    caps = {c: limit for c in undecided if (limit := limits[c].amount) is not None}
    return figures | _shares(resource, total - _paid(figures), undecided, floors, caps)


def with_defaults(resource: Resource, limits: Figures, requests: Figures) -> tuple[Figures, Figures]:
    """Both, where nothing decides them, as `allocation.disk` has them; a limit gives way to a larger request.

    Of a container with a limit the request is decided, since it follows the limit.
    """
    if resource != disk.DISK:
        return limits, requests
    limit, request = (Figure(disk.DEFAULT[side], "default") for side in SIDES)
    return (
        {c: _at_least(requests[c].amount or 0, limit) if each.amount is None else each for c, each in limits.items()},
        {c: request if each.amount is None else each for c, each in requests.items()},
    )


def _overrides(side: Side, resource: Resource, containers: Iterable[Container]) -> Figures:
    given = {c: c.override(side, resource) for c in containers}
    return {c: Figure(amount, "override") for c, amount in given.items() if amount is not None}


def _guaranteed(resource: Resource, asked: Mapping[Container, int]) -> Figures:
    """Where limit and request are to be one number, the request given is the limit too."""
    if resource not in QOS_RESOURCES:
        return {}
    return {c: Figure(request, "qos") for c, request in asked.items() if request and c.qos == "Guaranteed"}


def _by_class(resource: Resource, limits: Figures, total: int | None) -> Figures:
    """Requests as the class of the pod wants them.

    Guaranteed: the limit. BestEffort: 0 of a total of requests, and 0 beside a limit, which keeps the container inside
    the budget and which Kubernetes would otherwise copy into the request; nothing where there is neither.
    """
    if resource not in QOS_RESOURCES:
        return {}
    figures: Figures = {}
    for container, limit in limits.items():
        if container.qos == "Guaranteed" and limit.amount is not None:
            figures[container] = Figure(limit.amount, "qos")
        elif container.qos == "BestEffort":
            figures[container] = NOTHING if limit.amount is None and total is None else Figure(0, "qos")
    return figures


def _at_least(request: int, limit: Figure) -> Figure:
    """A stated limit, or the request given for the container where that is more."""
    return limit if limit.amount is not None and limit.amount >= request else Figure(request, "floor")


def _at_most(limit: int | None, request: Figure) -> Figure:
    """A stated request, or the limit where that is less."""
    return request if limit is None or request.amount is None or request.amount <= limit else Figure(limit, "limit")


def _part_of_limit(resource: Resource, limit: int | None, ratio: Fraction) -> Figure:
    """The ratio's part of the limit, rounded up to a whole unit, or the limit where that would exceed it."""
    if limit is None:
        return NOTHING
    unit = UNIT[resource]
    part = ceil(ratio * limit / unit) * unit
    return Figure(part, "ratio") if part <= limit else Figure(limit, "limit")


def _shares(
    resource: Resource,
    pool: int,
    claims: Claims,
    floors: Mapping[Container, int],
    caps: Mapping[Container, int],
) -> Figures:
    """Shares of the pool, in whole units; the pool may be negative, when what is decided exceeds the total.

    Whoever would get more than its cap gets the cap, and the others share again what that cuts off: their shares only
    grow, so whoever was cut off would be again.
    """
    unit = UNIT[resource]
    capped = {c: Figure(caps[c], "limit") for c in claims if c in caps and caps[c] <= floors[c]}
    whole = {c: replace(claim, floor=-(-floors[c] // unit)) for c, claim in claims.items()}
    while True:
        left = {c: claim for c, claim in whole.items() if c not in capped}
        units = dict(zip(left, share((pool - _paid(capped)) // unit, list(left.values())), strict=True))
        cut_off = {c: Figure(caps[c], "limit") for c in left if c in caps and units[c] * unit > caps[c]}
        if not cut_off:
            return capped | {c: Figure(units[c] * unit, _of_a_share(units[c], claim)) for c, claim in left.items()}
        capped |= cut_off


def _of_a_share(units: int, claim: Claim) -> Source:
    """What made a share what it is."""
    if units <= claim.floor:
        return "floor"
    return "enough" if claim.enough and units == claim.enough.amount else "share"


def _paid(figures: Figures) -> int:
    """What the figures take, x replicas."""
    return sum((figure.amount or 0) * c.replicas for c, figure in figures.items())
