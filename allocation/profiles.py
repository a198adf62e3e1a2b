"""How a total is shared: for every container a weight for cpu and one for memory, in tables that add up by themselves.

Weights are relative to those of the containers that run: what does not run takes no part, and 100 % is handed out.
Where a table says so, a container weighs less once it has an amount that is enough for it.
"""

from collections.abc import Collection, Mapping
from fractions import Fraction

from allocation.plan import Resource
from allocation.sharing import Enough
from settings.resources import StackResources, Weight

Weights = Mapping[str, tuple[Fraction, Fraction]]  # container -> cpu, memory


def _table(**percent: tuple[str, str]) -> Weights:
    return {container: (Fraction(cpu), Fraction(memory)) for container, (cpu, memory) in percent.items()}


# tempo-operator 0.22, internal/manifests/manifestutils/resources.go: what each container effectively gets there.
OPERATOR = _table(
    distributor=("27", "12"),
    ingester=("38", "50"),
    compactor=("16", "18"),
    querier=("10", "15"),
    query_frontend=("4.5", "2.5"),
    jaeger_query=("4.5", "2.5"),
    tempo_query=("4.5", "2.5"),
    oauth_proxy=("1", "1"),
)
OPERATOR_WITH_GATEWAY = _table(
    distributor=("26", "11"),
    ingester=("36", "49"),
    compactor=("15", "17"),
    querier=("9", "14"),
    query_frontend=("4", "2"),
    jaeger_query=("4", "2"),
    tempo_query=("4", "2"),
    oauth_proxy=("1", "1"),
    gateway=("4", "3"),
    opa=("2", "2"),
)

# Typical production ratios of whole pods (capacity planning for TempoStacks); the gateway comes on top, as much as the
# operator gives it. A pod of several containers is split over those that run as the operator would split it.
PRODUCTION_PODS = _table(
    distributor=("20", "15"),
    ingester=("35", "50"),
    compactor=("10", "5"),
    querier=("20", "20"),
    query_frontend=("15", "10"),
    gateway=("6", "5"),
)
PODS: Mapping[str, tuple[str, ...]] = {
    "query_frontend": ("query_frontend", "jaeger_query", "tempo_query", "oauth_proxy"),
    "gateway": ("gateway", "opa"),
}

# By searches for what holds, and by judgement where docs/measured.md says so: the first five, Tempo's own,
# which add up to 100. Those beside them were not measured, and come on top with what the operator gives them.
MEASURED = _table(
    distributor=("20", "10"),
    ingester=("42", "50"),
    compactor=("9", "18"),
    querier=("20", "11"),
    query_frontend=("9", "11"),
    jaeger_query=("4.5", "2.5"),
    tempo_query=("4.5", "2.5"),
    oauth_proxy=("1", "1"),
    gateway=("4", "3"),
    opa=("2", "2"),
)
# Of cpu, in millicores. Who answers a query needs an amount for it and not a part of the total: a trace by id takes a
# querier some 60 ms of cpu, 0.6 s at 100m. What 1 cpu has beyond that held more where spans come in, by one search:
# docs/measured.md, "The best split that a search finds". Nothing larger was searched.
MEASURED_ENOUGH: Mapping[str, Enough] = {
    "querier": Enough(100, Fraction(10)),
    "query_frontend": Enough(45, Fraction("4.5")),
}


def weights_of(resources: StackResources, running: Collection[str]) -> Mapping[Resource, Mapping[str, Fraction]]:
    """The weight of every running container, by its entry in the tables, for each resource.

    A container that custom weights leave out weighs nothing: it gets its floor. No table says anything of ephemeral
    storage: unless custom weights do, it is shared as memory is.
    """
    if resources.profile == "custom":
        return _custom(resources, running)
    table = _named(resources.profile, running)
    cpu = {container: table[container][0] for container in running}
    memory = {container: table[container][1] for container in running}
    return {"cpu": cpu, "memory": memory, "ephemeral-storage": memory}


def enough_of(resources: StackResources) -> Mapping[Resource, Mapping[str, Enough]]:
    """What is enough for whom, by its entry in the tables, for each resource."""
    nothing: Mapping[str, Enough] = {}
    cpu = MEASURED_ENOUGH if resources.profile == "measured" else nothing
    return {"cpu": cpu, "memory": nothing, "ephemeral-storage": nothing}


def _custom(resources: StackResources, running: Collection[str]) -> Mapping[Resource, Mapping[str, Fraction]]:
    nothing = Weight(cpu=Fraction(0), memory=Fraction(0))
    given = {container: getattr(resources.weights, container, None) or nothing for container in running}
    return {
        "cpu": {container: weight.cpu for container, weight in given.items()},
        "memory": {container: weight.memory for container, weight in given.items()},
        "ephemeral-storage": {
            container: weight.memory if weight.ephemeral_storage is None else weight.ephemeral_storage
            for container, weight in given.items()
        },
    }


def _named(profile: str, running: Collection[str]) -> Weights:
    if profile == "production":
        return _production(running)
    if profile == "measured":
        return MEASURED
    return OPERATOR_WITH_GATEWAY if "gateway" in running else OPERATOR


def _production(running: Collection[str]) -> Weights:
    """The pods' weights, each split over the pod's running containers."""
    table = dict(PRODUCTION_PODS)
    for pod, containers in PODS.items():
        parts = {container: OPERATOR_WITH_GATEWAY[container] for container in containers if container in running}
        whole_cpu = sum(cpu for cpu, _ in parts.values())
        whole_memory = sum(memory for _, memory in parts.values())
        pod_cpu, pod_memory = PRODUCTION_PODS[pod]
        for container, (cpu, memory) in parts.items():
            table[container] = (pod_cpu * cpu / whole_cpu, pod_memory * memory / whole_memory)
    return table
