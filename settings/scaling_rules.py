"""Rules over how many pods run, how they are replaced, and what the cluster holds them to."""

from collections.abc import Iterator

from settings.mistakes import Mistake, Path
from settings.written import Config, at

RESOURCES: Path = ("spec", "resources")
NOT_FOR_INGESTERS = {
    "autoscaling": "is not for the ingester: one that leaves takes its traces along; remove it and write replicas",
    "strategy": "is not for the ingester: a StatefulSet replaces its pods one by one; remove it",
}


def one_decides_how_many_pods_run(config: Config) -> Iterator[Mistake]:
    """`replicas` and `autoscaling` exclude each other."""
    template = at(config, ("spec", "template"))
    for name, component in template.items() if isinstance(template, dict) else ():
        scaled = [path for path in _places(str(name), "autoscaling") if at(config, path) is not None]
        for path in _places(str(name), "replicas") if scaled and isinstance(component, dict) else ():
            if at(config, path) is not None:
                yield Mistake(path, "stands beside autoscaling, which decides how many pods run; remove one of the two")


def ingesters_stay(config: Config) -> Iterator[Mistake]:
    """Nothing takes an ingester away, or starts one early, for the sake of the others."""
    for key, text in NOT_FOR_INGESTERS.items():
        for path in _places("ingester", key):
            if at(config, path) is not None:
                yield Mistake(path, text)


def a_total_is_there_to_be_enforced(config: Config) -> Iterator[Mistake]:
    """`enforce` has the cluster hold totals."""
    if at(config, (*RESOURCES, "enforce")) is not True:
        return
    total = at(config, (*RESOURCES, "total"))
    if not any(at(total, (side,)) for side in ("limits", "requests")):
        path = (*RESOURCES, "enforce")
        yield Mistake(path, "is true, but there is no total to hold; add spec.resources.total, or write false")


def _places(component: str, key: str) -> tuple[Path, Path]:
    """The two places where a component's key may stand."""
    path: Path = ("spec", "template", component)
    return (*path, key), (*path, "component", key)
