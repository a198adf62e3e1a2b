"""Manifests as YAML that every parser reads alike, Kubernetes' included."""

import re
from typing import Any

import yaml

BEST_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # libyaml where PyYAML was built with it


class _Dumper(BEST_DUMPER):  # type: ignore[misc]
    """Quotes whatever any YAML version takes for something else than text; several lines stand as a block."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


# PyYAML knows YAML 1.1; Kubernetes' parser also takes these plain words for a number or a boolean.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?0[oO][0-7]+$"), list("-+0"))
_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"[yYnN]$"), list("yYnN"))


def _represent_text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)


def document(manifest: dict[str, Any]) -> str:
    """One YAML document, without its `---`."""
    return str(yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**16))
