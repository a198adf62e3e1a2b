"""The text of docs/configuration.md, from the settings' own models; `make docs` writes it."""

import ast
import inspect
import textwrap
from collections.abc import Collection, Iterator
from fractions import Fraction
from functools import cache
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from settings import Quantity, Settings, Spec, unsupported
from settings.explain import inner_model, values_of
from settings.ingress import Ingress
from settings.limits import TenantLimits
from settings.network import Bandwidth, Peer
from settings.node_pools import NodePool
from settings.placement import Affinity, LabelSelector, TopologySpreadConstraint
from settings.pods import Component
from settings.resources import ContainerResources, StackResources, Weight
from settings.secrets import SECRETS, set_secret
from settings.template import Gateway, Ingester, QueryFrontend, Template
from settings.tenant_namespaces import TenantNamespace
from settings.tenants import Tenants
from settings.volumes import ExtraVolume

HEADER = """\
# Configuration

Every key that may stand in a stack's config. This page is made from the models that check them,
by `make docs`.

Keys stand under `tempostack:` in `Pulumi.<stack>.yaml`; `spec` has the keys of a TempoStack's `spec`, so that yours can
be pasted in. One value is set by its path:

    pulumi config set --path 'tempostack:spec.resources.total.limits.cpu' 3

The same checks read a bare `spec`, or a TempoStack, from a file; there `name` and `namespace` are `tempo` where nothing
is said, and MinIO runs with `--with-minio` only.
A key that is not listed here is refused, with the nearest one that is, and all mistakes are
said at once, each on one line with its path, what was found and what to do.

A *quantity* is a number with one of Kubernetes' suffixes (`n u m k M G T P E`, `Ki Mi Gi Ti Pi Ei`) or an exponent; a
*duration* is Go's: `48h`, `1h30m`.
"""

WIDEST_NUMBER = 2**31 - 1  # bounds from here on are those of Kubernetes' integers, and of no use to a reader
# What a reader calls types that carry no name; the models among them have a section of their own.
NAMES: dict[type, str] = {
    bool: "`true` or `false`",
    ContainerResources: "[limits and requests](#limits-and-requests)",
    Weight: "[weight](#weights)",
    ExtraVolume: "[extra volume](#extra-volumes)",
    TenantLimits: "[tenant's limits](#a-tenants-limits)",
    TenantNamespace: "[tenant's namespace](#tenants-namespaces)",
    NodePool: "[node pool](#node-pools)",
    Ingress: "[way in](#ways-in)",
    Affinity: "[affinity](#affinity)",
    LabelSelector: "[label selector](#label-selectors)",
    TopologySpreadConstraint: "[spread constraint](#topology-spread-constraints)",
    Bandwidth: "[bandwidth](#bandwidth)",
    Peer: "[peer](#peers)",
}


class Row(NamedTuple):
    """One key: its path below the section's heading, what it takes, its default and its meaning."""

    key: str
    type: str
    default: str
    meaning: str


def page() -> str:
    """The whole page."""
    template = Component.model_fields.keys()
    sections = (
        ("Beside `spec`", rows(Settings, without=("spec",))),
        ("`spec`", rows(Spec, without=("resources", "tenants", "template"))),
        ("`spec.resources`", rows(StackResources)),
        ("`spec.tenants`", rows(Tenants)),
        ("`spec.template`", (row._replace(type="component") for row in rows(Template, below=False))),
        ("Every component", rows(Component, below=False)),
        ("`spec.template.ingester` has also", rows(Ingester, without=template)),
        ("`spec.template.queryFrontend` has also", rows(QueryFrontend, without=template)),
        ("`spec.template.gateway` has also", rows(Gateway, without=template)),
        (
            "Tolerations, pod security, autoscaling, rollouts",
            rows(Component, only=("tolerations", "pod_security_context", "autoscaling", "strategy")),
        ),
        ("Limits and requests", rows(ContainerResources)),
        ("Weights", rows(Weight)),
        ("Extra volumes", rows(ExtraVolume)),
        ("A tenant's limits", rows(TenantLimits)),
        ("Tenants' namespaces", rows(TenantNamespace)),
        ("Ways in", rows(Ingress)),
        ("Node pools", rows(NodePool)),
        ("Affinity", rows(Affinity)),
        ("Topology spread constraints", rows(TopologySpreadConstraint)),
        ("Label selectors", rows(LabelSelector)),
        ("Peers", rows(Peer)),
        ("Bandwidth", rows(Bandwidth)),
    )
    return "\n".join([HEADER, *(_section(title, table) for title, table in sections), _secrets(), _unsupported()])


