"""The loads that splits are compared under: besides the spans pushed, how many queries and which.

Chosen so that 500m of cpu can hold them. First tries on two cores of an AMD EPYC, with 30,000 spans in every block: a
trace by id takes 60 ms of the querier's cpu, and 150 ms of MinIO's, once there are blocks in the bucket; a search of
what the ingesters hold takes 25 ms of theirs, and either of them 5 ms of the query frontend's.
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
    """Queries beside the spans: searches, and traces by id in turn with them where wanted."""

    queries_per_second: float
    searches: tuple[Search, ...] = LIGHT
    by_id: bool = True


MIXES: Mapping[str, Mix] = {
    "ingest": Mix(0.2, by_id=False),  # somebody looks at what came in last
    "balanced": Mix(1),
    "query": Mix(3, (*LIGHT, *LIGHT, *LIGHT, *WIDE)),  # of the searches, two of five are wide
}
