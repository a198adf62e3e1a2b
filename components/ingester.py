"""The ingester: gathers spans into blocks on its own volume and flushes them to the bucket."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import StatefulSet, StatefulSetSpecArgs
from pulumi_kubernetes.apps.v1.outputs import StatefulSetSpec
from pulumi_kubernetes.core.v1 import (
    PersistentVolumeClaimArgs,
    PersistentVolumeClaimSpecArgs,
    Service,
    ServiceSpecArgs,
    VolumeResourceRequirementsArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from allocation import WorkloadPlan
from allocation.plan import VolumePlan, quantity
from components.ending import end
from components.shared import Shared, disruption_budget
from components.tempo_config import DATA_FOLDER
from components.tempo_pod import GOSSIP, GRPC, HTTP, tempo_pod
from components.volumes import Mount
from settings.pods import PodSettings

PORTS = (HTTP, GRPC)
VOLUME = "data"
ONE_WRITER = ("ReadWriteOnce",)  # what each replica's volume needs
JOINS_THE_RING_AFTER_SECONDS = 15  # before that it is never ready: no use in asking
GROW = "docs/allocation.md#larger-volumes"
CLASS_PATH = "spec.storageClassName"
MODES_PATH = "spec.template.ingester.volumeClaimTemplate.spec.accessModes"


@dataclass(frozen=True)
class IngesterArgs:
    shared: Shared
    plan: WorkloadPlan
    pods: PodSettings
    image: str
    volume: VolumePlan  # each replica's
    storage_class_name: str | None  # None: the cluster's default class
    access_modes: Sequence[str]


class Ingester(pulumi.ComponentResource):
    """StatefulSet, with a volume for each replica, and Service `tempo-<stack>-ingester`. Output: their size."""

    def __init__(self, name: str, args: IngesterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("tempostack:components:Ingester", name, None, opts)
        me = args.shared.identity.of("ingester")
        child = args.shared.options(self)
        pod = tempo_pod(
            args.shared,
            args.plan,
            args.image,
            args.pods,
            (*PORTS, GOSSIP),
            data=Mount(VOLUME, DATA_FOLDER),
            ready_after_seconds=JOINS_THE_RING_AFTER_SECONDS,
        )

        server = StatefulSet(
            name,
            metadata=me.metadata(),
            spec=StatefulSetSpecArgs(
                replicas=args.plan.replicas,
                service_name=me.name,
                pod_management_policy="Parallel",  # the ring takes them in any order
                selector=LabelSelectorArgs(match_labels=me.selector),
                template=pod.template(),
                volume_claim_templates=[_claim(args, me.selector)],
            ),
            opts=pulumi.ResourceOptions.merge(
                args.shared.tempo_options(self), pulumi.ResourceOptions(ignore_changes=["spec.volumeClaimTemplates"])
            ),
        )
        Service(
            name,
            metadata=me.metadata(annotations=args.shared.transport.annotations(me)),
            spec=ServiceSpecArgs(  # headless: the StatefulSet's own, from which each replica has its name in DNS
                cluster_ip="None", selector=me.selector, ports=[port.service() for port in PORTS]
            ),
            opts=child,
        )
        disruption_budget(name, me, args.plan, child)
        self.register_outputs({"volume": server.spec.apply(lambda spec: _kept(args, spec))})


def _kept(args: IngesterArgs, spec: StatefulSetSpec) -> str:
    """The size of the running volumes. Kubernetes changes no claim of a StatefulSet, so another plan ends the run.

    A replaced StatefulSet would end every ingester at once, and its volumes would keep the size that they have.
    """
    claim = (spec.volume_claim_templates or [])[0].spec
    assert claim is not None  # the stack declares it
    assert claim.resources is not None
    running_size = str((claim.resources.requests or {}).get("storage"))
    claims = (
        (args.volume.path, running_size, quantity("memory", args.volume.size_bytes)),
        (CLASS_PATH, claim.storage_class_name, args.storage_class_name),
        (MODES_PATH, ", ".join(claim.access_modes or ()), ", ".join(args.access_modes)),
    )
    differ = [each for each in claims if each[1] != each[2]]
    if differ:
        end(
            f"{path}: the ingesters' volumes were made with {running or 'the default'}, and Kubernetes cannot change "
            f"them to {planned or 'the default'}; {f'write {running}' if running else 'leave it out'}, or follow {GROW}"
            for path, running, planned in differ
        )
    return running_size


def _claim(args: IngesterArgs, labels: dict[str, str]) -> PersistentVolumeClaimArgs:
    """Kubernetes lets nobody change it in place, so it has no label that a user can change."""
    return PersistentVolumeClaimArgs(
        metadata=ObjectMetaArgs(name=VOLUME, labels=labels),
        spec=PersistentVolumeClaimSpecArgs(
            access_modes=list(args.access_modes),
            storage_class_name=args.storage_class_name,
            resources=VolumeResourceRequirementsArgs(requests={"storage": quantity("memory", args.volume.size_bytes)}),
        ),
    )
