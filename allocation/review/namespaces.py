"""Whether the quota of a namespace agrees with itself, and with its LimitRange."""

from collections.abc import Iterator
from itertools import product

from allocation.namespaces import NamespacePlan
from allocation.plan import RESOURCES, SIDES
from allocation.review.case import Case, Violation
from settings import Quantity
from settings.mistakes import dotted


def quotas_can_be_used(case: Case) -> Iterator[Violation]:
    """What a quota allows of one thing is not out of reach by what it allows of another."""
    for index, namespace in enumerate(case.plan.namespaces):
        yield from _limits_below_requests(namespace, index)
        yield from _no_container(namespace, index)


def _limits_below_requests(namespace: NamespacePlan, index: int) -> Iterator[Violation]:
    for resource in RESOURCES:
        limits, requests = namespace.hard.get(f"limits.{resource}"), namespace.hard.get(f"requests.{resource}")
        if limits is not None and requests is not None and limits < requests:
            key = f"requests.{resource}"
            message = f"{limits} is less than the {requests} of {key}, and no request is above its limit"
            remedy = f"{to_raise(requests)}, or lower {key} to {limits}"
            yield too_small(index, ("quota", "hard", f"limits.{resource}"), message, remedy)


def _no_container(namespace: NamespacePlan, index: int) -> Iterator[Violation]:
    for side, resource in product(SIDES, RESOURCES):
        hard = namespace.hard.get(f"{side}.{resource}")
        one = namespace.default_limit(resource) if side == "limits" else namespace.default_request(resource)
        if hard is not None and one is not None and hard < one:
            bound = "default" if side == "limits" else "defaultRequest"
            message = f"{hard} holds no container that says nothing, which the limitRange gives {one}"
            remedy = f"{to_raise(one)}, or write limitRange.{bound}.{resource}: {hard}"
            yield too_small(index, ("quota", "hard", f"{side}.{resource}"), message, remedy)


def too_small(index: int, keys: tuple[str, ...], message: str, remedy: str) -> Violation:
    """The finding about one of a namespace's keys."""
    return Violation("quota-too-small", dotted(("tenantNamespaces", index, *keys)), message, remedy)


def to_raise(quantity: Quantity) -> str:
    """The remedy that always helps."""
    return f"raise it to {quantity} or more"
