"""Rules about `spec.extraConfig`: every key is one that Tempo has, may be written there, and holds what Tempo takes."""

import difflib
import json
from collections.abc import Iterator

from settings import tempo_bounds, tempo_keys, tempo_refused
from settings.mistakes import Mistake, Path, shown
from settings.written import Config, Rule, at

EXTRA: Path = ("spec", "extraConfig", "tempo")
MOST_BYTES = 2**13  # of it as JSON; it may stand in each of five files of a ConfigMap that tenants' limits share
IN_A_CONFIG_MAP = "is a secret, and none is kept here; remove it; a ConfigMap would show it to everybody"
VARIABLE = "holds ${, which Tempo takes for a variable that its pods do not have; write the value itself"
UNSEEN = "holds a line break, or a character that cannot be seen; remove it"


def extra_config_is_tempo_s(config: Config) -> Iterator[Mistake]:
    """Each key below `spec.extraConfig.tempo` is known to Tempo, open to users, and of Tempo's type."""
    extra = at(config, EXTRA)
    if not isinstance(extra, dict):
        return
    if _bytes(extra) > MOST_BYTES:
        yield Mistake(EXTRA, f"is too long or too deep; write {MOST_BYTES} bytes or less")
    else:
        yield from _mapping("root", extra, ())


def _bytes(extra: Config) -> int:
    """How long it is as JSON; more than may be, where it is too deep for that, or a number has thousands of digits."""
    try:
        return len(json.dumps(extra, skipkeys=True, default=str))
    except (RecursionError, ValueError):
        return MOST_BYTES + 1


def _mapping(kind: str, mapping: Config, place: Path) -> Iterator[Mistake]:
    """The mistakes in a mapping with named keys; `place` is where it stands in Tempo's configuration."""
    known = tempo_keys.keys_of(kind) or {}
    for key, value in mapping.items():
        here = (*place, str(key))
        remedy = tempo_refused.instead(_keys(here))
        if not isinstance(key, str):
            yield _mistake(here, "is not a key; write its name as text")
        elif remedy is not None:
            yield _mistake(here, f"is not read from here; {remedy}")
        elif key not in known:
            yield _mistake(here, _unknown(key, known))
        elif value is not None:
            yield from _value(known[key], value, here)


def _value(kind: str, value: object, place: Path) -> Iterator[Mistake]:
    """The mistakes in what stands under a key of such a kind."""
    if kind == "secret":
        yield _mistake(place, IN_A_CONFIG_MAP)
    elif kind.startswith("[]"):
        if not isinstance(value, list):
            yield _mistake(place, f"{shown(value)} is not a list; write each entry after a '-'")
            return
        for index, entry in enumerate(value):
            yield from _value(kind.removeprefix("[]"), entry, (*place, index))
    elif kind.startswith("map:") or tempo_keys.keys_of(kind) is not None:
        if not isinstance(value, dict):
            yield _mistake(place, f"{shown(value)} is not a mapping; write keys with values below it")
        elif kind.startswith("map:"):
            yield from _free(kind.removeprefix("map:"), value, place)
        else:
            yield from _mapping(kind, value, place)
    elif value is not None:  # nothing at all has a line of its own
        text = _unwritable(value) if isinstance(value, str) else None
        text = text or tempo_keys.complaint(kind, value) or _beyond(kind, value, _keys(place))
        if text is not None:
            yield _mistake(place, text)


def _keys(place: Path) -> tuple[str, ...]:
    """The keys that lead to a place, without positions in lists."""
    return tuple(step for step in place if isinstance(step, str))


def _beyond(kind: str, value: object, keys: tuple[str, ...]) -> str | None:
    """What is wrong with a value of the right type that Tempo does not start with, or does not work with."""
    words = tempo_bounds.words_of(keys)
    if words is not None:
        what, known = words
        return None if value in known else f"{shown(value)} is not {what}; write {' or '.join(filter(None, known))}"
    if kind not in tempo_keys.NUMBERS:
        return None
    bound, found = tempo_bounds.bound_of(keys, kind), tempo_keys.amount(kind, value)
    too_little, too_much = ("short", "long") if kind in tempo_bounds.DURATIONS else ("small", "large")
    if bound.least is not None and found < tempo_keys.amount(kind, bound.least):
        return f"{shown(value)} is too {too_little}; write {bound.least} or more"
    if bound.most is not None and found > tempo_keys.amount(kind, bound.most):
        return f"{shown(value)} is too {too_much}; write {bound.most} or less"
    return None


def _free(kind: str, mapping: Config, place: Path) -> Iterator[Mistake]:
    """The mistakes in a mapping whose keys are the user's own."""
    for key, value in mapping.items():
        if not isinstance(key, str):
            yield _mistake((*place, str(key)), "is not a key; write its name as text")
        elif (text := _unwritable(key)) is not None:
            yield _mistake((*place, key), text)
        else:
            yield from _value(kind, value, (*place, key))


def _unwritable(text: str) -> str | None:
    """What keeps a text out of a file whose variables Tempo fills in before it reads it; None where nothing does."""
    if "${" in text:
        return VARIABLE
    return None if text.isprintable() else UNSEEN


def _unknown(key: str, known: dict[str, str]) -> str:
    """What to say about a key that Tempo does not have there: the nearest that it has, or where it has that one."""
    text = f"is not a key of Tempo {tempo_keys.version()}"
    near = difflib.get_close_matches(key.lower().replace("-", "_"), known, n=1)
    if near:
        return f"{text}; write {near[0]}"
    places = [path for path, _ in tempo_keys.paths() if path[-1] == key and open_to_users(path)]
    return f"{text} here; write it as {'.'.join(places[0])}" if len(places) == 1 else f"{text}; remove it"


def open_to_users(path: tuple[str, ...]) -> bool:
    """Whether no key on the way to the last is refused."""
    return all(tempo_refused.instead(path[:length]) is None for length in range(1, len(path) + 1))


def _mistake(place: Path, text: str) -> Mistake:
    return Mistake((*EXTRA, *place), text)


RULES: tuple[Rule, ...] = (extra_config_is_tempo_s,)
