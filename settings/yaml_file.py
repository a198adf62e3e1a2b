"""A YAML file as plain values, or what is wrong with it: nothing in it can hang, overflow or run."""

from dataclasses import dataclass
from os import PathLike, fspath

import yaml

from settings.mistakes import Mistake, Path, SettingsError

# Beyond a stack of 10,000 tenants, each with an OIDC client; they bound what a file can cost.
LARGEST_FILE_BYTES = 4 << 20
DEEPEST = 40  # mappings and lists inside each other
MOST_VALUES = 200_000  # with aliases followed


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """libyaml's safe loader, or the slower one; a date is text, as in every field that could hold one."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_yaml(path: str | PathLike[str]) -> tuple[object, tuple[Mistake, ...]]:
    """The file's one document, and a mistake for every key given twice. Raises SettingsError otherwise."""
    name = fspath(path)
    text = _text_of(name)
    try:
        _check_shape(name, text)
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            raise _refused(name, "is empty; write a stack's config, a spec or a TempoStack")
        twice = tuple(_repeated_keys(node, ()))
        return loader.construct_document(node), twice
    except yaml.MarkedYAMLError as error:
        raise _refused(name, f"{_place(error)}: {error.problem}; correct the YAML there") from None
    except yaml.reader.ReaderError as error:
        raise _refused(name, f"character {error.position} is not text ({error.reason}); remove it") from None
    except (ValueError, TypeError, AttributeError):  # a tag that its value does not fit
        raise _refused(name, "has a value that is not what its tag says; put it in quotes") from None


def _text_of(name: str) -> str:
    try:
        with open(name, "rb") as file:
            data = file.read(LARGEST_FILE_BYTES + 1)
    except FileNotFoundError:
        raise _refused(name, "there is no such file; give the path of one") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _refused(name, f"cannot be read ({reason}); give the path of a readable file") from None
    if len(data) > LARGEST_FILE_BYTES:
        raise _refused(name, "is larger than 4 MiB; give a stack's config, a spec or a TempoStack")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(name, "is not UTF-8 text; give a YAML file") from None


@dataclass
class _Collection:
    """A mapping or list while it is read: its anchor, and how many values and levels it holds, aliases followed."""

    anchor: str | None
    values: int = 1
    levels: int = 1

    def add(self, other: "_Collection") -> None:
        self.values += other.values
        self.levels = max(self.levels, other.levels + 1)


def _check_shape(name: str, text: str) -> None:
    """Refuses more than one document, and what would be too deep or too large, before anything is built from it."""
    anchored: dict[str, _Collection] = {}
    stack = [_Collection(None)]
    documents = 0
    for event in yaml.parse(text, _Loader):
        match event:
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    raise _refused(name, "holds more than one document; split it at the '---' lines")
            case yaml.ScalarEvent():
                stack[-1].values += 1
            case yaml.CollectionStartEvent():
                stack.append(_Collection(event.anchor))
            case yaml.CollectionEndEvent():
                done = stack.pop()
                stack[-1].add(done)
                if done.anchor:
                    anchored[done.anchor] = done
            case yaml.AliasEvent() if any(event.anchor == open_.anchor for open_ in stack):
                raise _refused(name, f"*{event.anchor} stands inside what it names; write out what is meant")
            case yaml.AliasEvent():
                stack[-1].add(anchored.get(event.anchor or "", _Collection(None)))
        if len(stack) > DEEPEST or stack[-1].levels > DEEPEST:
            raise _refused(name, f"is nested more than {DEEPEST} levels deep; no stack's config is")
        if stack[-1].values > MOST_VALUES:
            raise _refused(name, f"holds more than {MOST_VALUES} values; no stack's config does")


def _repeated_keys(node: yaml.Node, path: Path) -> list[Mistake]:
    mistakes: list[Mistake] = []
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            mistakes += _repeated_keys(item, (*path, index))
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            here = (*path, str(key.value))
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and key.value in lines:
                mistakes.append(Mistake(here, f"stands on line {lines[key.value]} and again on line {line}; keep one"))
            lines[str(key.value)] = line
            mistakes += _repeated_keys(value, here)
    return mistakes


def _place(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else "the file"


def _refused(name: str, text: str) -> SettingsError:
    return SettingsError([Mistake((), f"{name}: {text}")])
