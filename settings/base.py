"""The strict pydantic base that every model of stack config shares."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """Frozen, strict, and closed: camelCase keys as in a TempoStack, no unknown key, no coercion.

    The text below a field is its line in docs/configuration.md; only `ops.reference` reads it.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)
