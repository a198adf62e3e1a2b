"""Rules about the network, over several keys."""

from collections.abc import Iterator

from settings.access_rules import has_proxy
from settings.mistakes import Mistake, Path
from settings.written import Config, Rule, at, entries, has_minio

PORTS: Path = ("spec", "networkPolicy", "ports")
TENANTS: Path = ("spec", "tenants", "authentication")


def ports_are_those_of_servers_that_are_asked(config: Config) -> Iterator[Mistake]:
    """No port is said of a server that the stack does not speak to, or that is its own."""
    if has_minio(config) and at(config, (*PORTS, "s3")) is not None:
        yield Mistake((*PORTS, "s3"), "is the port of a store of one's own, but MinIO is on; remove it")
    if at(config, (*PORTS, "issuers")) is not None and not any(
        at(tenant, ("oidc",)) for tenant in entries(config, TENANTS)
    ):
        yield Mistake((*PORTS, "issuers"), "is the port of OIDC providers, but no tenant has one; remove it")
    asks_the_api = at(config, (*TENANTS[:-1], "mode")) == "openshift" or has_proxy(config)
    if at(config, (*PORTS, "kubernetesApi")) is not None and not asks_the_api:
        found = "is asked by OpenShift's login only, and there is none"
        yield Mistake((*PORTS, "kubernetesApi"), f"{found}; remove it")


RULES: tuple[Rule, ...] = (ports_are_those_of_servers_that_are_asked,)
