"""The text types of stack config: names, labels and references as Kubernetes and Tempo accept them."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, PlainValidator

from settings.mistakes import shown
from settings.types import refuse

LONGEST_LABEL = 63  # characters of a DNS label, and of a label's value
LONGEST_SUBDOMAIN = 253
LONGEST_LABEL_KEY = LONGEST_SUBDOMAIN + 1 + LONGEST_LABEL
LONGEST_ANNOTATIONS = 256 * 1024  # bytes of all of an object's
LONGEST_TENANT_ID = 150  # https://grafana.com/docs/mimir/latest/configure/about-tenant-ids/, as Tempo has them

# The longest that the program puts around a stack's name: no object's name, and no label made from one (the pods of a
# StatefulSet carry its name and 11 characters of a hash), is longer than the discovery Service's.
OBJECT_PREFIX = "tempo-"
LONGEST_SUFFIX = "-query-frontend-discovery"
LONGEST_NAME = LONGEST_LABEL - len(OBJECT_PREFIX) - len(LONGEST_SUFFIX)

LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
HOST_LABEL = rf"(?=[^.]{{1,{LONGEST_LABEL}}}(\.|$)){LABEL}"
HOST = rf"{HOST_LABEL}(\.{HOST_LABEL})*"
LABEL_VALUE = r"([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?"
LABEL_KEY = rf"((?=[^/]{{1,253}}/){SUBDOMAIN}/)?[A-Za-z0-9]([A-Za-z0-9._-]{{0,61}}[A-Za-z0-9])?"
TENANT_ID = r"(?!\.{1,2}$)[A-Za-z0-9!_.*'()-]+"
METRIC = r"(?!\.{1,2}$)[^\s/%]+"
IMAGE = r"[^\s@:][^\s@]*(@sha256:[0-9a-f]{64})?"
TEXT = r"\S(.*\S)?"
ANNOTATION = r"(?s).*"
FOLDER = r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)+"
URL = r"https?://[^\s/]+(/\S*)?"


def _text(pattern: str, longest: int, remedy: str, *, empty: bool = False) -> PlainValidator:
    """Text of one line that the pattern matches in full; the remedy ends every line a user reads about it."""

    form = re.compile(pattern)

    def validate(value: object) -> str:
        if isinstance(value, bool | int | float):
            refuse(f"{shown(value)} is not text; put it in quotes")
        if not isinstance(value, str):
            refuse(f"{shown(value)} is not text; {remedy}")
        if not value and not empty:
            refuse(f"'' is empty; {remedy}")
        if len(value) > longest:
            refuse(f"{shown(value)} has {len(value)} characters; use {longest} or fewer")
        if value and not form.fullmatch(value):
            refuse(f"{shown(value)} is not allowed; {remedy}")
        return value

    return PlainValidator(validate)


def _with_an_address(url: str) -> str:
    """A URL whose host and port can be connected to, and that tells nobody a password."""
    try:
        parts = urlsplit(url)
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number or beyond all ports, half an IPv6 address
        is_address = False
    if not is_address:
        refuse(f"{shown(url)} has no host and port that there can be; {URL_REMEDY}")
    if "@" in parts.netloc:
        refuse(f"has a user before its host, and perhaps a password; {URL_REMEDY}")
    return url


def _no_address(host: str) -> str:
    """A name: the API server takes no IP address for an Ingress's host, nor for an HTTPRoute's."""
    if re.fullmatch(r"[0-9.]+", host):  # of a host that the pattern lets through, no other is one
        refuse(f"{shown(host)} is an address, not a name; {HOST_REMEDY}")
    return host


def _one_tenant(tenant_id: str) -> str:
    """Not all of them at once: in overrides.yaml `*` is every tenant without an entry of its own."""
    if tenant_id == "*":
        refuse("'*' is every tenant to Tempo; write the id of one, such as a UUID")
    return tenant_id


LABEL_REMEDY = "use lower-case letters, digits and '-', with a letter or digit at both ends"
SUBDOMAIN_REMEDY = "use lower-case letters, digits, '-' and '.', with a letter or digit at both ends of each part"
HOST_REMEDY = f"write a host such as traces.example.com, in lower case, each part {LONGEST_LABEL} characters at most"
VALUE_REMEDY = "use letters, digits, '-', '_' and '.', with a letter or digit at both ends"
TENANT_ID_REMEDY = "use a UUID, or letters, digits and any of !-_.*'() as Tempo allows in X-Scope-OrgID"
METRIC_REMEDY = "write its name in the metrics adapter, without blanks, / and %"
IMAGE_REMEDY = "write an image such as docker.io/grafana/tempo:2.10.8, without blanks"
URL_REMEDY = "write a URL such as https://sso.example.com/realms/traces"
FOLDER_REMEDY = "write the path of a folder such as /mnt/scratch"
TEXT_REMEDY = "write one line of text without blanks around it"

# The text at the end of each type is what docs/configuration.md calls it.
NameField = Annotated[str, _text(LABEL, LONGEST_NAME, LABEL_REMEDY), f"DNS label, {LONGEST_NAME} characters at most"]
LabelField = Annotated[str, _text(LABEL, LONGEST_LABEL, LABEL_REMEDY), "DNS label"]
SubdomainField = Annotated[str, _text(SUBDOMAIN, LONGEST_SUBDOMAIN, SUBDOMAIN_REMEDY), "DNS subdomain"]
HostField = Annotated[str, _text(HOST, LONGEST_SUBDOMAIN, HOST_REMEDY), AfterValidator(_no_address), "host name"]
LabelKeyField = Annotated[str, _text(LABEL_KEY, LONGEST_LABEL_KEY, VALUE_REMEDY), "label key"]
LabelValueField = Annotated[str, _text(LABEL_VALUE, LONGEST_LABEL, VALUE_REMEDY, empty=True), "label value"]
ManagerField = Annotated[str, _text(LABEL_VALUE, LONGEST_LABEL, VALUE_REMEDY), "label value"]
TenantIdField = Annotated[
    str, _text(TENANT_ID, LONGEST_TENANT_ID, TENANT_ID_REMEDY), AfterValidator(_one_tenant), "tenant id"
]
MetricNameField = Annotated[str, _text(METRIC, LONGEST_SUBDOMAIN, METRIC_REMEDY), "metric name"]
ImageField = Annotated[str, _text(IMAGE, 512, IMAGE_REMEDY), "image"]
UrlField = Annotated[str, _text(URL, 2048, URL_REMEDY), AfterValidator(_with_an_address), "URL"]
PathField = Annotated[str, _text(FOLDER, 1024, FOLDER_REMEDY), "folder"]
TextField = Annotated[str, _text(TEXT, 1024, TEXT_REMEDY), "text"]
AnnotationField = Annotated[str, _text(ANNOTATION, LONGEST_ANNOTATIONS, TEXT_REMEDY, empty=True), "text"]
