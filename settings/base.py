"""The strict pydantic base that every model of stack config shares."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """Frozen, strict, and closed: camelCase keys as in a TempoStack, no unknown key, no coercion.

    The text below a field is its line (read from the source by `ops.reference`, not at run time) in docs/configuration.md.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)
