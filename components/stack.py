"""The whole stack: one component that declares all the others."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import pulumi

from allocation import Plan, WorkloadPlan
from components.compactor import Compactor, CompactorArgs
from components.distributor import Distributor, DistributorArgs
from components.existing_store import existing_store
from components.foundation import Foundation, Ground
from components.gateway import Gateway, GatewayArgs
from components.identity import Identity, provider
from components.ingester import ONE_WRITER, Ingester, IngesterArgs
from components.minio import Minio, MinioArgs
from components.oauth_proxy import OauthProxy
from components.oidc_clients import ExistingClients
from components.outputs import allocation_table, headroom, totals
from components.pods import USER
from components.querier import Querier, QuerierArgs
from components.query_frontend import QueryFrontend, QueryFrontendArgs
from components.refusals import explained
from components.secrets import Secrets
from components.shared import ObjectStore, Shared
from components.tempo_tls import receiver_mounts, store_mounts
from components.tenant_addresses import Addresses, by_header, through_gateway
from components.transport import Transport
from settings import Settings
from settings.network import Bandwidth
from settings.pods import PodSettings


@dataclass(frozen=True)
class TempoStackArgs:
    settings: Settings  # what is wanted
    plan: Plan  # every number of it, already decided
    secrets: Secrets  # those that these settings need


class TempoStack(pulumi.ComponentResource):
    """Tempo, and MinIO where it is switched on, in one namespace.

    Outputs: `outputs`, what the program exports, under the names it exports it by.
    """

    outputs: dict[str, Any]

    def __init__(self, name: str, args: TempoStackArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        opts = pulumi.ResourceOptions.merge(opts, explained(name))
        super().__init__("tempostack:components:TempoStack", name, None, opts)
        kubernetes = provider(f"{name}-kubernetes", args.settings.kube_context, pulumi.ResourceOptions(parent=self))
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self, provider=kubernetes)
        self._component = pulumi.ResourceOptions(parent=self, providers=[kubernetes])
        self._me = Identity(args.settings.name, args.settings.namespace, args.settings.managed_by)
        self._transport = Transport.of(args.settings)
        # OpenShift gives each namespace users of its own and refuses pods that name another one.
        self._user = None if args.settings.on_openshift else USER
        self._clients = ExistingClients(name, self._me, args.settings.spec.tenants, self._child)
        self._store = existing_store(name, self._me, args.settings, self._child)

        shared, minio = self._declare_shared()
        distributor = self._declare_distributor(shared)
        self._declare_storage_path(shared)
        query_frontend = self._declare_query_frontend(shared)
        gateway = self._declare_gateway(shared, distributor, query_frontend)

        # Behind a gateway nobody else reaches the others: each tenant has addresses of its own.
        endpoints = (
            {"gateway": gateway.public_url, "gatewayGrpc": gateway.grpc}
            if gateway
            else {
                "otlpGrpc": distributor.otlp_grpc,
                "otlpHttp": distributor.otlp_http,
                "query": query_frontend.query,
                "jaegerUi": query_frontend.jaeger_ui,
            }
        )
        with_secrets = (minio, query_frontend, gateway)
        self.outputs = {
            "endpoints": {name: endpoint for name, endpoint in endpoints.items() if endpoint is not None},
            "allocation": allocation_table(args.plan),
            "totals": totals(args.plan),
            "headroom": headroom(args.plan),
            "secrets": [secret for component in with_secrets if component for secret in component.secrets],
            **self._tenants(distributor, query_frontend, gateway),
        }
        self.register_outputs(self.outputs)

    def _tenants(
        self, distributor: Distributor, query_frontend: QueryFrontend, gateway: Gateway | None
    ) -> dict[str, dict[str, Addresses]]:
        tenants = self._args.settings.spec.tenants
        if tenants is None:
            return {}
        if gateway is None:
            return {"tenants": by_header(tenants, query_frontend.query, distributor.otlp_http, distributor.otlp_grpc)}
        has_ui = query_frontend.jaeger_query is not None
        return {"tenants": through_gateway(tenants, gateway.public_url, gateway.grpc, has_jaeger_ui=has_ui)}

    def _declare_shared(self) -> tuple[Shared, Minio | None]:
        """What all components read."""
        args, settings = self._args, self._args.settings
        ground = Ground(
            self._name,
            self._me,
            settings,
            args.plan,
            self._transport,
            objects=self._child,
            components=self._component,
            checked=(*self._clients.checked, *self._store.checked),
            store_ports=self._store.ports,
        )
        base = ground.lay()
        minio = self._declare_minio(base)
        store = (
            ObjectStore(settings.spec.storage.secret.name, mounts=store_mounts(settings))
            if minio is None
            else minio.store
        )
        after = dataclasses.replace(base.after, tempo=(*base.after.tempo, *(minio.ready if minio else ())))
        return Shared(self._me, base.config, store, base.service_account, self._user, after, self._transport), minio

    def _declare_minio(self, base: Foundation) -> Minio | None:
        minio, password = self._args.settings.minio, self._args.secrets.minio_root_password
        if not minio.enabled:
            return None
        assert password is not None  # asked for before anything is declared
        args = MinioArgs(
            identity=self._me,
            plan=self._plan("minio"),
            bucket_plan=self._plan("minio-bucket"),
            image=minio.image,
            storage_size=minio.storage_size,
            root_password=password,
            secret_name=self._args.settings.spec.storage.secret.name,
            service_account=base.service_account,
            user=self._user,
            after=base.after,
            pods=self._pods(PodSettings(bandwidth=minio.bandwidth)),
            transport=self._transport,
        )
        return Minio(f"{self._name}-minio", args, self._component)

    def _declare_distributor(self, shared: Shared) -> Distributor:
        settings, spec = self._args.settings, self._args.settings.spec
        args = DistributorArgs(
            shared=shared,
            plan=self._plan("distributor"),
            pods=self._pods(spec.template.distributor.pod),
            image=spec.images.tempo,
            behind_gateway=spec.template.gateway.enabled,
            encrypted=settings.receivers_encrypted,
            certificates=receiver_mounts(settings),
        )
        return Distributor(f"{self._name}-distributor", args, self._component)

    def _declare_storage_path(self, shared: Shared) -> None:
        """Who keeps traces, who looks for them, who tidies up: nobody outside the stack speaks to these three."""
        spec = self._args.settings.spec
        template, image, claim = spec.template, spec.images.tempo, spec.ingester_claim
        ingester = IngesterArgs(
            shared=shared,
            plan=self._plan("ingester"),
            pods=self._pods(template.ingester.pod),
            image=image,
            volume=self._args.plan.storage.volume("ingester"),
            storage_class_name=spec.storage_class_name or (None if claim is None else claim.storage_class_name),
            access_modes=ONE_WRITER if claim is None else claim.access_modes,
        )
        Ingester(f"{self._name}-ingester", ingester, self._component)
        querier = QuerierArgs(shared, self._plan("querier"), self._pods(template.querier.pod), image)
        Querier(f"{self._name}-querier", querier, self._component)
        compactor = CompactorArgs(shared, self._plan("compactor"), self._pods(template.compactor.pod), image)
        Compactor(f"{self._name}-compactor", compactor, self._component)

    def _declare_query_frontend(self, shared: Shared) -> QueryFrontend:
        settings, spec = self._args.settings, self._args.settings.spec
        args = QueryFrontendArgs(
            shared=shared,
            plan=self._plan("query-frontend"),
            pods=self._pods(spec.template.query_frontend.pod),
            images=spec.images,
            has_tenants=spec.tenants is not None,
            has_jaeger_ui=spec.template.has_jaeger_ui,
            behind_gateway=spec.template.gateway.enabled,
            oauth_proxy=self._oauth_proxy(),
            jaeger_ingress=settings.jaeger_ingress,
        )
        return QueryFrontend(f"{self._name}-query-frontend", args, self._component)

    def _oauth_proxy(self) -> OauthProxy | None:
        template, key = self._args.settings.spec.template, self._args.secrets.gateway_cookie_key
        authentication = template.query_frontend.jaeger_query.authentication
        if not template.has_oauth_proxy:
            return None
        assert authentication is not None
        assert key is not None  # asked for before anything is declared
        is_door, timeout = not template.gateway.enabled, self._args.settings.spec.timeout
        return OauthProxy(key, is_door, access_review=authentication.sar, timeout=timeout)

    def _declare_gateway(
        self, shared: Shared, distributor: Distributor, query_frontend: QueryFrontend
    ) -> Gateway | None:
        spec, secrets = self._args.settings.spec, self._args.secrets
        if not spec.template.gateway.enabled:
            return None
        assert spec.tenants is not None  # a gateway without tenants is a mistake that settings refuses
        args = GatewayArgs(
            shared=shared,
            plan=self._plan("gateway"),
            pods=self._pods(spec.template.gateway.pod),
            images=spec.images,
            tenants=spec.tenants,
            secrets=dataclasses.replace(secrets, oidc_clients=self._clients.and_those_of(secrets.oidc_clients)),
            otlp_grpc=distributor.otlp_grpc,
            otlp_http=distributor.otlp_http,
            query=query_frontend.query,
            jaeger_query=query_frontend.jaeger_query,
            ingress=self._args.settings.gateway_ingress,
            timeout=spec.timeout,
        )
        return Gateway(f"{self._name}-gateway", args, self._component)

    def _pods(self, own: PodSettings) -> PodSettings:
        """What is said of a component's pods, and of all of the stack's."""
        everywhere = self._args.settings.spec.network_policy.pod_bandwidth
        return own.model_copy(update={"bandwidth": (own.bandwidth or Bandwidth()).over(everywhere)})

    def _plan(self, component: str) -> WorkloadPlan:
        plan = self._args.plan.workload(component)
        assert plan is not None, f"the plan has no {component}"
        return plan
