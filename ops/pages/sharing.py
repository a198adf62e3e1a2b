"""How a total is shared: the profiles' weights, what is enough for a container, the floors."""

from allocation.extra import ALL
from allocation.floors import NAMED, TEMPO, floor_of
from allocation.plan import SIDES
from allocation.profiles import (
    MEASURED,
    MEASURED_ENOUGH,
    OPERATOR,
    OPERATOR_WITH_GATEWAY,
    PODS,
    PRODUCTION_PODS,
    Weights,
)
from ops.pages.cells import cpu, decimal, memory, name, table


def weights() -> str:
    """The weights of every profile, cpu / memory."""
    headings = ("container", "`measured`", "`operator` with a gateway", "`operator` without", "`production`")
    rows = [
        (name(each), _measured(each), _pair(OPERATOR_WITH_GATEWAY, each), _pair(OPERATOR, each), _production(each))
        for each in OPERATOR_WITH_GATEWAY
    ]
    return table(headings, rows)


def enough() -> str:
    """What the profile `measured` calls enough, and what it means where Tempo's five run, one replica each."""
    containers = [each.replace("-", "_") for each in ALL]
    before = sum(MEASURED[each][0] for each in containers)
    beyond = sum(MEASURED_ENOUGH[each].weight if each in MEASURED_ENOUGH else MEASURED[each][0] for each in containers)
    rows = []
    for container, each in MEASURED_ENOUGH.items():
        first, last = each.amount * before / MEASURED[container][0], each.amount * beyond / each.weight
        share = f"{float(100 * each.weight / beyond):.1f} %"
        rows.append((name(container), cpu(each.amount), f"from {cpu(first)} to {cpu(last)}", share))
    return table(("container", "cpu that is enough", "what it gets of a total", "of a larger total"), rows)


def floors() -> str:
    """Every floor of cpu and memory."""
    headings = ("container", "cpu, limit", "cpu, request", "memory, limit", "memory, request")
    return table(headings, [(each or "any other", *_floors(each)) for each in (*NAMED, "")])


def _floors(component: str) -> list[str]:
    millicores = [floor_of(component, TEMPO, side, "cpu") for side in SIDES]
    counts = [floor_of(component, TEMPO, side, "memory") for side in SIDES]
    return [*map(cpu, millicores), *map(memory, counts)]


def _pair(weights: Weights, container: str) -> str:
    return " / ".join(map(decimal, weights[container])) if container in weights else ""


def _measured(container: str) -> str:
    if container not in MEASURED_ENOUGH:
        return _pair(MEASURED, container)
    (whole, of_memory), each = MEASURED[container], MEASURED_ENOUGH[container]
    return f"{decimal(whole)}, from {cpu(each.amount)} on {decimal(each.weight)} / {decimal(of_memory)}"


def _production(container: str) -> str:
    if container not in PRODUCTION_PODS:
        return "part of the pod's"
    return _pair(PRODUCTION_PODS, container) + (" for the pod" if container in PODS else "")
