"""When an object counts as done: the official provider's rules for Deployments, StatefulSets, Jobs, claims, deletions.

Services are not waited for (the official one waits for their endpoints): one without ready pods passes here.
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from sandbox.provider.objects import Cluster, Manifest

DEFAULT_TIMEOUT_SECONDS = 600.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 2.0


class UnfinishedError(Exception):
    """The object is there and not what it should be: its last state, and all that is known about why."""

    def __init__(self, live: Manifest, *reasons: str):
        super().__init__("; ".join(reasons))
        self.live = live


class FailedError(Exception):
    """It will never be ready."""


def _deployment(spec: Manifest, status: Manifest) -> str | None:
    wanted, exist = spec.get("replicas", 1), status.get("replicas", 0)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    done = wanted == exist == updated == available
    return None if done else f"{updated} of {wanted} replicas updated, {available} available, {exist} exist"


def _stateful_set(spec: Manifest, status: Manifest) -> str | None:
    wanted, exist, ready = spec.get("replicas", 1), status.get("replicas", 0), status.get("readyReplicas", 0)
    strategy = spec.get("updateStrategy", {})
    held_back = wanted if strategy.get("type") == "OnDelete" else strategy.get("rollingUpdate", {}).get("partition", 0)
    current = status.get("updateRevision") == status.get("currentRevision")
    updated = wanted if current else status.get("updatedReplicas", 0)
    done = wanted == exist == ready and updated >= wanted - held_back
    return None if done else f"{ready} of {wanted} replicas ready, {updated} updated, {exist} exist"


def _job(_spec: Manifest, status: Manifest) -> str | None:
    conditions = {each["type"]: each for each in status.get("conditions", []) if each["status"] == "True"}
    if failed := conditions.get("Failed"):
        raise FailedError(f"the Job failed: {failed.get('reason')}: {failed.get('message')}")
    counts = ", ".join(f"{status.get(count, 0)} {count}" for count in ("active", "succeeded", "failed"))
    return None if "Complete" in conditions else f"the Job is not complete: pods {counts}"


def _claim(_spec: Manifest, status: Manifest) -> str | None:
    return None if status.get("phase") == "Bound" else f"the claim is {status.get('phase', 'Pending')}, not Bound"


# By the status alone, what each kind that is waited for still lacks; None when it is done.
RULES: Final[dict[tuple[str, str], Callable[[Manifest, Manifest], str | None]]] = {
    ("apps/v1", "Deployment"): _deployment,
    ("apps/v1", "StatefulSet"): _stateful_set,
    ("batch/v1", "Job"): _job,
    ("v1", "PersistentVolumeClaim"): _claim,
}


def missing(live: Manifest) -> str | None:
    """What a live object still lacks; None when it is done. Raises FailedError."""
    status, generation = live.get("status", {}), live["metadata"].get("generation", 0)
    if live["apiVersion"] == "apps/v1" and status.get("observedGeneration", 0) < generation:
        return f"its controller has not seen generation {generation}"
    rule = RULES.get((live["apiVersion"], live["kind"]))
    return rule(live.get("spec", {}), status) if rule else None


def is_skipped(manifest: Manifest) -> bool:
    """Whether the user asked not to wait for this object."""
    return (manifest["metadata"].get("annotations") or {}).get("pulumi.com/skipAwait") == "true"


def until_ready(cluster: Cluster, live: Manifest, timeout_seconds: float, cancelled: threading.Event) -> Manifest:
    """The live object once nothing is missing. Raises UnfinishedError after the timeout or a cancellation."""
    if (live["apiVersion"], live["kind"]) not in RULES or is_skipped(live) or _is_bound_later(cluster, live):
        return live
    for the_end in _rounds(timeout_seconds, cancelled):
        found = cluster.get(live)
        if found is None:
            raise UnfinishedError(live, "it was deleted while it was waited for")
        live = found
        try:
            lacking = missing(live)
        except FailedError as failed:
            raise UnfinishedError(live, str(failed), *_details(cluster, live)) from None
        if lacking is None:
            break
        if the_end:
            raise UnfinishedError(live, f"not ready {the_end}: {lacking}", *_details(cluster, live))
    return live


def until_gone(cluster: Cluster, old: Manifest, timeout_seconds: float, cancelled: threading.Event) -> None:
    """Return once the object is gone. Raises UnfinishedError with the finalizers that hold it."""
    for the_end in _rounds(timeout_seconds, cancelled):
        live = cluster.get(old)
        if live is None or live["metadata"]["uid"] != old["metadata"].get("uid", live["metadata"]["uid"]):
            return
        if the_end:
            held = ", ".join(live["metadata"].get("finalizers", [])) or "no finalizer"
            raise UnfinishedError(live, f"still there {the_end}, held by {held}")


def _rounds(timeout_seconds: float, cancelled: threading.Event) -> Iterator[str]:
    """Yield "" for every round to try, with growing pauses in between; then, once, why there is no other."""
    timeout_seconds = timeout_seconds or DEFAULT_TIMEOUT_SECONDS
    deadline, pause = time.monotonic() + timeout_seconds, FIRST_PAUSE_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        yield ""
        if cancelled.wait(min(pause, left)):
            yield "when the operation was cancelled"
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
    yield f"after {timeout_seconds:g} s"


def _is_bound_later(cluster: Cluster, live: Manifest) -> bool:
    """Whether a claim's class waits for the first pod that mounts it, which comes after the claim."""
    name = live["spec"].get("storageClassName") if live["kind"] == "PersistentVolumeClaim" else None
    reference = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}
    storage_class = cluster.get(reference) if name else None
    return (storage_class or {}).get("volumeBindingMode") == "WaitForFirstConsumer"


def _details(cluster: Cluster, live: Manifest) -> list[str]:
    """What the object's conditions and its pods say about why it is not ready."""
    conditions = live.get("status", {}).get("conditions", [])
    reasons = [f"{each['type']} {each['status']}: {each['message']}" for each in conditions if each.get("message")]
    for pod in cluster.pods_of(live) if "template" in live["spec"] else []:
        status = pod.get("status", {})
        waiting = [each.get("state", {}).get("waiting") or {} for each in status.get("containerStatuses", [])]
        words = [f"{each.get('reason', '')} {each.get('message', '')}".strip() for each in waiting]
        words += [each.get("message", "") for each in status.get("conditions", []) if each["status"] == "False"]
        reasons += [f"pod {pod['metadata']['name']}: {word}" for word in dict.fromkeys(words) if word]
    return reasons
