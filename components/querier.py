"""The querier: looks for traces in the ingesters and in the bucket."""

from dataclasses import dataclass

import pulumi

from allocation import WorkloadPlan
from components.deployment import declare_deployment
from components.shared import Shared
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
        declare_deployment(
            name,
            args.plan,
            tempo_pod(args.shared, args.plan, args.image, args.pods, PORTS),
            PORTS,
            transport=args.shared.transport,
            workload_options=args.shared.tempo_options(self),
            options=args.shared.options(self),
        )
        self.register_outputs({})
