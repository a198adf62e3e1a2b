"""MinIO: the stack's own object store, for a cluster that has none, outside the Tempo total."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment, DeploymentSpecArgs, DeploymentStrategyArgs
from pulumi_kubernetes.batch.v1 import Job, JobSpecArgs
from pulumi_kubernetes.core.v1 import (
    KeyToPathArgs,
    PersistentVolumeClaim,
    PersistentVolumeClaimSpecArgs,
    Secret,
    SecretVolumeSourceArgs,
    Service,
    ServiceSpecArgs,
    VolumeArgs,
    VolumeResourceRequirementsArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs

from allocation import WorkloadPlan
from components.identity import Identity
from components.pods import Container, Pod, Port, plain_env
from components.probes import http_alive, http_ready
from components.secrets import base64_of, encode, fingerprint_of
from components.shared import STORAGE_ENV, After, ObjectStore
from components.transport import AUTHORITY, CERTIFICATE_FILE, KEY_FILE, TLS_FOLDER, Transport
from components.volumes import Mount, claimed, scratch
from settings import Quantity
from settings.pods import PodSettings

S3 = Port("s3", 9000)
BUCKET = "tempo"
ROOT_USER = "tempo"
# Kubernetes changes no Secret's type, so this one can take the place of none that a user or another stack made.
STORE_TYPE = "tempostack/"  # and the stack's name
DATA_FOLDER = "/data"
CERTIFICATES_FOLDER = f"{TLS_FOLDER}/minio"
HOME = scratch("home", "/tmp")  # noqa: S108 a volume of the container
ROOT_ENV = {"MINIO_ROOT_USER": "access_key_id", "MINIO_ROOT_PASSWORD": "access_key_secret"}
# The image has its client `mc` beside the server (Dockerfile.release of the pinned release).
CREATE_BUCKET = (
    'mc alias set store "$S3_ENDPOINT" "$S3_ACCESS_KEY" "$S3_SECRET_KEY" && mc mb --ignore-existing "store/$S3_BUCKET"'
)
BUCKET_ATTEMPTS = 10  # further and further apart, some 25 minutes in all: the image may be slow to come


@dataclass(frozen=True)
class MinioArgs:
    identity: Identity  # of the stack
    plan: WorkloadPlan
    bucket_plan: WorkloadPlan
    image: str
    storage_size: Quantity
    root_password: pulumi.Output[str]
    secret_name: str  # spec.storage.secret.name: what Tempo reads
    service_account: str
    user: int | None  # whom the pods run as; None: the cluster says
    after: After
    pods: PodSettings
    transport: Transport


class Minio(pulumi.ComponentResource):
    """Deployment, volume, Service `tempo-<stack>-minio`, the Job that makes the bucket, the Secret that names both.

    Outputs: `store` (what Tempo's pods read), `ready` (what their pods wait for), `secrets` (names).
    """

    store: ObjectStore
    ready: tuple[pulumi.Resource, ...]
    secrets: tuple[str, ...]

    def __init__(self, name: str, args: MinioArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("tempostack:components:Minio", name, None, opts)
        me = args.identity.of("minio")
        child = pulumi.ResourceOptions(parent=self, depends_on=args.after.objects)

        secret = Secret(
            name,
            metadata=me.metadata(name=args.secret_name),
            type=f"{STORE_TYPE}{me.stack}",
            data=_secret_data(me, args),
            # One that was made before it had a type keeps what it has.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(ignore_changes=["type"])),
        )
        PersistentVolumeClaim(name, metadata=me.metadata(), spec=_claim(args), opts=child)
        self.store = ObjectStore(args.secret_name, fingerprint_of(args.root_password, me))
        self.secrets = (args.secret_name,)
        server = Deployment(
            name,
            metadata=me.metadata(),
            spec=DeploymentSpecArgs(
                replicas=args.plan.replicas,
                selector=LabelSelectorArgs(match_labels=me.selector),
                strategy=DeploymentStrategyArgs(type="Recreate"),  # two servers would fight over the one volume
                template=_server(me, args, self.store).template(),
            ),
            # Not after its claim: many a storage class binds a claim only when a pod is there that mounts it.
            opts=_then(child, *args.after.pods, secret),
        )
        service = Service(
            name,
            metadata=me.metadata(annotations=args.transport.annotations(me)),
            spec=ServiceSpecArgs(selector=me.selector, ports=[S3.service()]),
            opts=child,
        )
        bucket = args.identity.of("minio-bucket")
        self.ready = (
            Job(
                f"{name}-bucket",
                metadata=bucket.metadata(),
                spec=JobSpecArgs(
                    backoff_limit=BUCKET_ATTEMPTS, template=_make_bucket(bucket, args, self.store).template()
                ),
                # Kubernetes changes no Job's pod in place, and two of one name cannot be: the old one goes first.
                opts=_then(child, server, service, replace_on_changes=["spec"], delete_before_replace=True),
            ),
        )
        self.register_outputs({"secrets": self.secrets})


def _secret_data(me: Identity, args: MinioArgs) -> dict[str, pulumi.Input[str]]:
    return {
        "endpoint": encode(f"{args.transport.scheme}://{me.host}:{S3.number}"),
        "bucket": encode(BUCKET),
        "access_key_id": encode(ROOT_USER),
        "access_key_secret": base64_of(args.root_password),
    }


def _claim(args: MinioArgs) -> PersistentVolumeClaimSpecArgs:
    return PersistentVolumeClaimSpecArgs(
        access_modes=["ReadWriteOnce"],
        resources=VolumeResourceRequirementsArgs(requests={"storage": str(args.storage_size)}),
    )


def _server(me: Identity, args: MinioArgs, store: ObjectStore) -> Pod:
    transport = args.transport
    server = Container(
        plan=args.plan.container("minio"),
        image=args.image,
        command=("minio",),
        args=(
            "server",
            DATA_FOLDER,
            f"--address=:{S3.number}",
            *((f"--certs-dir={CERTIFICATES_FOLDER}",) if transport.encrypted else ()),
        ),
        ports=(S3,),
        env=(*plain_env(HOME=HOME.path, MINIO_BROWSER="off", MINIO_UPDATE="off"), *store.env(ROOT_ENV)),
        mounts=(claimed("data", DATA_FOLDER, me.name), HOME, *_certificates(me, transport)),
        readiness=http_ready(S3.name, "/minio/health/ready", scheme=transport.scheme),
        liveness=http_alive(S3.name, "/minio/health/live", scheme=transport.scheme),
    )
    return Pod(me, (server,), args.service_account, args.user, args.pods, checksums=store.checksums())


def _certificates(me: Identity, transport: Transport) -> tuple[Mount, ...]:
    """MinIO's certificate, under the names that it looks for. Its callers show keys to the bucket, not certificates."""
    if not transport.encrypted:
        return ()
    items = [KeyToPathArgs(key=CERTIFICATE_FILE, path="public.crt"), KeyToPathArgs(key=KEY_FILE, path="private.key")]
    secret = SecretVolumeSourceArgs(secret_name=transport.secret(me), items=items)
    return (Mount("tls", CERTIFICATES_FOLDER, VolumeArgs(name="tls", secret=secret), read_only=True),)


def _make_bucket(bucket: Identity, args: MinioArgs, store: ObjectStore) -> Pod:
    trusted = args.transport.trust(bucket.of("minio"))
    client = Container(
        plan=args.bucket_plan.containers[0],
        image=args.image,
        command=("/bin/sh", "-c"),
        args=(CREATE_BUCKET,),
        env=(
            *plain_env(HOME=HOME.path, MC_CONFIG_DIR=f"{HOME.path}/.mc"),
            *(plain_env(SSL_CERT_FILE=AUTHORITY) if trusted else ()),
            *store.env(STORAGE_ENV),
        ),
        mounts=(HOME, *trusted),
    )
    return Pod(bucket, (client,), args.service_account, args.user, restart_policy="OnFailure")


def _then(
    child: pulumi.ResourceOptions,
    *after: pulumi.Resource,
    replace_on_changes: list[str] | None = None,
    delete_before_replace: bool | None = None,
) -> pulumi.ResourceOptions:
    """The same options, after these resources too."""
    more = pulumi.ResourceOptions(
        depends_on=after, replace_on_changes=replace_on_changes, delete_before_replace=delete_before_replace
    )
    return pulumi.ResourceOptions.merge(child, more)
