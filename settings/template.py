"""`spec.template`: the components and their containers."""

from settings.base import Model
from settings.pods import Component
from settings.resources import ContainerResources


class Sidecar(Model):
    """A container beside the main one: only its resources can be set."""

    resources: ContainerResources = ContainerResources()


class Authentication(Sidecar):
    """The oauth-proxy in front of the Jaeger UI: the block switches it on unless it says otherwise."""

    enabled: bool = True


class JaegerQuery(Sidecar):
    """The Jaeger UI (`jaeger-query`), its bridge to Tempo (`tempo-query`) and its proxy (`oauth-proxy`)."""

    enabled: bool = False
    tempo_query: Sidecar = Sidecar()
    authentication: Authentication | None = None


class QueryFrontend(Component):
    """The query frontend, with the Jaeger UI's containers when asked."""

    jaeger_query: JaegerQuery = JaegerQuery()


class Gateway(Component):
    """The multi-tenant gateway, with its OPA sidecar in openshift mode."""

    enabled: bool = False
    opa: Sidecar = Sidecar()


class Template(Model):
    """One entry per component."""

    distributor: Component = Component()
    ingester: Component = Component()
    compactor: Component = Component()
    querier: Component = Component()
    query_frontend: QueryFrontend = QueryFrontend()
    gateway: Gateway = Gateway()

    @property
    def has_jaeger_ui(self) -> bool:
        """Whether jaeger-query and tempo-query run."""
        return self.query_frontend.jaeger_query.enabled

    @property
    def has_oauth_proxy(self) -> bool:
        """Whether the Jaeger UI has its oauth-proxy."""
        authentication = self.query_frontend.jaeger_query.authentication
        return self.has_jaeger_ui and authentication is not None and authentication.enabled
