"""This project's allocation beside tempo-operator's rule on random stacks: `python -m bench.comparison`.

Both get the same stacks. Totals of limits are one to a hundred times what floors and overrides need; half the stacks
have totals of requests too, between what floors and overrides need and what the limits allow. So every total can be
kept, and used.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import median
from typing import Any

from allocation import ContainerPlan, allocate
from allocation.containers import containers_of
from allocation.floors import floor_of
from allocation.plan import SIDES, Resource, Side
from allocation.units import UNIT
from bench.operator_rule import RESOURCES, operator_rule
from settings import Settings

STACKS = 500
SEED = 20_260_101
OURS, THEIRS = "tempostack", "tempo-operator 0.22"

MIB = 2**20
TEMPLATE = ("distributor", "ingester", "compactor", "querier", "queryFrontend", "gateway")
MOST_REPLICAS = 6
Number = tuple[Side, Resource]
Numbers = dict[Number, int]
Amounts = Mapping[Side, Mapping[Resource, int | None]]
Container = tuple[int, Numbers]  # replicas; millicores and bytes of each, absent where there is no number


@dataclass
class Tally:
    """One rule's doings with one total over all stacks."""

    used: list[float] = field(default_factory=list)  # parts of the total
    over: int = 0  # stacks
    empty: int = 0  # containers with 0, or with no number at all
    beyond_a_step: int = 0  # stacks that leave as much as the largest replica count, in units


