"""Rules about searches: how long they may take and span, how much they answer, and who is asked for which time."""

from collections.abc import Iterator

from settings.duration import NANOSECONDS, length, nanoseconds
from settings.mistakes import Mistake, Path, shown
from settings.tempo_bounds import LONGEST
from settings.tempo_rules import EXTRA
from settings.written import Config, Rule, at

SEARCH: Path = ("spec", "search")
TEMPO_SEARCH: Path = (*EXTRA, "query_frontend", "search")
SERVICES: Path = ("spec", "template", "queryFrontend", "jaegerQuery", "servicesQueryDuration")
TIMES: tuple[Path, ...] = (("spec", "timeout"), (*SEARCH, "maxDuration"), SERVICES)
LONGEST_SERVICES = "87600h"  # ten years; Tempo takes no time before 1970
# Tempo's own: 2.9.0, modules/frontend/config.go
USUAL_RESULTS = 20
QUERY_BACKEND_AFTER, QUERY_INGESTERS_UNTIL = "15m", "30m"


def times_are_a_second_or_more(config: Config) -> Iterator[Mistake]:
    """Within less nothing is ever answered, and Tempo's searches begin and end at whole seconds."""
    for path in TIMES:
        written = at(config, path)
        if 0 < length(written) < NANOSECONDS["s"]:
            yield Mistake(path, f"{shown(written)} is too short; write 1s or more")


def services_are_listed_since_1970(config: Config) -> Iterator[Mistake]:
    """Tempo reads the start of a list of services as seconds since 1970: pkg/api/search_tags.go."""
    written = at(config, SERVICES)
    if length(written) > nanoseconds(LONGEST_SERVICES):
        yield Mistake(SERVICES, f"{shown(written)} is too long; write {LONGEST_SERVICES} or less")


def the_usual_answer_is_within_the_largest(config: Config) -> Iterator[Mistake]:
    """Tempo holds a search to the highest limit only where it names one: modules/frontend/search_handlers.go."""
    path, most = _said(config, "maxResultLimit", "max_result_limit")
    _, usual = _said(config, "defaultResultLimit", "default_result_limit")
    if most and most < (usual or USUAL_RESULTS):
        remedy = f"or a defaultResultLimit of {most} or less"
        found = f"{most} is below the {usual or USUAL_RESULTS} results of a search that names no limit"
        yield Mistake(path, f"{found}; write {usual or USUAL_RESULTS} or more, {remedy}")


def _said(config: Config, ours: str, tempos: str) -> tuple[Path, int]:
    """Where a number is said, in Tempo's words before our own, and the number; 0 where nobody says one."""
    for path in ((*TEMPO_SEARCH, tempos), (*SEARCH, ours)):
        number = at(config, path)
        if isinstance(number, int) and not isinstance(number, bool):
            return path, max(number, 0)
    return SEARCH, 0


def no_time_is_searched_nowhere(config: Config) -> Iterator[Mistake]:
    """Tempo's frontend does not start where the store is asked later than ingesters: modules/frontend/frontend.go."""
    until, after = (at(config, (*TEMPO_SEARCH, key)) for key in ("query_ingesters_until", "query_backend_after"))
    asked, from_then_on = until or QUERY_INGESTERS_UNTIL, after or QUERY_BACKEND_AFTER
    if 0 <= length(asked) < length(from_then_on) <= nanoseconds(LONGEST):  # beyond, the key has its own line
        if until is None:
            text = f"{shown(after)} is longer than query_ingesters_until, {asked}; write {asked} or less, or raise that"
            yield Mistake((*TEMPO_SEARCH, "query_backend_after"), text)
        else:
            remedy = f"write {from_then_on} or more, or lower that"
            text = f"{shown(until)} is shorter than query_backend_after, {from_then_on}; {remedy}"
            yield Mistake((*TEMPO_SEARCH, "query_ingesters_until"), text)


RULES: tuple[Rule, ...] = (
    times_are_a_second_or_more,
    services_are_listed_since_1970,
    the_usual_answer_is_within_the_largest,
    no_time_is_searched_nowhere,
)
