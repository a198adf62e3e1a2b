"""The codes of findings."""

from allocation.codes import CODES
from ops.pages.cells import code, table


def codes_of_findings() -> str:
    """Every code, in the order in which findings are reported."""
    rows = [(code(each), *meaning) for each, meaning in CODES.items()]
    return table(("code", "severity", "what is wrong", "what to do"), rows)
