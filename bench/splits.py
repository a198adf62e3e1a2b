"""The splits of a total that are compared, each as the stack file a user would write for it.

`operator` has the numbers that tempo-operator's own rule gives, as overrides, to the letter: without gateway and Jaeger
UI that is 95.5 % of a total's cpu. `operator-shares` has the same weights, of the whole total. `even` gives every
container the same. `ours` is the profile `measured`. Any other name is a profile, or `@FILE`: custom weights, as
`bench.calibrate` and `bench.best_split` write them. A split of somebody else's runs with Tempo's defaults and the fixed
settings they add (`+fixed`), ours with the settings that follow from the plan (`+plan`); either suffix may be written
out, so that split and settings can be told apart.
"""

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import yaml

from allocation.containers import containers_of
from allocation.extra import put
from bench.operator_rule import RESOURCES, operator_rule
from settings import Quantity, Settings
from settings.resources import StackResources

CONTAINERS = ("distributor", "ingester", "compactor", "querier", "query_frontend")
BRIDGE = "tempo_query"  # in the pods of the query frontend, where there is a Jaeger UI
OURS, OPERATOR, SHARES, EVEN = "ours", "operator", "operator-shares", "even"
THEIRS = (OPERATOR, SHARES, "production", EVEN)
SPLITS_SAY: Mapping[str, str] = {  # for readers of a table
    OURS: "the measured profile, with the settings that follow from the plan",
    OPERATOR: "tempo-operator's numbers, to the letter, with its fixed settings of Tempo's",
    "operator+plan": "tempo-operator's numbers with the settings that follow from the plan",
    SHARES: "tempo-operator's weights, of the whole total, with its fixed settings",
    "production": "the production profile with Tempo's defaults, floors applied",
    "production+plan": "the production profile with the settings that follow from the plan",
    EVEN: "the same for every container with Tempo's defaults, floors applied",
}
PLAN, FIXED = "plan", "fixed"  # whose settings of Tempo's
PROFILES: tuple[str, ...] = get_args(StackResources.model_fields["profile"].annotation)
MEASURED = "measured"
OURS_IS = MEASURED if MEASURED in PROFILES else None  # the profile; without that one, what a spec has by default
SHARINGS = tuple(dict.fromkeys((OURS, *THEIRS, *(name for name in PROFILES if name != "custom"))))

Object = Mapping[str, Any]

# What tempo-operator 0.22 writes into every stack's Tempo file beside Tempo's defaults, whatever the stack's size:
# internal/manifests/config/tempo-config.yaml and build.go, at commit 3ac08f2. Component -> dotted key -> value.
SERVER = {
    "server.grpc_server_max_recv_msg_size": 4 * 2**20,
    "server.grpc_server_max_send_msg_size": 4 * 2**20,
    "server.http_server_read_timeout": "30s",
    "server.http_server_write_timeout": "30s",
}
OPERATORS_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "distributor": SERVER,
    "ingester": {**SERVER, "ingester.max_block_duration": "10m", "storage.trace.blocklist_poll": "5m"},
    "compactor": {**SERVER, "storage.trace.blocklist_poll": "5m"},
    "querier": {**SERVER, "querier.max_concurrent_queries": 20, "storage.trace.blocklist_poll": "5m"},
    "query-frontend": {
        **SERVER,
        "query_frontend.search.concurrent_jobs": 2000,
        "query_frontend.search.max_duration": "0s",
        "query_frontend.search.max_spans_per_span_set": 0,
        "storage.trace.blocklist_poll": "5m",
    },
}


@dataclass(frozen=True)
class Total:
    """A budget for the five Tempo containers together."""

    cpu_millicores: int
    memory_bytes: int

    @classmethod
    def parse(cls, text: str) -> "Total":
        """`500m/1Gi`. Raises ValueError."""
        cpu, _, memory = text.partition("/")
        total = cls(int(Quantity.parse(cpu).millicores), int(Quantity.parse(memory).bytes))
        if min(total.cpu_millicores, total.memory_bytes) <= 0:
            raise ValueError(f"'{text}' is nothing to share")
        return total

    def __str__(self) -> str:
        return f"{Quantity.of_millicores(self.cpu_millicores)}/{Quantity.of_bytes(self.memory_bytes)}"


@dataclass(frozen=True)
class Split:
    """How a total is shared, and whose settings Tempo runs with."""

    share: str  # operator, even, ours, a profile, or @FILE
    settings: str  # plan or fixed

    @classmethod
    def parse(cls, text: str) -> "Split":
        """`ours`, `operator`, `operator+plan`. Raises ValueError, naming what there is."""
        share, _, settings = text.partition("+")
        if share not in SHARINGS and not share.startswith("@"):
            raise ValueError(f"no split '{share}'; there are @FILE, {', '.join(SHARINGS)}")
        if settings not in ("", PLAN, FIXED):
            raise ValueError(f"'{text}': settings are plan or fixed")
        if share.startswith("@"):
            _weights_in(share[1:])
        return cls(share, settings or (FIXED if share in THEIRS else PLAN))

    def __str__(self) -> str:
        usual = FIXED if self.share in THEIRS else PLAN
        return self.share if self.settings == usual else f"{self.share}+{self.settings}"

    def spec(self, total: Total) -> dict[str, Any]:
        """A bare spec, as a user would write it."""
        resources: dict[str, Any] = {"total": _limits(total.cpu_millicores, total.memory_bytes)}
        if self.share == EVEN:
            resources |= weighted(dict.fromkeys(CONTAINERS, (1, 1)))
        elif self.share.startswith("@"):
            resources |= weighted(_weights_in(self.share[1:]))
        elif self.share == OURS and OURS_IS:
            resources["profile"] = OURS_IS
        elif self.share not in (OURS, OPERATOR):
            resources["profile"] = "operator" if self.share == SHARES else self.share
        if self.settings == FIXED:
            resources["tuning"] = "none"
        spec = {
            "storage": {"secret": {"name": "minio", "type": "s3"}},
            "storageSize": "20Gi",  # cpu and memory are compared: a disk must not be what binds
            "resources": resources,
            "template": {},
        }
        return _with_the_operators_numbers(spec) if self.share == OPERATOR else spec

    def adjusted(self, objects: Iterable[Object]) -> list[Object]:
        """Rendered objects, with the operator's own settings of Tempo's where the split is its."""
        if self.share not in (OPERATOR, SHARES) or self.settings != FIXED:
            return list(objects)
        return [_with_settings(item, OPERATORS_SETTINGS) for item in objects]


