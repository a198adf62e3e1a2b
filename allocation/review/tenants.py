"""Whether what is written for each tenant fits where Kubernetes keeps it."""

from collections.abc import Iterator

from allocation.overrides import CONFIG_MAP_BYTES, OTHER_FILES_BYTES, overrides_text
from allocation.plan import quantity
from allocation.review.case import Case, Violation
from allocation.units import KIB


def overrides_fit_their_config_map(case: Case) -> Iterator[Violation]:
    """The API server refuses a ConfigMap of more than 1 MiB, and the components' own files are in it as well."""
    room = CONFIG_MAP_BYTES - OTHER_FILES_BYTES
    text = overrides_text(case.settings, case.plan.tuning)
    size = len(text.encode())
    if size > room:
        limits = case.settings.spec.limits.per_tenant
        tenants = len(text.splitlines()) - 1  # a line for each
        found, most = (quantity("memory", -(-amount // KIB) * KIB) for amount in (size, room))
        message = f"overrides.yaml takes {found} for {tenants} tenants, and the ConfigMap has room for {most}"
        remedy = f"give {tenants * room // size} tenants or fewer limits and retention of their own"
        path = "spec.limits.perTenant" if limits else "spec.retention.perTenant"
        yield Violation("too-many-tenants", path, message, remedy)
