"""Rules about sizes, loads and volumes, over several keys."""

from collections.abc import Iterator, Sequence

from settings.duration import nanoseconds
from settings.mistakes import Mistake, Path, shown
from settings.quantity import Quantity, QuantityError
from settings.written import Config, Rule, at, entries, repeated

SPEC: Path = ("spec",)
WORKLOAD: Path = ("spec", "workload")
INGEST: Path = (*WORKLOAD, "ingest")
RETENTION: Path = ("spec", "retention", "global", "traces")
TEMPLATE: Path = ("spec", "template")
CLAIM: Path = (*TEMPLATE, "ingester", "volumeClaimTemplate", "spec")
READ_WITH_INGEST = ("queriesPerSecond", "compression")

# What the pods have already: names of volumes, and folders of the container that extra volumes are mounted in.
TAKEN_NAMES = (
    *("api-access", "conf", "conf-tempo-query", "cookie", "data", "jaeger-tmp", "rbac", "tenants"),
    *("tls", "tls-ca", "tls-clients", "tls-gossip", "tls-receiver", "tls-store", "tls-store-ca"),
)
CONFIG_FOLDER, DATA_FOLDER, GATEWAY_FOLDER, TLS_FOLDER = "/conf", "/var/tempo", "/etc/tempo-gateway", "/etc/tempo-tls"
TOKEN_FOLDER = "/var/run/secrets"  # noqa: S105 where programs look for the token of their pod's account


def a_stack_is_sized_in_one_way(config: Config) -> Iterator[Mistake]:
    """A size or a workload; and a workload says how much comes in, or which preset it is like."""
    workload = at(config, WORKLOAD)
    if workload is None:
        return
    if at(config, (*SPEC, "size")) is not None:
        yield Mistake(WORKLOAD, "stands beside spec.size, and either sizes the stack; keep one of the two")
    if not isinstance(workload, dict) or workload.get("ingest") is not None:
        return
    if workload.get("preset") is None:
        yield Mistake(INGEST, "is missing; add it, such as {megabytesPerSecond: 5}, or a preset")
        return
    for key in READ_WITH_INGEST:
        if workload.get(key) is not None:
            yield Mistake((*WORKLOAD, key), "is read with an ingest only; add spec.workload.ingest, or remove this")


def traces_are_kept_for_one_time(config: Config) -> Iterator[Mistake]:
    """The workload's retention is Tempo's."""
    path = (*WORKLOAD, "retention")
    own, other = at(config, path), at(config, RETENTION)
    if isinstance(own, str) and isinstance(other, str) and _time(own) != _time(other):
        yield Mistake(path, f"{shown(own)} is not spec.retention.global.traces, {shown(other)}; keep one of the two")


def _time(text: str) -> int | None:
    try:
        return nanoseconds(text)
    except ValueError:
        return None


def an_ingester_has_one_volume(config: Config) -> Iterator[Mistake]:
    """What the claim template and the stack's own keys say of it is the same."""
    pairs = (
        ((*CLAIM, "resources", "requests", "storage"), "storageSize", _size),
        ((*CLAIM, "storageClassName"), "storageClassName", str),
    )
    for path, key, meant in pairs:
        own, other = at(config, path), at(config, (*SPEC, key))
        if own is not None and other is not None and meant(own) != meant(other):
            yield Mistake(path, f"{shown(own)} is not spec.{key}, {shown(other)}; keep one of the two")


def _size(value: object) -> object:
    try:
        return Quantity.parse(str(value), "bytes").value
    except QuantityError:
        return None


def extra_volumes_are_extra(config: Config) -> Iterator[Mistake]:
    """Each has a name and a folder of its own, and none takes what the pod already has."""
    template = at(config, TEMPLATE)
    for component in template if isinstance(template, dict) else ():
        for place in ((), ("component",)):
            path = (*TEMPLATE, component, *place, "extraVolumes")
            yield from repeated(config, path, "name")
            yield from _in_one_folder(entries(config, path), path)
            for index, volume in enumerate(entries(config, path)):
                yield from _taken(str(component), volume, (*path, index))


def _in_one_folder(volumes: Sequence[object], path: Path) -> Iterator[Mistake]:
    """A mistake for every volume in the folder of one before it; who says none is in `/mnt/<name>`."""
    first: dict[str, int] = {}
    for index, volume in enumerate(volumes):
        name, written = at(volume, ("name",)), at(volume, ("mountPath",))
        folder = f"/mnt/{name}" if written is None else written
        if not isinstance(folder, str):
            continue
        owner = first.setdefault(folder, index)
        if owner != index and (written, at(volumes[owner], ("mountPath",))) != (None, None):  # else: one name twice
            found = f"{shown(folder)} is already that of {path[-1]}[{owner}]"
            yield Mistake((*path, index, "mountPath"), f"{found}; give each its own")


def _taken(component: str, volume: object, path: Path) -> Iterator[Mistake]:
    name, folder = at(volume, ("name",)), at(volume, ("mountPath",))
    if name in TAKEN_NAMES:
        yield Mistake((*path, "name"), f"{shown(name)} is a volume that the stack's pods have; give it another name")
    if not isinstance(folder, str):
        return
    own = {"gateway": (GATEWAY_FOLDER,), "ingester": (CONFIG_FOLDER, DATA_FOLDER)}.get(component, (CONFIG_FOLDER,))
    taken = next((f for f in (*own, TLS_FOLDER, TOKEN_FOLDER) if f == folder or folder.startswith(f"{f}/")), None)
    if taken == DATA_FOLDER:
        remedy = "write spec.storageSize, or another folder"
        yield Mistake((*path, "mountPath"), f"{shown(folder)} is on the ingester's own volume; {remedy}")
    elif taken:
        yield Mistake((*path, "mountPath"), f"{shown(folder)} is a folder of the stack's own; write another one")


RULES: tuple[Rule, ...] = (
    a_stack_is_sized_in_one_way,
    traces_are_kept_for_one_time,
    an_ingester_has_one_volume,
    extra_volumes_are_extra,
)
