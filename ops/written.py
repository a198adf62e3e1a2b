"""Output into a file: all of it, or none where it cannot be written."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from ops.mistakes import Mistakes, reason


@contextmanager
def written(path: str | None) -> Iterator[None]:
    """What is printed meanwhile goes to the file at `path`, or where it always goes for None. Raises Mistakes."""
    if path is None:
        yield
        return
    with redirect_stdout(io.StringIO()) as text:
        yield
    try:
        Path(path).write_text(text.getvalue(), encoding="utf-8")
    except OSError as error:
        raise Mistakes(f"-o {path}: cannot be written: {reason(error)}; name a file to write to") from None
