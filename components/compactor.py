"""The compactor: merges blocks in the bucket and deletes those past their retention."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import Service, ServiceSpecArgs

from allocation import WorkloadPlan
from components.pods import deployment_spec
from components.shared import Shared, disruption_budget
from components.tempo_pod import GOSSIP, HTTP, tempo_pod
from settings.pods import PodSettings

PORTS = (HTTP, GOSSIP)


@dataclass(frozen=True)
class CompactorArgs:
    shared: Shared
    plan: WorkloadPlan
    pods: PodSettings
    image: str


class Compactor(pulumi.ComponentResource):
    """Deployment and Service `tempo-<stack>-compactor`. Nobody asks it for anything; no outputs."""

    def __init__(self, name: str, args: CompactorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("tempostack:components:Compactor", name, None, opts)
        me = args.shared.identity.of("compactor")
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
