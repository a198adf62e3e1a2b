"""The flows that the NetworkPolicies let through."""

from components.flow_terms import OUTSIDE, Outside
from components.flows import TABLE, Party, Row
from ops.pages.cells import code, table


def flows() -> str:
    """Every flow, and the stacks that have it."""
    rows = [(row.name, _named(row.origin), _named(row.target), _ports(row), str(row.when.__doc__)) for row in TABLE]
    return table(("flow", "from", "to", "ports", "when"), rows)


def peers() -> str:
    """The peers outside the stack, the key that names each, and its default."""
    rows = [(f"*{each.name}*", code(each.key), each.default) for each in OUTSIDE]
    return table(("peer", "key", "default"), rows)


def _named(party: Party) -> str:
    return f"*{party.name}*" if isinstance(party, Outside) else ", ".join(party)


def _ports(row: Row) -> str:
    if callable(row.ports):
        return str(row.ports.__doc__)
    return ", ".join(f"{port.number}" + ("/UDP" if port.protocol == "UDP" else "") for port in row.ports)
