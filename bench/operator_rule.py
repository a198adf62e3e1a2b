"""tempo-operator's rule for sharing a total, re-implemented for comparison only.

Source: grafana/tempo-operator, internal/manifests/manifestutils/resources.go and its callers (query frontend, gateway),
read at commit d0ea38d and later; the weights are those of 0.22, as in `allocation.profiles`. What it does:

- weights of what is switched off are dropped, and the others stay as they are; tempo-query is charged the query
  frontend's weight, beside jaeger-query's own;
- a weight is divided by the component's replicas, the gateway's is not: each of its pods gets all of it;
- an override replaces the container's whole block and neither frees nor uses any of the total;
- requests are 0.3 of the limits; `total.requests` is not read;
- in single-precision floats, cut off to whole millicores and bytes.

Where versions differ the kinder reading is taken: a proxy without a gateway takes its part from jaeger-query's (so the
published tables), and OPA and the proxy have numbers (so 0.22).
"""

from collections.abc import Mapping
from ctypes import c_float
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from allocation.containers import Container, containers_of
from allocation.plan import SIDES, Resource, Side
from allocation.profiles import OPERATOR, OPERATOR_WITH_GATEWAY
from settings import Settings

RESOURCES: tuple[Resource, Resource] = ("cpu", "memory")
PROXY = "oauth_proxy"
NOT_DIVIDED = ("gateway", "opa")  # their replicas are not handed to the rule
REQUESTS_PERCENTAGE = 0.3


@dataclass(frozen=True)
class Given:
    """What one container gets, per replica: millicores and bytes; None where the operator writes no number."""

    component: str
    name: str
    replicas: int
    figures: Mapping[Side, Mapping[Resource, int | None]]


def operator_rule(settings: Settings) -> tuple[Given, ...]:
    """What tempo-operator gives each container of the stack."""
    running = [container for container in containers_of(settings) if container.runs]
    weights = _weights({container.weight for container in running})
    return tuple(
        Given(
            container.component,
            container.name,
            container.replicas,
            _override(container) or _shares(settings, container, weights[container.weight]),
        )
        for container in running
    )


def _weights(running: set[str]) -> Mapping[str, tuple[Fraction, Fraction]]:
    """Percent of cpu and of memory, by container."""
    if "gateway" in running:
        return OPERATOR_WITH_GATEWAY
    if PROXY not in running:
        return OPERATOR
    (cpu, memory), (proxy_cpu, proxy_memory) = OPERATOR["jaeger_query"], OPERATOR[PROXY]
    return {**OPERATOR, "jaeger_query": (cpu - proxy_cpu, memory - proxy_memory)}


def _override(container: Container) -> Mapping[Side, Mapping[Resource, int | None]] | None:
    figures = {side: {each: container.override(side, each) for each in RESOURCES} for side in SIDES}
    return figures if any(amount is not None for side in figures.values() for amount in side.values()) else None


def _shares(
    settings: Settings, container: Container, weight: tuple[Fraction, Fraction]
) -> Mapping[Side, Mapping[Resource, int | None]]:
    total = settings.spec.resources.total.limits
    totals = {
        "cpu": None if total.cpu is None else ceil(total.cpu.millicores),
        "memory": None if total.memory is None else ceil(total.memory.bytes),
    }
    replicas = 1 if container.weight in NOT_DIVIDED else container.replicas
    limits: dict[Resource, int | None] = {}
    requests: dict[Resource, int | None] = {}
    for resource, percent in zip(RESOURCES, weight, strict=True):
        amount = totals[resource]
        share = None if amount is None else _single(_single(amount) * _single(percent / 100))
        if share is not None and replicas > 1:
            share = _single(share / replicas)
        limits[resource] = None if share is None else int(share)
        requests[resource] = None if share is None else int(_single(share * _single(REQUESTS_PERCENTAGE)))
    return {"limits": limits, "requests": requests}


def _single(value: Fraction | float) -> float:
    """The nearest single-precision float, as Go's float32 has it after every step."""
    return c_float(float(value)).value
