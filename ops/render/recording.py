"""What a run of the program leaves: the objects it registered, and what it said."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Secret:
    """A value that the program holds as a Pulumi secret."""

    value: Any


@dataclass(frozen=True)
class Registration:
    """A Kubernetes object as the program registered it; secrets in it are Secret."""

    urn: str
    inputs: dict[str, Any]
    dependencies: tuple[str, ...]  # URNs

    @property
    def kind(self) -> str:
        """The object's kind."""
        return str(self.inputs["kind"])

    @property
    def name(self) -> str:
        """The object's name, `namespace/name` where it has a namespace."""
        metadata = self.inputs["metadata"]
        return "/".join(part for part in (metadata.get("namespace"), metadata["name"]) if part)


@dataclass
class Recording:
    """Objects in the order of their registration; warnings and errors as lines."""

    objects: list[Registration] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
