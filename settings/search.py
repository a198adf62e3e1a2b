"""`spec.search`: what a search answers where its caller asks for nothing, and the most that it may ask for."""

from typing import Annotated

from pydantic import Field

from settings.base import Model
from settings.types import IntField, OptionalDurationField

LARGEST_UINT32 = 2**32 - 1  # that Tempo reads


class Search(Model):
    """What searches answer; the `maxSearchDuration` of `limits` goes before `maxDuration`."""

    default_result_limit: Annotated[IntField | None, Field(ge=1, le=LARGEST_UINT32)] = None
    """Traces in the answer to a search that names no limit; Tempo's 20 where nothing is said."""
    max_result_limit: Annotated[IntField | None, Field(ge=0, le=LARGEST_UINT32)] = None
    """The highest limit that a search may name, 0 for any as where nothing is said; not below the default."""
    max_duration: OptionalDurationField | None = None
    """The longest time that a search may span, from 1s on, or `0s` for any; Tempo's 168h where nothing is said."""