def main() -> int:
    """Compares, prints the table, and says whether all of ours are kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stacks", type=int, default=STACKS)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    return report(arguments.stacks, arguments.seed)


def report(stacks: int = STACKS, seed: int = SEED) -> int:
    """Prints the table; 1 where a stack of ours is over-allocated, leaves a step or has an empty container."""
    tallies = compared(random_stacks(Random(seed), stacks))
    print(f"{stacks} random stacks, seed {seed}\n")
    print("| total of | rule | used: median | least | most | stacks beyond it | containers with 0 |")
    print("| --- | --- | --: | --: | --: | --: | --: |")
    for (rule, side, resource), tally in tallies.items():
        parts = (median(tally.used), min(tally.used), max(tally.used))
        shown = " | ".join(f"{100 * part:.2f} %" for part in parts)
        print(f"| {resource} {side} | {rule} | {shown} | {tally.over} of {len(tally.used)} | {tally.empty} |")
    ours = [tally for (rule, *_), tally in tallies.items() if rule == OURS]
    totals, beyond = sum(len(tally.used) for tally in ours), sum(tally.beyond_a_step for tally in ours)
    print(f"\n{OURS} leaves less of a total than the largest replica count, in units: {totals - beyond} of {totals}")
    return int(any(tally.over or tally.empty or tally.beyond_a_step for tally in ours))


def compared(stacks: Iterable[Settings]) -> dict[tuple[str, Side, Resource], Tally]:
    """Both rules on each stack, by rule, side and resource; only totals that are given count."""
    rules: dict[str, Callable[[Settings], list[Container]]] = {OURS: _ours, THEIRS: _theirs}
    tallies = {(rule, side, r): Tally() for side in SIDES for r in RESOURCES for rule in rules}
    for settings in stacks:
        totals = allocate(settings).totals
        for rule, figures in rules.items():
            containers = figures(settings)
            for side in SIDES:
                for resource in RESOURCES:
                    _count(tallies[rule, side, resource], containers, (side, resource), totals[side].get(resource))
    return tallies


def _count(tally: Tally, containers: Sequence[Container], number: Number, total: int | None) -> None:
    tally.empty += sum(not numbers.get(number) for _, numbers in containers)
    if total is not None:
        used = sum(replicas * numbers.get(number, 0) for replicas, numbers in containers)
        tally.used.append(used / total)
        tally.over += used > total
        tally.beyond_a_step += total - used >= max(replicas for replicas, _ in containers) * UNIT[number[1]]


def _ours(settings: Settings) -> list[Container]:
    return [
        (workload.replicas, _numbers(_amounts(container)))
        for workload in allocate(settings).workloads
        for container in workload.containers
    ]


def _amounts(container: ContainerPlan) -> Amounts:
    return {side: {r: container.figure(side, r).amount for r in RESOURCES} for side in SIDES}


def _theirs(settings: Settings) -> list[Container]:
    return [(given.replicas, _numbers(given.figures)) for given in operator_rule(settings)]


def _numbers(amounts: Amounts) -> Numbers:
    """Without those that nobody gives; a missing request is its limit, as Kubernetes has it."""
    found: Numbers = {}
    for resource in RESOURCES:
        limit, request = amounts["limits"][resource], amounts["requests"][resource]
        found |= {} if limit is None else {("limits", resource): limit, ("requests", resource): limit}
        found |= {} if request is None else {("requests", resource): request}
    return found


def random_stacks(random: Random, count: int) -> Iterator[Settings]:
    """Stacks with any containers, up to six replicas of each, and overrides for some; the same for the same seed."""
    for _ in range(count):
        yield _random_stack(random)


def _random_stack(random: Random) -> Settings:
    mode, has_ui = random.choice([None, "static", "openshift"]), random.random() < 0.7
    template: dict[str, Any] = {
        name: {"replicas": random.randint(1, MOST_REPLICAS)} for name in TEMPLATE if random.random() < 0.5
    }
    template["gateway"] = {**template.get("gateway", {}), "enabled": True} if mode else {}
    if has_ui:
        proxy = mode is None and random.random() < 0.3  # the operator puts none beside a gateway
        ui = {"enabled": True} | ({"authentication": {"enabled": True}} if proxy else {})
        template["queryFrontend"] = {**template.get("queryFrontend", {}), "jaegerQuery": ui}
    spec: dict[str, Any] = {"storage": {"secret": {"name": "minio"}}, "template": template}
    if mode:
        spec["tenants"] = _tenants(mode)
    for name in TEMPLATE:
        if random.random() < 0.15 and (mode or name != "gateway"):
            template.setdefault(name, {})["resources"] = _override(random)
    spec["resources"] = {"profile": "operator", "total": _total(random, _settings(spec))}
    return _settings(spec)


def _settings(spec: dict[str, Any]) -> Settings:
    return Settings.model_validate({"name": "x", "namespace": "x", "spec": spec})


def _tenants(mode: str) -> dict[str, Any]:
    return {"mode": mode, "authentication": [{"tenantName": "dev", "tenantId": "dev"}]}


def _override(random: Random) -> dict[str, Any]:
    """Limits of both resources, and requests in half of the cases."""
    cpu, memory = random.randint(50, 2000), random.randint(64, 4096)
    limits = {"limits": {"cpu": f"{cpu}m", "memory": f"{memory}Mi"}}
    if random.random() < 0.5:
        return limits
    return {**limits, "requests": {"cpu": f"{cpu // 2}m", "memory": f"{memory // 2}Mi"}}


def _total(random: Random, settings: Settings) -> dict[str, Any]:
    """Totals that hold what floors and overrides need, up to a hundred times."""
    limits = {r: int(_needed(settings, "limits", r) * 10 ** random.uniform(0, 2)) for r in RESOURCES}
    total = {"limits": {r: _text(r, amount) for r, amount in limits.items()}}
    if random.random() < 0.5:
        return total
    requests = {r: random.randint(_needed(settings, "requests", r), limits[r] - _kept(settings, r)) for r in RESOURCES}
    return {**total, "requests": {r: _text(r, amount) for r, amount in requests.items()}}


def _kept(settings: Settings, resource: Resource) -> int:
    """What overrides leave between their limits and their requests, where nobody else can request anything."""
    return sum(
        ((c.override("limits", resource) or 0) - request) * c.replicas
        for c in containers_of(settings)
        if c.runs and (request := c.override("requests", resource)) is not None
    )


def _needed(settings: Settings, side: Side, resource: Resource) -> int:
    """Millicores, or bytes, of the overrides and everybody else's floors, x replicas."""
    running = [container for container in containers_of(settings) if container.runs]
    return sum(
        max(
            c.override(side, resource) or floor_of(c.component, c.name, side, resource),
            c.override("requests", resource) or 0,
        )
        * c.replicas
        for c in running
    )


def _text(resource: Resource, amount: int) -> str:
    return f"{amount}m" if resource == "cpu" else str(amount)


if __name__ == "__main__":
    sys.exit(main())
