"""Load for a data plane: spans pushed at a rate, read back by id, queries, and too much of it all at once."""

from sandbox.load.overloading import FLUSHING, OVERLOAD, Intake, Overload, fill, flush, overload
from sandbox.load.pushing import Pushed, Pushing
from sandbox.load.querying import LIGHT, Queried, Search, queries
from sandbox.load.reading_back import read_back
from sandbox.load.shapes import KIB_10, KIB_50, SIZES, SMALL, Shape

__all__ = [
    "FLUSHING",
    "KIB_10",
    "KIB_50",
    "LIGHT",
    "OVERLOAD",
    "SIZES",
    "SMALL",
    "Intake",
    "Overload",
    "Pushed",
    "Pushing",
    "Queried",
    "Search",
    "Shape",
    "fill",
    "flush",
    "overload",
    "queries",
    "read_back",
]
