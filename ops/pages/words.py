"""The words that reports use."""

from allocation.plan import SOURCES
from ops.diff.rollout import ACTIONS
from ops.pages.cells import code, table


def sources() -> str:
    """Where a number comes from."""
    return table(("source", "the number"), [(code(source), meaning) for source, meaning in SOURCES.items()])


def actions() -> str:
    """What becomes of a workload."""
    return table(("word", "the workload"), [(code(action), meaning) for action, meaning in ACTIONS.items()])
