"""What the program exports of a plan: plain strings, which Pulumi shows and compares by key."""

from allocation import Plan
from allocation.line import container_lines
from allocation.plan import SIDES, Resource, quantity


def allocation_table(plan: Plan) -> dict[str, str]:
    """`component/container` -> what it gets, on one line, so that a preview shows old => new for each container."""
    return {key: str(line) for key, line in container_lines(plan).items()}


def totals(plan: Plan) -> dict[str, dict[str, str]]:
    """The configured totals; what has no total is absent."""
    return {
        side: {resource: quantity(resource, amount) for resource, amount in plan.totals[side].items()}
        for side in SIDES
        if plan.totals.get(side)
    }


def headroom(plan: Plan) -> dict[str, dict[str, str]]:
    """What the totals leave unused; negative where more is given than there is."""
    return {
        side: {
            resource: _signed(resource, amount - plan.allocated(side, resource))
            for resource, amount in plan.totals[side].items()
        }
        for side in SIDES
        if plan.totals.get(side)
    }


def _signed(resource: Resource, amount: int) -> str:
    return f"{'-' if amount < 0 else ''}{quantity(resource, abs(amount))}"
