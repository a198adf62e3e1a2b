"""Tempo's settings that follow from the plan, and what the plan says of a user's own values."""

from itertools import groupby

from allocation.review.low_settings import BOUNDS
from allocation.tuning.costs import COSTS
from allocation.tuning.rules import RULES
from allocation.tuning.setting import EVERYONE
from ops.pages.cells import code, codes, table


def settings() -> str:
    """The rule of every setting, by component."""
    rows: list[tuple[str, ...]] = []
    for components, rules in groupby(RULES, key=lambda rule: rule.components):
        heading = "every tenant's, in overrides.yaml" if components == (EVERYONE,) else " and ".join(components)
        rows += [(f"**{heading}**", "", ""), *((codes(each.keys), each.rule, each.why) for each in rules)]
    return table(("key", "rule", "why"), rows)


def memory_of_own_values() -> str:
    """The part of the memory that a value of the user's may take."""
    rows = [(each.component, code(each.key), each.part) for each in COSTS]
    return table(("component", "key", "its part of the memory"), rows)


def bounds_of_own_values() -> str:
    """When a value of the user's works against the stack."""
    return table(("component", "key", "warns"), [(each.component, code(each.key), each.when) for each in BOUNDS])
