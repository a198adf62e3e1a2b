"""Whether what the user wrote can stand as it is written."""

from collections.abc import Iterator
from itertools import product

from allocation.containers import GATEWAY, JAEGER, given_quantity
from allocation.defaults import replication_factor
from allocation.jaeger import shortest_max_duration
from allocation.plan import RESOURCES, SIDES, Resource, quantity
from allocation.review.case import TOTAL, Case, Violation
from allocation.units import is_whole, round_up
from settings import Quantity
from settings.duration import nanoseconds


def enough_ingesters(case: Case) -> Iterator[Violation]:
    """The operator's rule: a write must be able to reach a quorum, ⌊RF/2⌋+1 ingesters."""
    factor = replication_factor(case.settings)
    ingesters = next(c.replicas for c in case.containers if c.component == "ingester")
    needed = factor // 2 + 1
    if ingesters < needed:
        yield Violation(
            "replication-factor",
            "spec.replicationFactor",
            f"{factor} copies need {needed} ingesters or more, and {ingesters} run",
            f"set spec.template.ingester.replicas to {needed} or more, or this to {2 * ingesters - 1} or less",
        )


def whole_quantities(case: Case) -> Iterator[Violation]:
    """Kubernetes knows nothing finer than a millicore or a byte."""
    blocks = [(c.path, c.given) for c in case.containers if c.runs]
    if case.settings.minio.enabled:
        blocks.append(("minio.resources", case.settings.minio.resources))
    blocks.append((TOTAL, case.settings.spec.resources.total))
    for path, given in blocks:
        for side, resource in product(SIDES, RESOURCES):
            found = given_quantity(given, side, resource)
            if found is not None and not is_whole(resource, found):
                unit = "millicore" if resource == "cpu" else "byte"
                message = f"{found} is finer than a {unit}"
                yield Violation("fractional-quantity", f"{path}.{side}.{resource}", message, _whole(resource, found))


def _whole(resource: Resource, found: Quantity) -> str:
    thousandths = found.value * 1000
    if resource == "memory" and thousandths.denominator == 1:  # most likely `m`, written for mega
        return f"write {thousandths}M or {thousandths}Mi; m is a thousandth"
    return f"write {quantity(resource, round_up(resource, found))}"


def secrets_encrypted(case: Case) -> Iterator[Violation]:
    """A secret in plain text is readable to everyone who reads the stack file."""
    for key in sorted(case.settings.plaintext_secrets):
        message = "is a secret, and stands in the stack's config in plain text"
        path = "--path " if "." in key else ""
        yield Violation("plaintext-secret", key, message, f"run `pulumi config set --secret {path}tempostack:{key}`")


def annotations_read(case: Case) -> Iterator[Violation]:
    """On a NetworkPolicy nothing reads a bandwidth."""
    given = case.settings.spec.network_policy.annotations
    if given is not None:
        message = "nothing reads a bandwidth on a NetworkPolicy, so it stands on the stack's pods"
        sides = {"ingress": given.ingress, "egress": given.egress}
        same = ", ".join(f"{side}: {rate}" for side, rate in sides.items() if rate is not None)
        remedy = f"write spec.networkPolicy.bandwidth: {{{same}}} instead, which says so" if same else "remove them"
        yield Violation("moved-annotation", "spec.networkPolicy.annotations", message, remedy)


def overrides_used(case: Case) -> Iterator[Violation]:
    """Numbers for a container that does not run do nothing."""
    blocks = [(c.name, c.path, c.given, c.to_run) for c in case.containers if not c.runs]
    if not case.settings.minio.enabled:
        blocks.append(("minio", "minio.resources", case.settings.minio.resources, "set minio.enabled: true"))
    for name, path, given, to_run in blocks:
        found = {
            f"{side}.{resource}": given_quantity(given, side, resource) for side, resource in product(SIDES, RESOURCES)
        }
        figures = ", ".join(f"{key} {value}" for key, value in found.items() if value is not None)
        if figures:
            yield Violation(
                "unused-override", path, f"{figures} for {name}, which does not run", f"remove it, or {to_run}"
            )


def tenants_used(case: Case) -> Iterator[Violation]:
    """A number of tenants, or what each of them costs, does nothing where the gateway does not follow it."""
    spec = case.settings.spec
    gateway, stated = spec.template.gateway, spec.workload and spec.workload.tenants
    if gateway.sizing is not None and not gateway.enabled:
        message = "is for the gateway, which does not run"
        yield Violation("unused-override", f"{GATEWAY}.sizing", message, f"remove it, or set {GATEWAY}.enabled: true")
    elif stated and gateway.sizing is None:
        message = f"{stated} tenants, and no gateway follows their number"
        remedy = f"remove it, or write {GATEWAY}.sizing: perTenant"
        yield Violation("unused-override", "spec.workload.tenants", message, remedy)


def services_listed_as_configured(case: Case) -> Iterator[Violation]:
    """A list of services over a longer time than a search may span is refused by Tempo, so it is shortened."""
    ui = case.settings.spec.template.query_frontend.jaeger_query
    longest = shortest_max_duration(case.settings)
    if not ui.enabled or longest is None or "services_query_duration" not in ui.model_fields_set:
        return
    if nanoseconds(ui.services_query_duration) > nanoseconds(longest):
        message = f"{ui.services_query_duration} is longer than a search of some tenant may span, so it is {longest}"
        remedy = f"write {longest} or less, or raise maxDuration and maxSearchDuration"
        yield Violation("unused-override", f"{JAEGER}.servicesQueryDuration", message, remedy)
