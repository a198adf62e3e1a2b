"""The compactor: merges blocks in the bucket and deletes those past their retention."""

from dataclasses import dataclass

import pulumi

from allocation import WorkloadPlan
from components.deployment import declare_deployment
from components.shared import Shared
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
