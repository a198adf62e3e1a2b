"""The pod that runs one target of Tempo."""

from allocation import WorkloadPlan
from allocation.labels import GOSSIP_MEMBER
from components.config_map import RELOADED
from components.pods import Container, Pod, Port
from components.probes import http_ready
from components.shared import STORAGE_ENV, Shared
from components.tempo_config import CONFIG_FOLDER, DATA_FOLDER, GOSSIP_PORT, GRPC_PORT, HTTP_PORT
from components.tempo_tls import INTERNAL_PORT
from components.volumes import Mount, scratch
from settings.pods import PodSettings

HTTP = Port("http", HTTP_PORT)
GRPC = Port("grpc", GRPC_PORT)
GOSSIP = Port("gossip", GOSSIP_PORT)
INTERNAL = Port("internal", INTERNAL_PORT)  # for the kubelet, in no Service
DATA = scratch("data", DATA_FOLDER)


def tempo_pod(
    shared: Shared,
    plan: WorkloadPlan,
    image: str,
    settings: PodSettings,
    ports: tuple[Port, ...],
    *,
    data: Mount = DATA,
    mounts: tuple[Mount, ...] = (),
    ready_after_seconds: int | None = None,
) -> Pod:
    """The pod of the Tempo target that `plan` names; its file says whether it reads the bucket."""
    target = plan.component
    file = f"{target}.yaml"
    text = shared.config.files[file]
    reads_bucket = "${S3_" in text
    me, transport = shared.identity.of(target), shared.transport
    asked = INTERNAL if transport.mutual else HTTP
    tempo = Container(
        plan=plan.container("tempo"),
        image=image,
        args=(f"-target={target}", f"-config.file={CONFIG_FOLDER}/{file}", "-config.expand-env=true"),
        ports=(*ports, INTERNAL) if transport.mutual else ports,
        env=shared.store.env(STORAGE_ENV) if reads_bucket else (),
        mounts=(
            shared.config.mount("conf", file, *RELOADED),
            data,
            *transport.mounts(me),
            *(transport.gossip_mounts(me) if GOSSIP in ports else ()),
            *(shared.store.mounts if reads_bucket else ()),
            *mounts,
        ),
        readiness=http_ready(asked.name, scheme=transport.scheme, first_after_seconds=ready_after_seconds),
    )
    return Pod(
        identity=me,
        containers=(tempo,),
        service_account=shared.service_account,
        user=shared.user,
        settings=settings,
        checksums={**shared.config.checksums(file), **(shared.store.checksums() if reads_bucket else {})},
        labels=GOSSIP_MEMBER if GOSSIP in ports else {},
        grace_seconds=plan.grace_seconds,
    )
