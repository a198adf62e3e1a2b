"""How the gateway, or the Jaeger UI where there is none, is reached from outside the cluster."""

from itertools import combinations
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings.base import Model
from settings.duration import nanoseconds
from settings.mistakes import shown
from settings.names import LONGEST_ANNOTATIONS, AnnotationField, HostField, LabelField, LabelKeyField, SubdomainField
from settings.tls import TlsMode
from settings.types import refuse

Termination = Literal["insecure", "edge", "passthrough", "reencrypt"]
Kind = Literal["ingress", "route", "httpRoute"]

# What a Route may do with TLS, by the stack's own; the first is what it does where nothing is said. A router speaks to
# a pod as the pod speaks, and when it does so in TLS it trusts OpenShift's own authority and no other.
TERMINATIONS: dict[TlsMode, tuple[Termination, ...]] = {
    "off": ("edge", "insecure"),
    "serviceCA": ("reencrypt", "passthrough"),
    "certManager": ("passthrough",),
    "secrets": ("passthrough",),
}


class RouteSettings(Model):
    """What only a Route has."""

    termination: Termination | None = None
    """Where TLS ends: `reencrypt` with `spec.tls.mode: serviceCA`, `edge` with `off`, else `passthrough`."""


class IngressTls(Model):
    """What only an Ingress has: TLS, which it ends."""

    secret_name: SubdomainField
    """The Secret with `tls.crt` and `tls.key` for the host."""


class ParentRef(Model):
    """A Gateway that there is, to which an HTTPRoute is attached."""

    name: SubdomainField
    """The Gateway's name."""
    namespace: LabelField | None = None
    """Its namespace; the stack's own where nothing is said."""
    section_name: SubdomainField | None = None
    """One of its listeners; all of them where nothing is said."""


def _differ(parents: list[ParentRef] | None) -> list[ParentRef] | None:
    """No two are the same, nor one a Gateway as a whole and the other a listener of it: no cluster takes those."""
    for first, second in combinations(parents or (), 2):
        is_same = (first.name, first.namespace) == (second.name, second.namespace)
        sections = {first.section_name, second.section_name}
        if is_same and (len(sections) == 1 or None in sections):
            refuse(f"has {shown(first.name)} twice; remove one, or give each a sectionName of its own")
    return parents


def _fit_in_one_object(annotations: dict[str, str] | None) -> dict[str, str] | None:
    size_bytes = sum(len(text.encode()) for pair in (annotations or {}).items() for text in pair)
    if size_bytes > LONGEST_ANNOTATIONS:
        refuse(f"has {size_bytes} bytes in all; use {LONGEST_ANNOTATIONS} or fewer")
    return annotations


PATIENCE = "haproxy.router.openshift.io/timeout"  # of OpenShift's router with what a Route leads to; 30s by itself
MOST_PARENTS = 32  # that the Gateway API takes
Annotations = Annotated[dict[LabelKeyField, AnnotationField] | None, AfterValidator(_fit_in_one_object)]
Parents = Annotated[list[ParentRef] | None, Field(min_length=1, max_length=MOST_PARENTS), AfterValidator(_differ)]


class Ingress(Model):
    """A way in from outside the cluster, with the keys of a TempoStack's."""

    type: Literal["", "none", Kind] = ""
    """`ingress`, OpenShift's `route`, the Gateway API's `httpRoute`, or `none`; a Route on OpenShift, else `none`."""
    host: HostField | None = None
    """The host name; OpenShift makes one up for a Route where nothing is said, the others need it."""
    annotations: Annotations = None
    """Annotations of the object, such as those that an ingress controller reads."""
    ingress_class_name: SubdomainField | None = None
    """An Ingress's class; the cluster's default where nothing is said."""
    tls: IngressTls | None = None
    """An Ingress's TLS; without it people speak plain HTTP to it."""
    route: RouteSettings = RouteSettings()
    """What only a Route has."""
    parent_refs: Parents = None
    """The Gateways that an HTTPRoute is attached to; they end TLS, so its addresses begin with https."""

    @property
    def scheme(self) -> str:
        """How people speak to it, once `way_in` has decided what it is."""
        is_plain = self.route.termination == "insecure" if self.type == "route" else self.type == "ingress"
        return "http" if is_plain and self.tls is None else "https"


def way_in(given: Ingress | None, default: Kind | None, tls: TlsMode, timeout: str | None = None) -> Ingress | None:
    """The way in with its type, and a Route's termination and patience, decided; None where there is none."""
    ingress = given or Ingress()
    kind = ingress.type or default
    if kind is None or kind == "none":
        return None
    route = RouteSettings(termination=ingress.route.termination or TERMINATIONS[tls][0])
    decided = ingress.model_copy(update={"type": kind, "route": route})
    if kind != "route" or timeout is None:
        return decided
    patience = {PATIENCE: f"{-(-nanoseconds(timeout) // 10**9)}s"}
    return decided.model_copy(update={"annotations": patience | (ingress.annotations or {})})
