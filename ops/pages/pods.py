"""How long the pods of each component take to end."""

from allocation.grace import GRACES
from ops.pages.cells import table


def graces() -> str:
    """Every component's grace, and what it does in it."""
    rows = [(component, f"{each.seconds} s", each.after_sigterm, each.measured) for component, each in GRACES.items()]
    return table(("pods of", "grace", "after SIGTERM", "measured"), rows, right=("grace",))
