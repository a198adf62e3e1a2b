"""Pydantic's errors as lines for a user: the config path, what was found, what to do."""

import difflib
import re
from collections.abc import Collection, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from settings import unsupported
from settings.mistakes import Mistake, Path, shown

MANY_KEYS = 12  # more than these are not listed in a line
EMPTY = "is empty; give it a value or remove the key"

# What each kind of value is called, by pydantic's error type.
WANTED = {
    "bool_type": "write true or false",
    "list_type": "write a list, each entry after a '-'",
    "dict_type": "write keys with values below it",
    "model_type": "write its keys below it",
    "string_type": "put it in quotes",
}


def explained(error: ValidationError, root: type[BaseModel]) -> Iterator[Mistake]:
    """One mistake per error of a model's validation, in pydantic's order."""
    for details in error.errors(include_url=False):
        path = tuple(key for key in details["loc"] if key != "[key]")
        if details["type"] == "extra_forbidden":
            yield unknown_key(path, known_keys(model_at(root, path[:-1])))
        else:
            yield Mistake(path, _text(details, path))


def _text(details: ErrorDetails, path: Path) -> str:
    value, context = details["input"], details.get("ctx", {})
    match details["type"]:
        case "missing":
            return "is missing; add it"
        case "invalid_key":
            return "is not a key; write its name as text"
        case _ if value is None:
            return EMPTY
        case "mistake":
            return str(context["text"])
        case "literal_error":
            return _not_one_of(path, value, re.findall(r"'([^']*)'", context["expected"]))
        case "too_short":
            return "is an empty list; add an entry"
        case "too_long":
            return f"has {context['actual_length']} entries; use {context['max_length']} or fewer"
        case "greater_than_equal":
            return f"{shown(value)} is too small; write {context['ge']} or more"
        case "greater_than":
            return f"{shown(value)} is too small; write more than {context['gt']}"
        case "less_than_equal":
            return f"{shown(value)} is too large; write {context['le']} or less"
        case "bool_type" if value in ("true", "false"):
            return f"{shown(value)} is text; write {value} without quotes"
        case kind:
            return f"{shown(value)} does not fit here; {WANTED.get(kind, details['msg'])}"


def _not_one_of(path: Path, value: object, allowed: list[str]) -> str:
    remedy = unsupported.instead_of_value(path, value)
    if remedy is not None:
        return f"{shown(value)} is not supported yet; {remedy}"
    words = [word for word in allowed if word]
    near = difflib.get_close_matches(str(value), words, n=1)
    return f"{shown(value)} is not known here; write {near[0] if near else ' or '.join(words)}"


def unknown_key(path: Path, known: Collection[str]) -> Mistake:
    """The mistake of a key that is none of the known ones: not yet supported, misspelt, or unknown."""
    remedy = unsupported.instead_of_key(path)
    if remedy is not None:
        return Mistake(path, f"is not supported yet; {remedy}")
    lowered = {key.lower(): key for key in known}
    near = difflib.get_close_matches(str(path[-1]).lower().replace("_", ""), lowered, n=1)
    near = near or [key for key in lowered if key.endswith(f".{path[-1]}")]  # `cpu` of a quota is `requests.cpu`
    if near:
        meant = lowered[near[0]]
        return Mistake(path, f"is not a known key; write {meant}", (*path[:-1], meant))
    if 0 < len(known) <= MANY_KEYS:
        return Mistake(path, f"is not a known key; write one of {', '.join(sorted(known))}")
    return Mistake(path, "is not a known key; remove it (docs/configuration.md has them all)")


def known_keys(model: type[BaseModel] | None) -> tuple[str, ...]:
    """A model's keys as a user writes them."""
    fields = model.model_fields.items() if model else ()
    return tuple(field.alias or name for name, field in fields if not field.exclude)


def model_at(root: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model that the keys and list indexes lead to; None where they lead out of the models."""
    found: Any = root
    for key in path:
        if isinstance(key, int):
            continue
        if (values := values_of(found)) is not None:  # any key leads to one
            found = values
            continue
        model = inner_model(found)
        fields = model.model_fields.items() if model else ()
        found = next((field.annotation for name, field in fields if key == (field.alias or name)), None)
    return inner_model(found)


def values_of(annotation: Any) -> Any:
    """What stands under any key of an annotation such as `dict[str, Model]`; None where it is no mapping."""
    return get_args(annotation)[1] if get_origin(annotation) is dict else None


def inner_model(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `Model`, `Model | None`, `list[Model]`; None where there is none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, Annotated, list):
        return next((model for model in map(inner_model, get_args(annotation)) if model), None)
    return None
