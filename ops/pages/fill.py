"""Fills the blocks between markers in the pages with the tables of the registry."""

import re
from pathlib import Path

from ops import reference
from ops.pages.registry import TABLES

ROOT = Path(__file__).parents[2]
CONFIGURATION = "docs/configuration.md"
BEGIN = re.compile(r"<!-- table: (.*?), made by `make docs` -->\n")
# A table has no comment in it, so a block never ends behind the next one's begin.
BLOCK = re.compile(rf"({BEGIN.pattern})((?:(?!<!--).)*)(<!-- /table -->)", re.DOTALL)


class PageError(Exception):
    """A table without a place, or a place without a table: one line, with the page and what to do."""


def wanted(root: Path) -> dict[Path, str]:
    """Every page that has something from the code, and its text as the code would have it. Raises PageError."""
    pages = {page: page.read_text(encoding="utf-8") for page in (*root.glob("*.md"), *root.glob("docs/*.md"))}
    placed = {page: BEGIN.findall(text) for page, text in pages.items() if BEGIN.search(text)}
    shown = {name for names in placed.values() for name in names}
    for name in sorted(TABLES.keys() - shown):
        raise PageError(f"no page has the table {name}; write its markers where it goes: {_markers(name)}")
    for page, names in placed.items():
        for name in names:
            if name not in TABLES:
                raise PageError(f"{page.relative_to(root)}: has a table {name}; ops/pages/registry.py has none")
        if len(BLOCK.findall(pages[page])) != len(names):
            raise PageError(f"{page.relative_to(root)}: a table has no end; write <!-- /table --> below it")
    return {page: _filled(pages[page]) for page in placed} | {root / CONFIGURATION: reference.page()}


def _filled(text: str) -> str:
    return BLOCK.sub(lambda block: f"{block[1]}{TABLES[block[2]]()}\n{block[4]}", text)


def _markers(name: str) -> str:
    return f"<!-- table: {name}, made by `make docs` --> and <!-- /table -->"
