"""The loads that splits are compared under: besides the spans pushed, how many queries and which.

They grow with the total, as spans do: one half as large has half of them. First tries on two cores of an AMD EPYC: a
trace by id takes 45 to 60 ms of the querier's cpu, and 150 ms of MinIO's, once there are blocks in the bucket (of each
of the 100 columns of a block it reads a part for itself: 170 requests); a search of what the ingesters hold takes 25 ms
of theirs, and either of them 5 ms of the query frontend's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

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


# For each cpu of the total.
MIXES: Mapping[str, Mix] = {
    "ingest": Mix(0.4, by_id=False),  # somebody looks at what came in last
    "balanced": Mix(1),
    "query": Mix(3, (*LIGHT, *LIGHT, *LIGHT, *WIDE)),  # of the searches, two of five are wide
}


def mix_on(name: str, cpu_millicores: int) -> Mix:
    """One of MIXES, for a total of so much cpu."""
    mix = MIXES[name]
    return replace(mix, queries_per_second=mix.queries_per_second * cpu_millicores / 1000)
