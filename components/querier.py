"""The querier: looks for traces in the ingesters and in the bucket."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import Service, ServiceSpecArgs

from allocation import WorkloadPlan
from components.pods import deployment_spec
from components.shared import Shared, disruption_budget
from components.tempo_pod import GOSSIP, GRPC, HTTP, tempo_pod
from settings.pods import PodSettings

PORTS = (HTTP, GRPC, GOSSIP)


@dataclass(frozen=True)
class QuerierArgs:
    shared: Shared
    plan: WorkloadPlan
    pods: PodSettings
    image: str


class Querier(pulumi.ComponentResource):
    """Deployment and Service `tempo-<stack>-querier`. It takes its work from the query frontend; no outputs."""

    def __init__(self, name: str, args: QuerierArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("tempostack:components:Querier", name, None, opts)
        me = args.shared.identity.of("querier")
        child = args.shared.options(self)

        Deployment(
            name,
            metadata=me.metadata(),
            spec=deployment_spec(args.plan, tempo_pod(args.shared, args.plan, args.image, args.pods, PORTS)),
            opts=args.shared.tempo_options(self),
        )
        Service(
            name,
            metadata=me.metadata(),
            spec=ServiceSpecArgs(selector=me.selector, ports=[port.service() for port in PORTS]),
            opts=child,
        )
        disruption_budget(name, me, args.plan, child)
        self.register_outputs({})
