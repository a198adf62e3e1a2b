"""What a T-shirt size has, and what a load costs."""

from fractions import Fraction

from allocation import measured
from allocation.coefficients import COMPONENTS, GENERAL, NEEDS, PRESETS, Coefficient
from allocation.sizes import SIZES, SizeTable
from allocation.units import MIB
from ops.pages.cells import code, cpu, decimal, memory, name, table

GIGABYTE = 10**9


def sizes() -> str:
    """What each container of each size requests, and what a tenant may send."""
    shown = {size: each for size, each in SIZES.items() if each.requests}
    containers = dict.fromkeys(container for size in shown.values() for container in size.requests)
    rows = [(name(each), *(_requested(size, each) for size in shown.values())) for each in containers]
    rates = [decimal(Fraction(size.ingest.rate_bytes, 10**6)) if size.ingest else "" for size in shown.values()]
    return table(("", *map(code, shown)), [*rows, ("a tenant may send, in MB/s", *rates)])


def full_replicas() -> str:
    """What a full replica of each component carries, and what its own container needs for it."""
    rows = []
    for component, carries in COMPONENTS.items():
        need = NEEDS[component.replace("-", "_")]
        most = [f"{decimal(carries.rate.value)} MB/s{' of copies' if carries.copied else ''} ({carries.rate.source})"]
        if carries.queries:
            most.append(f"{decimal(carries.queries.value)} queries/s on top ({carries.queries.source})")
        if carries.at_least > 1:
            most.append(f"at least {carries.at_least} replicas")
        needed = [f"{cpu(need.cpu.value)} ({need.cpu.source})"]
        if need.query:
            needed.append(f"{cpu(need.query.value)} on top for each query/s ({need.query.source})")
        rows.append((component, "; ".join(most), "; ".join(needed), _memory(need.memory)))
    return table(("component", "a full replica carries", "cpu", "memory"), rows)


def general() -> str:
    """The figures that hold for all components."""
    rows = [(what, f"{decimal(each.value)} {each.unit}", each.source) for what, each in GENERAL.items()]
    return table(("figure", "", "source"), rows)


def measured_costs() -> str:
    """The cpu that work was measured to cost."""
    takes_in = {
        "distributor": measured.DISTRIBUTOR_BYTES_PER_MILLICORE,
        "ingester": measured.INGESTER_BYTES_PER_MILLICORE,
    }
    query = {
        "ingester": measured.INGESTER_MICROSECONDS_PER_QUERY,
        "querier": measured.QUERIER_MICROSECONDS_PER_QUERY,
        "query-frontend": measured.QUERY_FRONTEND_MICROSECONDS_PER_QUERY,
    }
    rows = [
        (
            each,
            f"{takes_in[each]:,} bytes/s" if each in takes_in else "",
            f"{decimal(Fraction(query[each], 1000))} ms" if each in query else "",
        )
        for each in dict.fromkeys((*takes_in, *query))
    ]
    return table(("component", "a millicore takes in", "cpu of a query"), rows)


def presets() -> str:
    """The presets' replicas and limits."""
    rows = [
        (code(preset), component, str(part.replicas), f"{cpu(part.cpu_millicores)}, {memory(part.memory_bytes)}")
        for preset, parts in PRESETS.items()
        for component, part in parts.items()
    ]
    return table(("preset", "component", "replicas", "limits: cpu, memory"), rows)


def _requested(size: SizeTable, container: str) -> str:
    millicores, count = size.requests[container]
    replicas = size.replicas.get(container.replace("_", "-"))
    return f"{cpu(millicores)}, {memory(count)}" + (f" × {replicas}" if replicas else "")


def _memory(amount: Coefficient) -> str:
    """Whole gigabytes where the source has them: the code rounds these up to a whole MiB."""
    gigabytes = int(amount.value // GIGABYTE)
    is_rounded = gigabytes > 0 and amount.value - gigabytes * GIGABYTE < MIB
    return f"{f'{gigabytes} GB' if is_rounded else memory(amount.value)} ({amount.source})"