def rows(
    model: type[BaseModel], *, without: Collection[str] = (), only: Collection[str] = (), below: bool = True
) -> Iterator[Row]:
    """A model's keys, and those below them where asked for, but for those of models with a section of their own."""
    hints = get_type_hints(model, include_extras=True)
    for name, field in model.model_fields.items():
        if field.exclude or name in without or (only and name not in only):
            continue
        inner, kind = inner_model(field.annotation), type_name(hints[name])
        key = (field.alias or name) + ("[]" if kind.startswith("list of") else "")
        if kind.endswith(" to mapping"):
            inner, key = values_of(field.annotation), f"{key}.<{kind.removesuffix(' to mapping')}>"
        if not (below and inner) or inner in NAMES:
            yield Row(key, kind, default_of(field), meanings(model)[name])
        else:
            yield from (row._replace(key=f"{key}.{row.key}") for row in rows(inner))


def type_name(hint: Any) -> str:
    """What a reader calls a type: the name that it carries, its choices, or what it is made of."""
    if hint in NAMES:
        return NAMES[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        named = next((extra for extra in arguments if isinstance(extra, str)), None)
        return (named or type_name(arguments[0])) + _bounds(arguments)
    if origin is Literal:
        return " or ".join(f"`{choice}`" if choice else "`''`" for choice in arguments)
    if origin is list:
        return f"list of {type_name(arguments[0])}"
    if origin is dict:
        return " to ".join(map(type_name, arguments))
    if origin:
        return " or ".join(type_name(choice) for choice in arguments if choice is not NoneType)
    return "mapping" if inner_model(hint) else str(hint.__name__)


def _bounds(extras: tuple[Any, ...]) -> str:
    bounds = [bound for extra in extras if isinstance(extra, FieldInfo) for bound in extra.metadata]
    texts = [
        f"{bound.ge} or more" for bound in bounds if isinstance(bound, Ge) and abs(int(str(bound.ge))) < WIDEST_NUMBER
    ]
    texts += [f"more than {bound.gt}" for bound in bounds if isinstance(bound, Gt)]
    texts += [f"{bound.le} or less" for bound in bounds if isinstance(bound, Le) and int(str(bound.le)) < WIDEST_NUMBER]
    return "".join(f", {text}" for text in texts)


def default_of(field: FieldInfo) -> str:
    """A field's default as a user would write it; nothing where there is none to write."""
    match field.get_default(call_default_factory=True, validated_data={}):
        case _ if field.is_required():
            return "required"
        case None | BaseModel() | [] | {}:
            return ""
        case bool() as value:
            return f"`{str(value).lower()}`"
        case Fraction() as value:
            return f"`{float(value):g}`"
        case "":
            return "`''`"
        case str() | int() | Quantity() as value:
            return f"`{value}`"
        case value:
            raise TypeError(f"no way to write the default {value!r}")


@cache
def meanings(model: type[BaseModel]) -> dict[str, str]:
    """The text below each of a model's fields, its own and those it inherits."""
    found: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if issubclass(owner, BaseModel) and owner.model_fields:
            body = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
            assert isinstance(body, ast.ClassDef)
            for field, text in zip(body.body, body.body[1:], strict=False):
                match field, text:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(meaning))):
                        found[name] = meaning
    return found


def _section(title: str, table: Iterator[Row]) -> str:
    lines = [f"| `{row.key}` | {row.type} | {row.default} | {row.meaning} |".replace("|  |", "| |") for row in table]
    return "\n".join([f"## {title}\n", "| key | type | default | meaning |", "| --- | --- | --- | --- |", *lines, ""])


def _secrets() -> str:
    lines = [f"| `{secret.key}` | {secret.meaning} | `{set_secret(secret.key)}` |" for secret in SECRETS]
    head = "Each is a key of its own, never part of `spec`; in plain text it is a finding, `plaintext-secret`.\n"
    table = ["| key | meaning | set by |", "| --- | --- | --- |"]
    return "\n".join(["## Secret keys\n", head, *table, *lines, ""])


def _unsupported() -> str:
    keys = [f"| `{path}` | {remedy} |" for path, remedy in unsupported.KEYS.items()]
    values = [f"| `{path}: {value}` | {remedy} |" for (path, value), remedy in unsupported.VALUES.items()]
    head = "Refused with a line that says so, never dropped.\n"
    return "\n".join(["## Not supported yet\n", head, "| key | instead |", "| --- | --- |", *keys, *values, ""])
