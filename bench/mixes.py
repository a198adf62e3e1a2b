"""The loads that splits are compared under: besides the spans pushed, how many queries and which.

Chosen so that 500m of cpu can hold all of them: of such a stack a query by id takes some 5 to 10 ms of cpu over all
components, a search of what the ingesters hold 10 to 20 ms, and a wide one, over everything of the last hour, more.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.load import LIGHT, Search

# Wide in time and in what they match, but with answers of the size that a page shows.
WIDE = (
    Search("{ span.http.response.status_code >= 500 }", minutes=60),
    Search("{ resource.service.name =~ `check.*` && duration > 1ms }", minutes=60),
)


@dataclass(frozen=True)
class Mix:
    """Queries beside the spans; by id and by search in turn."""

    queries_per_second: float
    searches: tuple[Search, ...]


MIXES: Mapping[str, Mix] = {
    "ingest": Mix(0.2, LIGHT),
    "balanced": Mix(2, LIGHT),
    "query": Mix(8, (*LIGHT, *LIGHT, *LIGHT, *WIDE)),  # of the searches, two of five are wide
}
