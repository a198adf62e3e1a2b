"""The distributor: receives spans and hands them to the ingesters."""

from dataclasses import dataclass

import pulumi

from allocation import WorkloadPlan
from components.deployment import declare_deployment
from components.pods import Port
from components.shared import Shared
from components.tempo_pod import GOSSIP, HTTP, tempo_pod
from components.volumes import Mount
from settings.pods import PodSettings

OTLP = (Port("otlp-grpc", 4317), Port("otlp-http", 4318))
# Jaeger's and Zipkin's own protocols, which a gateway would not know how to guard.
LEGACY = (
    Port("jaeger-thrift", 14268),
    Port("jaeger-grpc", 14250),
    Port("jaeger-compact", 6831, "UDP"),
    Port("jaeger-binary", 6832, "UDP"),
    Port("zipkin", 9411),
)
LEGACY_ENCRYPTED = tuple(port for port in LEGACY if port.protocol == "TCP")


@dataclass(frozen=True)
class DistributorArgs:
    shared: Shared
    plan: WorkloadPlan  # replicas and every container's resources, already decided
    pods: PodSettings
    image: str
    behind_gateway: bool
    encrypted: bool  # what it receives
    certificates: tuple[Mount, ...]  # what its receivers present and trust beside the stack's own


class Distributor(pulumi.ComponentResource):
    """Deployment and Service `tempo-<stack>-distributor`.

    Outputs: `otlp_grpc` (host:port), `otlp_http` (URL).
    """

    otlp_grpc: str
    otlp_http: str

    def __init__(self, name: str, args: DistributorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("tempostack:components:Distributor", name, None, opts)
        me = args.shared.identity.of("distributor")
        legacy = LEGACY_ENCRYPTED if args.encrypted else LEGACY
        ports = (*OTLP, HTTP) if args.behind_gateway else (*OTLP, HTTP, *legacy)

        declare_deployment(
            name,
            args.plan,
            tempo_pod(args.shared, args.plan, args.image, args.pods, (*ports, GOSSIP), mounts=args.certificates),
            ports,
            transport=args.shared.transport,
            workload_options=args.shared.tempo_options(self),
            options=args.shared.options(self),
        )

        self.otlp_grpc = f"{me.host}:{OTLP[0].number}"
        self.otlp_http = f"{'https' if args.encrypted else 'http'}://{me.host}:{OTLP[1].number}"
        self.register_outputs({"otlp_grpc": self.otlp_grpc, "otlp_http": self.otlp_http})
