"""Every container a stack can have: where the user writes its resources, what they wrote, and whether it runs."""

from dataclasses import dataclass

from allocation.plan import Resource, Side
from allocation.units import round_up
from settings import Quantity, Settings
from settings.pods import Component
from settings.resources import ContainerResources
from settings.template import Sidecar

JAEGER = "spec.template.queryFrontend.jaegerQuery"
GATEWAY = "spec.template.gateway"


@dataclass(frozen=True, eq=False)
class Container:
    """One container of a workload, before anything is decided."""

    component: str
    name: str  # as in the pod
    weight: str  # its entry in a table of weights
    path: str  # config path of its resources
    replicas: int
    given: ContainerResources
    runs: bool
    to_run: str  # what a user does to have it run

    def override(self, side: Side, resource: Resource) -> int | None:
        """The user's own value in whole millicores or bytes, None where they gave none."""
        return given_amount(self.given, side, resource)


def given_quantity(resources: ContainerResources, side: Side, resource: Resource) -> Quantity | None:
    """One of the four quantities of a `resources` block, None where it was not given."""
    amounts = resources.limits if side == "limits" else resources.requests
    return amounts.cpu if resource == "cpu" else amounts.memory


def given_amount(resources: ContainerResources, side: Side, resource: Resource) -> int | None:
    """The same in whole millicores or bytes, rounded up as Kubernetes would."""
    quantity = given_quantity(resources, side, resource)
    return None if quantity is None else round_up(resource, quantity)


def containers_of(settings: Settings) -> tuple[Container, ...]:
    """Every container, running or not, workload by workload and in the order of its pod; MinIO is not among them."""
    template = settings.spec.template
    return (
        _main("distributor", "spec.template.distributor", template.distributor),
        _main("ingester", "spec.template.ingester", template.ingester),
        _main("compactor", "spec.template.compactor", template.compactor),
        _main("querier", "spec.template.querier", template.querier),
        *_query_frontend(settings),
        *_gateway(settings),
    )


def _query_frontend(settings: Settings) -> tuple[Container, ...]:
    template = settings.spec.template
    jaeger, has_ui, has_proxy = template.query_frontend.jaeger_query, template.has_jaeger_ui, template.has_oauth_proxy
    main = _main("query-frontend", "spec.template.queryFrontend", template.query_frontend)
    proxy = jaeger.authentication or Sidecar()
    ui_on, proxy_on = f"set {JAEGER}.enabled: true", f"set {JAEGER}.authentication.enabled: true"
    return (
        main,
        _beside(main, "jaeger-query", "jaeger_query", JAEGER, jaeger, has_ui, ui_on),
        _beside(main, "tempo-query", "tempo_query", f"{JAEGER}.tempoQuery", jaeger.tempo_query, has_ui, ui_on),
        _beside(
            main,
            "oauth-proxy",
            "oauth_proxy",
            f"{JAEGER}.authentication",
            proxy,
            has_proxy,
            proxy_on if has_ui else ui_on,
        ),
    )


def _gateway(settings: Settings) -> tuple[Container, ...]:
    gateway, has_opa = settings.spec.template.gateway, settings.spec.has_opa
    gateway_on = f"set {GATEWAY}.enabled: true"
    opa_on = (
        "set spec.tenants.mode: openshift" if gateway.enabled else f"{gateway_on} with spec.tenants.mode: openshift"
    )
    main = _main("gateway", GATEWAY, gateway, "tempo-gateway", gateway.enabled, gateway_on)
    return main, _beside(main, "tempo-gateway-opa", "opa", f"{GATEWAY}.opa", gateway.opa, has_opa, opa_on)


def _main(
    component: str, path: str, block: Component, name: str = "tempo", runs: bool = True, to_run: str = ""
) -> Container:
    """The first container of a component's pods; its resources stand under the component or under `component:`."""
    pod = block.pod
    path = f"{path}.{block.path_of('resources')}"
    given = pod.resources or ContainerResources()
    return Container(component, name, component.replace("-", "_"), path, pod.replicas or 1, given, runs, to_run)


def _beside(main: Container, name: str, weight: str, path: str, block: Sidecar, runs: bool, to_run: str) -> Container:
    """A container beside the first one, in the same pods."""
    path = f"{path}.resources"
    return Container(main.component, name, weight, path, main.replicas, block.resources, runs, to_run)
