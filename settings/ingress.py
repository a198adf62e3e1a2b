"""How a part of the stack is reached from outside the cluster."""

from typing import Literal

from settings.base import Model
from settings.names import SubdomainField


class Ingress(Model):
    """A way in from outside the cluster, as a TempoStack has it."""

    type: Literal["", "none", "ingress", "route", "httpRoute"] = ""
    """`ingress`, OpenShift's `route`, the Gateway API's `httpRoute`, or `none`."""
    host: SubdomainField | None = None
    """The host name; a Route is given one where nothing is said."""
