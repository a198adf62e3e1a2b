"""What a user says to Tempo directly: searches, the timeout, and the components that read each section."""

from pydantic.alias_generators import to_camel

from allocation.extra import READERS, SEARCH_KEY, SEARCHES, TIMED, TIMEOUTS
from ops.pages.cells import code, codes, table


def searches() -> str:
    """`spec.search` and `spec.timeout`, by the keys of Tempo's that they set."""
    rows = [(code(f"search.{to_camel(field)}"), code(f"{SEARCH_KEY}.{field}"), own) for field, own in SEARCHES.items()]
    waits = f"; in the files of {' and '.join(TIMED)}"
    return table(
        ("key", "in Tempo", "Tempo's own"),
        [*rows, ("`timeout`", codes(TIMEOUTS) + waits, ", ".join(TIMEOUTS.values()))],
    )


def sections() -> str:
    """Keys by the components that read them, or what is below them."""
    keys: dict[tuple[str, ...], list[str]] = {}
    for key, components in READERS.items():
        keys.setdefault(components, []).append(key)
    return table(("keys", "components"), [(codes(read), ", ".join(components)) for components, read in keys.items()])
