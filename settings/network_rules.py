"""Rules about the network, over several keys."""

from collections.abc import Iterator

from settings.access_rules import COMPONENTS, has_proxy, kind_of_door
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


def controllers_have_a_way_in_to_hand_on_to(config: Config) -> Iterator[Mistake]:
    """Nobody is let through a door that there is not."""
    path: Path = (*PORTS[:-1], "ingressControllers")
    doors = [place for place in COMPONENTS if at(config, (*place, "enabled")) is True]
    if at(config, path) is not None and all(kind_of_door(config, place) == "none" for place in doors):
        found = "is about requests from outside the cluster, and there is no way in for them"
        yield Mistake(path, f"{found}; remove it, or write ingress.type below the gateway or jaegerQuery")


RULES: tuple[Rule, ...] = (ports_are_those_of_servers_that_are_asked, controllers_have_a_way_in_to_hand_on_to)