def _weights_in(file: str) -> Mapping[str, tuple[Any, Any]]:
    """Raises ValueError where it is no such file; whether the weights are any is said where they are rendered."""
    try:
        weights = json.loads(Path(file).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ValueError(f"there is no file '{file}'; python -m bench.calibrate --weights {file} writes one") from error
    except (OSError, ValueError) as error:
        raise ValueError(f"'{file}' cannot be read as JSON: {error}") from error
    if not isinstance(weights, dict) or any(not isinstance(v, list) or len(v) != 2 for v in weights.values()):
        raise ValueError(f"'{file}' has no weights; write {{\"ingester\": [cpu, memory], …}}")
    return weights


def weighted(weights: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """`resources` with a weight for cpu and one for memory, by container."""
    table = {name: {"cpu": str(cpu), "memory": str(memory)} for name, (cpu, memory) in weights.items()}
    return {"profile": "custom", "weights": {_camel(name): weight for name, weight in table.items()}}


def limited(limits: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """A bare spec with every container's limits given, in millicores and bytes; the Jaeger UI's where they are."""
    spec = Split(SHARES, PLAN).spec(Total(1000, 2**30))
    del spec["resources"]["total"]
    if BRIDGE in limits:
        spec["template"] = {"queryFrontend": {"jaegerQuery": {"enabled": True}}}
    return _with_limits(spec, limits)


def _with_the_operators_numbers(spec: dict[str, Any]) -> dict[str, Any]:
    """Overrides for every container; no total, of which the operator's rule may take more than there is."""
    settings = Settings.model_validate({"name": "x", "namespace": "x", "spec": deepcopy(spec)})
    limits = {}
    for given in operator_rule(settings):
        cpu, memory = (given.figures["limits"][resource] for resource in RESOURCES)
        assert cpu is not None
        assert memory is not None
        limits[given.component.replace("-", "_")] = cpu, memory
    del spec["resources"]["total"]
    return _with_limits(spec, limits)


def _with_limits(spec: dict[str, Any], limits: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    paths = {
        container.weight: container.path
        for container in containers_of(Settings.model_validate({"name": "x", "namespace": "x", "spec": deepcopy(spec)}))
    }
    for name, (cpu, memory) in limits.items():
        block = spec
        for key in paths[name].removeprefix("spec.").split("."):
            block = block.setdefault(key, {})
        block |= _limits(cpu, memory)
    return spec


def _limits(cpu_millicores: int, memory_bytes: int) -> dict[str, Any]:
    """In canonical quantities: a whole number of millicores and bytes stays what it is."""
    cpu, memory = Quantity.of_millicores(cpu_millicores), Quantity.of_bytes(memory_bytes)
    return {"limits": {"cpu": str(cpu), "memory": str(memory)}}


def with_blocks_of(seconds: int, objects: Iterable[Object]) -> list[Object]:
    """Rendered objects whose ingesters cut and flush a block that often, and whose compactor looks for some as often.

    So a minute has in it what otherwise comes every ten or thirty. With 0, as they are.
    """
    return [_with_settings(item, _blocks(seconds)) if seconds else item for item in objects]


def with_blocks_searched(objects: Iterable[Object]) -> list[Object]:
    """Rendered objects whose searches read blocks soon after they are in the bucket; by Tempo's own, after 15 min."""
    poll = {"storage.trace.blocklist_poll": "5s"}
    frontend = {"query_frontend.search.query_backend_after": "0s", **poll}
    settings = {"querier": poll, "compactor": poll, "query-frontend": frontend}
    return [_with_settings(item, settings) for item in objects]


def _blocks(seconds: int) -> Mapping[str, Mapping[str, Any]]:
    poll = {"storage.trace.blocklist_poll": f"{max(1, seconds // 4)}s"}
    return {
        "ingester": {"ingester.max_block_duration": f"{seconds}s", **poll},
        "compactor": {"compactor.compaction.compaction_cycle": f"{seconds}s", **poll},
        "querier": poll,
        "query-frontend": poll,
    }


def _with_settings(item: Object, settings: Mapping[str, Mapping[str, Any]]) -> Object:
    """A ConfigMap with keys of the components' files set; any other object as it is."""
    if item["kind"] != "ConfigMap":
        return item
    data = dict(item.get("data") or {})
    for component, keys in settings.items():
        if text := data.get(f"{component}.yaml"):
            content = yaml.safe_load(text)
            for key, value in keys.items():
                content = put(content, tuple(key.split(".")), value)
            data[f"{component}.yaml"] = yaml.safe_dump(content, sort_keys=False)
    return {**item, "data": data}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
