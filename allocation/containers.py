"""Every container a stack can have: where the user writes its resources, what they wrote, and whether it runs."""

from dataclasses import dataclass

from pydantic.alias_generators import to_camel

from allocation.classes import class_of
from allocation.plan import Resource, Side
from allocation.scale import Scale, scale_of
from allocation.sizing import sizing_of
from allocation.units import round_up
from settings import Quantity, Settings
from settings.pods import Component
from settings.resources import ContainerResources, Qos
from settings.template import Sidecar

JAEGER = "spec.template.queryFrontend.jaegerQuery"
GATEWAY = "spec.template.gateway"
NOTHING, NO_SIDECAR = ContainerResources(), Sidecar()  # where the user writes nothing


@dataclass(frozen=True, eq=False)
class Container:
    """One container of a workload, before anything is decided."""

    component: str
    name: str  # as in the pod
    weight: str  # its entry in a table of weights
    path: str  # config path of its resources
    scale: Scale
    qos: Qos | None  # the class its pods ask for
    given: ContainerResources
    runs: bool
    to_run: str  # what a user does to have it run

    @property
    def replicas(self) -> int:
        """Those that the budget counts."""
        return self.scale.counted

    def override(self, side: Side, resource: Resource) -> int | None:
        """The user's own value in whole millicores or bytes, None where they gave none."""
        return given_amount(self.given, side, resource)


def given_quantity(resources: ContainerResources, side: Side, resource: Resource) -> Quantity | None:
    """One of the quantities of a `resources` block, None where it was not given."""
    quantity: Quantity | None = getattr(getattr(resources, side), resource.replace("-", "_"))
    return quantity


def given_amount(resources: ContainerResources, side: Side, resource: Resource) -> int | None:
    """The same in whole millicores or bytes, rounded up as Kubernetes would."""
    quantity = given_quantity(resources, side, resource)
    return None if quantity is None else round_up(resource, quantity)


def containers_of(settings: Settings) -> tuple[Container, ...]:
    """Every container, running or not, workload by workload and in the order of its pod; MinIO is not among them."""
    template, resources, sizing = settings.spec.template, settings.spec.resources, sizing_of(settings)

    def first(component: str, block: Component, name: str = "tempo", runs: bool = True, to_run: str = "") -> Container:
        """The first container of a component's pods; its resources stand under the component or its `component:`."""
        pod, weight = block.pod, component.replace("-", "_")
        path = f"spec.template.{to_camel(weight)}.{block.path_of('resources')}"
        sized = None if sizing is None else sizing.scale(component)
        scale, qos = scale_of(pod, sized), class_of(component, pod.qos, resources)
        given = pod.resources or NOTHING
        return Container(component, name, weight, path, scale, qos, given, runs, to_run)

    gateway_on = f"set {GATEWAY}.enabled: true"
    gateway = first("gateway", template.gateway, "tempo-gateway", template.gateway.enabled, gateway_on)
    return (
        first("distributor", template.distributor),
        first("ingester", template.ingester),
        first("compactor", template.compactor),
        first("querier", template.querier),
        *_query_frontend(settings, first("query-frontend", template.query_frontend)),
        *_gateway(settings, gateway),
    )


def _query_frontend(settings: Settings, main: Container) -> tuple[Container, ...]:
    template = settings.spec.template
    jaeger, has_ui, has_proxy = template.query_frontend.jaeger_query, template.has_jaeger_ui, template.has_oauth_proxy
    proxy = jaeger.authentication or NO_SIDECAR
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


def _gateway(settings: Settings, main: Container) -> tuple[Container, ...]:
    opa, has_opa = settings.spec.template.gateway.opa, settings.spec.has_opa
    openshift = "spec.tenants.mode: openshift"
    opa_on = f"set {openshift}" if main.runs else f"{main.to_run} with {openshift}"
    return main, _beside(main, "tempo-gateway-opa", "opa", f"{GATEWAY}.opa", opa, has_opa, opa_on)


def _beside(main: Container, name: str, weight: str, path: str, block: Sidecar, runs: bool, to_run: str) -> Container:
    """A container beside the first one, in the same pods."""
    path = f"{path}.resources"
    return Container(main.component, name, weight, path, main.scale, main.qos, block.resources, runs, to_run)
