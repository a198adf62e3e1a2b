"""Tenants' limits: which component enforces each."""

from pydantic.alias_generators import to_camel

from allocation.defaults import RETENTION
from allocation.jaeger import USUAL_MAX_DURATION
from allocation.overrides import LIMITS
from ops.pages.cells import code, table


def limits() -> str:
    """Every limit, Tempo's own value, and the components that enforce it; the retention too."""
    rows = [
        (
            code(f"{limit.block}.{to_camel(limit.field)}"),
            code(limit.path),
            USUAL_MAX_DURATION if limit.tempos is None else str(limit.tempos),
            "; ".join(filter(None, (", ".join(limit.readers), limit.note))),
        )
        for limit in LIMITS
    ]
    retention = ("`retention.….traces`", "`compaction.block_retention`", f"{RETENTION}, as the operator has it")
    return table(("key", "in Tempo", "Tempo's own", "enforced by"), [*rows, (*retention, "compactor")])
