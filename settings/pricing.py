"""`pricing`: what cpu, memory and storage cost where the stack runs."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model
from settings.names import TextField
from settings.types import FractionField

FREE = Fraction(0)
Basis = Literal["requests", "limits"]

Price = Annotated[FractionField, Field(ge=0)]


class Pricing(Model):
    """Prices, each in `currency` and 0 where nothing is said."""

    currency: TextField = "USD"
    """The currency of the prices, as reports are to show it."""
    cpu_hour: Price = FREE
    """One core for an hour."""
    gib_hour: Price = FREE
    """One GiB of memory for an hour."""
    block_gib_month: Price = FREE
    """One GiB of a volume for a month."""
    object_gib_month: Price = FREE
    """One GiB in the bucket for a month; nothing is counted while MinIO, whose volume holds the bucket, is on."""
    basis: Basis = "requests"
    """Which of a container's numbers is paid for: what the scheduler keeps free for it, or the most it may use."""
