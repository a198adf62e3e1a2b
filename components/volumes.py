"""Volumes, each with the folder where a container sees it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi_kubernetes.core.v1 import (
    ConfigMapProjectionArgs,
    ConfigMapVolumeSourceArgs,
    DownwardAPIProjectionArgs,
    DownwardAPIVolumeFileArgs,
    EmptyDirVolumeSourceArgs,
    EphemeralVolumeSourceArgs,
    KeyToPathArgs,
    ObjectFieldSelectorArgs,
    PersistentVolumeClaimSpecArgs,
    PersistentVolumeClaimTemplateArgs,
    PersistentVolumeClaimVolumeSourceArgs,
    ProjectedVolumeSourceArgs,
    SecretVolumeSourceArgs,
    ServiceAccountTokenProjectionArgs,
    VolumeArgs,
    VolumeProjectionArgs,
    VolumeResourceRequirementsArgs,
)

from settings.volumes import VolumeClaim

API_ACCESS = "api-access"


@dataclass(frozen=True)
class Mount:
    """A volume in a container; without a `volume` it is that of the StatefulSet's claim template of this name."""

    name: str
    path: str
    volume: VolumeArgs | None = None
    read_only: bool = False
    is_scratch: bool = False

    def declared(self, disk: str | None) -> VolumeArgs | None:
        """The volume; a scratch folder may hold what its container may write to the node's disk, a quantity."""
        if not self.is_scratch:
            return self.volume
        return VolumeArgs(name=self.name, empty_dir=EmptyDirVolumeSourceArgs(size_limit=disk))


def scratch(name: str, path: str) -> Mount:
    """An empty folder to write to, gone with the pod: root file systems are read-only."""
    return Mount(name, path, is_scratch=True)


def brought(name: str, path: str, claim: VolumeClaim) -> Mount:
    """A persistent volume that comes and goes with the pod: Kubernetes makes a claim for each."""
    spec = PersistentVolumeClaimSpecArgs(
        access_modes=list(claim.access_modes),
        storage_class_name=claim.storage_class_name,
        resources=VolumeResourceRequirementsArgs(requests={"storage": str(claim.resources.requests.storage)}),
    )
    source = EphemeralVolumeSourceArgs(volume_claim_template=PersistentVolumeClaimTemplateArgs(spec=spec))
    return Mount(name, path, VolumeArgs(name=name, ephemeral=source))


def claimed(name: str, path: str, claim: str) -> Mount:
    """The persistent volume of the claim of that name."""
    source = PersistentVolumeClaimVolumeSourceArgs(claim_name=claim)
    return Mount(name, path, VolumeArgs(name=name, persistent_volume_claim=source))


def config_files(name: str, path: str, config_map: str, files: Sequence[str]) -> Mount:
    """Files of a ConfigMap. They change in the running pod when the ConfigMap does."""
    source = ConfigMapVolumeSourceArgs(name=config_map, items=_items(files))
    return Mount(name, path, VolumeArgs(name=name, config_map=source), read_only=True)


def secret_files(name: str, path: str, secret: str, files: Sequence[str]) -> Mount:
    """Files of a Secret."""
    source = SecretVolumeSourceArgs(secret_name=secret, items=_items(files))
    return Mount(name, path, VolumeArgs(name=name, secret=source), read_only=True)


def _items(files: Sequence[str]) -> list[KeyToPathArgs]:
    return [KeyToPathArgs(key=file, path=file) for file in files]


def api_access() -> Mount:
    """The token of the pod's account, where programs look for it: for one container, not for all of the pod.

    The files and the hour are those of the volume that Kubernetes would mount into every container; OpenShift adds the
    authority of its Services.
    """
    token = ServiceAccountTokenProjectionArgs(path="token", expiration_seconds=3607)
    authorities = (("kube-root-ca.crt", "ca.crt", False), ("openshift-service-ca.crt", "service-ca.crt", True))
    namespace = DownwardAPIVolumeFileArgs(
        path="namespace", field_ref=ObjectFieldSelectorArgs(api_version="v1", field_path="metadata.namespace")
    )
    sources = [
        VolumeProjectionArgs(service_account_token=token),
        *(
            VolumeProjectionArgs(
                config_map=ConfigMapProjectionArgs(
                    name=name, items=[KeyToPathArgs(key=file, path=file)], optional=optional or None
                )
            )
            for name, file, optional in authorities
        ),
        VolumeProjectionArgs(downward_api=DownwardAPIProjectionArgs(items=[namespace])),
    ]
    volume = VolumeArgs(name=API_ACCESS, projected=ProjectedVolumeSourceArgs(sources=sources))
    return Mount(API_ACCESS, "/var/run/secrets/kubernetes.io/serviceaccount", volume, read_only=True)
