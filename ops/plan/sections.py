"""What a plan says beside its containers: tables of their own, which every format shows in its way."""

from collections.abc import Iterator
from dataclasses import dataclass

from allocation import Plan
from allocation.go import environment_of
from allocation.namespaces import NamespacePlan
from allocation.placement import Placement
from allocation.plan import StoragePlan, quantity
from allocation.tuning import Setting
from ops.plan import money

Row = tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A small table; the columns in `words` are text, the others figures; `sums` is its last row, if it has one."""

    title: str
    headings: Row
    rows: tuple[Row, ...]
    sums: Row | None = None
    notes: tuple[str, ...] = ()
    words: tuple[str, ...] = ("component",)
    folded: bool = False  # too long to be shown to who does not ask for it


def sections(plan: Plan) -> Iterator[Section]:
    """Those that this plan has something to say in."""
    if plan.storage.volumes:
        yield _storage(plan.storage)
    if plan.placement is not None:
        yield _placement(plan, plan.placement)
    if any(each.hard or each.bounds for each in plan.namespaces):
        yield _namespaces(plan.namespaces)
    if plan.cost is not None:
        *components, whole = money.rows(plan.cost)
        note = money.note(plan.cost)
        title = money.title(plan.cost)
        yield Section(title, money.headings(plan.cost), tuple(components), whole, (note,) if note else ())
    if plan.tuning:
        yield _tuning(plan.tuning)
    environment = _environment(plan)
    if environment.rows:
        yield environment


def _tuning(tuning: tuple[Setting, ...]) -> Section:
    """Tempo's own limits; those in overrides.yaml concern everyone."""
    rows = tuple((each.component or "all", each.key, str(each.value), each.source, each.reason) for each in tuning)
    headings = ("component", "key", "value", "source", "reason")
    words = ("component", "key", "source", "reason")
    return Section("Tempo's own limits", headings, rows, words=words, folded=True)


def _environment(plan: Plan) -> Section:
    """What the Go program of each container is told, as it stands there: bytes, threads."""
    rows = tuple(
        (f"{workload.component}/{container.name}", variable.name, str(variable.value), variable.reason)
        for workload, container, variable in environment_of(plan)
    )
    headings = ("container", "variable", "value", "reason")
    return Section("What Go is told", headings, rows, words=("container", "variable", "reason"), folded=True)


def _storage(storage: StoragePlan) -> Section:
    """The volumes; what the load writes to each has a column where the load is known."""
    known = any(volume.needed_bytes is not None for volume in storage.volumes)
    rows = [
        (
            volume.component,
            volume.name,
            str(volume.count),
            _bytes(volume.size_bytes),
            _bytes(volume.size_bytes * volume.count),
            *((_bytes(volume.needed_bytes),) if known else ()),
            volume.source,
        )
        for volume in storage.volumes
    ]
    needed = ("needed",) if known else ()
    headings = ("component", "volume", "×", "size", "all", *needed, "source")
    sums = ("all", "", "", "", _bytes(storage.block_bytes), *("" for _ in needed), "")
    bucket = storage.bucket_bytes
    notes = () if bucket is None else (f"expected in the bucket: {_gibibytes(bucket)}",)
    return Section("volumes", headings, tuple(rows), sums, notes, words=("component", "volume", "source"))


def _placement(plan: Plan, placement: Placement) -> Section:
    """Whether everything schedules, and which pods do not; the findings say why."""
    verdicts = {"all": placement.at_min}
    if any(workload.autoscaled for workload in plan.workloads):
        verdicts = {"the fewest": placement.at_min, "the most": placement.at_max}
    rows = [
        (
            replicas,
            verdict.kind,
            ", ".join(dict.fromkeys(pod for each in verdict.obstacles for pod in each.pods)) or "-",
        )
        for replicas, verdict in verdicts.items()
    ]
    headings = ("replicas", "verdict", "pods without a node")
    return Section("nodes", headings, tuple(rows), words=headings)


def _namespaces(namespaces: tuple[NamespacePlan, ...]) -> Section:
    """What each tenant's namespace is held to, a row for each bound; the names stand in the first of them."""
    rows = []
    for each in namespaces:
        bounds = [("quota", key, amount) for key, amount in each.hard.items()]
        bounds += [(bound, key, amount) for bound, amounts in each.bounds.items() for key, amount in amounts.items()]
        for index, (bound, key, amount) in enumerate(bounds):
            names = ("", "") if index else (each.name, each.tenant or "-")
            rows.append((*names, bound, key, str(amount)))
    headings = ("namespace", "tenant", "bound", "of", "amount")
    return Section("tenants' namespaces", headings, tuple(rows), words=headings[:-1])


def _bytes(amount: int | None) -> str:
    return "-" if amount is None else quantity("memory", amount)


def _gibibytes(amount: int) -> str:
    """With at most one decimal."""
    return f"{amount / 2**30:.1f}".removesuffix(".0") + "Gi"
