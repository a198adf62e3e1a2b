"""What a cell of a page's table shows: a number, an amount, a list of names."""

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

from ops.markdown import LEFT, RIGHT, table_text
from settings import Quantity


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> str:
    """A Markdown table; `right` are the headings of columns of numbers."""
    columns = [(heading, RIGHT if heading in right else LEFT) for heading in headings]
    return re.sub(r"\|  (?=\|)", "| ", table_text(columns, rows))


def code(text: object) -> str:
    """As it is written in a file."""
    return f"`{text}`"


def codes(texts: Iterable[object]) -> str:
    """Several of these."""
    return ", ".join(map(code, texts))


def decimal(value: Fraction | int) -> str:
    """A number that has few digits."""
    return f"{float(value):g}"


def cpu(millicores: Fraction | int) -> str:
    """`1500m`, `2`."""
    return str(Quantity.of_millicores(millicores))


def memory(count: Fraction | int) -> str:
    """Bytes as `92Mi`."""
    return str(Quantity.of_bytes(count))


def name(container: str) -> str:
    """A container of the code's tables as it is called in a pod."""
    return container.replace("_", "-")
