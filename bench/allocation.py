"""How long the allocation takes, how that grows from 100 to 10,000, and how it compares with tempo-operator's rule.

Everything runs in this process, in processor seconds, so that what else the machine does counts little, and with the
garbage collector on. Goals: the seed's plan within a millisecond; 10,000 tenants, and 10,000 pods on described nodes,
within a second; growth no faster than n log n. Exits 1 when a median, or a fitted exponent by more than twice its
standard error, is beyond its goal.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import Any

from allocation import allocate
from bench import comparison
from bench.machine import machine
from settings import load_config, load_file

PROJECT = Path(__file__).parents[1]
SEED = PROJECT / "tests/cases/seed-global.yaml"
SIZES = (100, 200, 500, 1000, 2000, 5000, 10_000)
PLAN_SECONDS = 0.001
SECONDS = 1.0
Times = list[float]  # processor seconds


@dataclass(frozen=True)
class Growth:
    """A power of n fitted to times by least squares on logarithms, with its standard error."""

    exponent: float
    error: float

    @property
    def is_within_n_log_n(self) -> bool:
        """Whether it is no steeper than n log n over the same sizes, but for chance."""
        return self.exponent - 2 * self.error <= N_LOG_N.exponent


def main() -> int:
    """Measures, prints, and says whether the goals are kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="for each size; the seed's plan runs 200 times as often")
    rounds = parser.parse_args().rounds
    print(f"{machine('pydantic')}\n")
    kept = [_seed(200 * rounds)]
    kept += [_growing(what, make, rounds) for what, make in GROWING.items()]
    print()
    kept.append(comparison.report() == 0)
    return 0 if all(kept) else 1


def _seed(rounds: int) -> bool:
    """The seed's stack, planned from parsed settings, and from its file."""
    settings = load_file(SEED)
    plan = measured(lambda: allocate(settings), rounds)
    both = measured(lambda: allocate(load_file(SEED)), rounds)
    for what, times in (("plan", plan), ("file and plan", both)):
        shown = {"median": median(times), "p95": quantiles(times, n=20)[-1], "least": min(times)}
        print(f"{SEED.name}, {what}: {', '.join(f'{key} {1000 * value:.2f} ms' for key, value in shown.items())}")
    return _verdict("the seed's plan", median(plan), PLAN_SECONDS)


def _growing(what: str, make: Callable[[int], Callable[[], object]], rounds: int) -> bool:
    """Times from the smallest to the largest size, and the exponent fitted to them."""
    times = {size: measured(make(size), rounds) for size in SIZES}
    medians = {size: median(of_size) for size, of_size in times.items()}
    growth = fitted(medians)
    print(f"\n{what}: {', '.join(f'{size:,} {1000 * seconds:.1f} ms' for size, seconds in medians.items())}")
    print(
        f"grows as n^{growth.exponent:.2f} ± {growth.error:.2f}; n log n is n^{N_LOG_N.exponent:.2f} over these sizes"
    )
    is_fast = _verdict(f"{what}, {SIZES[-1]:,}", medians[SIZES[-1]], SECONDS)
    if not growth.is_within_n_log_n:
        print(f"{what}: GROWS FASTER THAN n log n")
    return is_fast and growth.is_within_n_log_n


def measured(run: Callable[[], object], rounds: int) -> Times:
    """Processor seconds of each round, after one that is not measured."""
    run()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return times


def fitted(times: Mapping[int, float]) -> Growth:
    """k and its standard error in t = c n^k."""
    xs, ys = [math.log(size) for size in times], [math.log(seconds) for seconds in times.values()]
    mean_x, mean_y = fmean(xs), fmean(ys)
    square = sum((x - mean_x) ** 2 for x in xs)
    exponent = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / square
    residuals = [y - mean_y - exponent * (x - mean_x) for x, y in zip(xs, ys, strict=True)]
    return Growth(exponent, math.sqrt(sum(r**2 for r in residuals) / (len(xs) - 2) / square))


N_LOG_N = fitted({size: size * math.log(size) for size in SIZES})


def _verdict(what: str, seconds: float, goal: float) -> bool:
    print(f"{what}: {1000 * seconds:.2f} ms of {1000 * goal:g} ms{'' if seconds <= goal else '  BEYOND THE GOAL'}")
    return seconds <= goal


def _tenants(count: int) -> Callable[[], object]:
    """From a config to the plan of a gateway that is sized by its tenants, each with an OIDC client."""
    oidc = {"issuerURL": "https://idp.example.com", "redirectURL": "https://tempo.example.com/oidc/callback"}
    names = [f"team-{index}" for index in range(count)]
    tenants = {
        "mode": "static",
        "authentication": [{"tenantName": name, "tenantId": name, "oidc": oidc} for name in names],
        "authorization": {
            "roles": [{"name": "all", "resources": ["traces"], "tenants": names, "permissions": ["read", "write"]}],
            "roleBindings": [{"name": "all", "roles": ["all"], "subjects": [{"kind": "group", "name": "all"}]}],
        },
    }
    config = _config({}, {"gateway": {"enabled": True, "sizing": "perTenant"}}, tenants=tenants)
    return lambda: allocate(load_config(config))


def _pods(count: int) -> Callable[[], object]:
    """From settings to the plan of a stack of so many pods, all of which fit on a node each, in three zones."""
    parts = {"distributor": 3, "querier": 4, "ingester": 2, "compactor": 1}
    template: dict[str, dict[str, Any]] = {name: {"replicas": count * part // 10} for name, part in parts.items()}
    template["queryFrontend"] = {"resources": {"limits": {"cpu": 1, "memory": "1Gi"}}}
    template["ingester"]["topologySpreadConstraints"] = [
        {
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app.kubernetes.io/component": "ingester"}},
        }
    ]
    allocatable = {"cpu": 16, "memory": "64Gi"}
    pools = [
        {"name": name, "count": count // 6, "allocatable": allocatable, "zones": ["a", "b", "c"]}
        for name in ("general", "other")
    ]
    settings = load_config(_config({"nodePools": json.dumps(pools)}, template, count=count))
    placement = allocate(settings).placement
    assert placement is not None
    assert placement.at_max.kind == "fits", placement.at_max.obstacles
    return lambda: allocate(settings)


GROWING = {"tenants, settings and plan": _tenants, "pods on nodes, plan": _pods}


def _config(beside: Mapping[str, str], template: Mapping[str, Any], count: int = 100, **spec: Any) -> dict[str, str]:
    """A config as Pulumi hands it over, with a total that holds so many pods."""
    total = {"limits": {"cpu": count, "memory": f"{count}Gi"}}
    whole = {"storage": {"secret": {"name": "minio"}}, "resources": {"total": total}, "template": template, **spec}
    return {"name": "x", "namespace": "x", "spec": json.dumps(whole), **beside}


if __name__ == "__main__":
    sys.exit(main())
