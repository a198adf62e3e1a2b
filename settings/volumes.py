"""Volumes as users of Kubernetes write them: claim templates, and extra volumes of a component's pods."""

from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model
from settings.names import LabelField, PathField, SubdomainField
from settings.types import SizeField

AccessMode = Literal["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany"]  # those that let a pod write


class VolumeRequests(Model):
    """How much is asked for."""

    storage: SizeField
    """The size of each volume."""


class VolumeResources(Model):
    """A claim's resources."""

    requests: VolumeRequests
    """How much is asked for."""


class VolumeClaim(Model):
    """A claim's spec, as Kubernetes has it."""

    access_modes: Annotated[list[AccessMode], Field(min_length=1)]
    """How the volume is mounted."""
    resources: VolumeResources
    """How much is asked for."""
    storage_class_name: SubdomainField | None = None
    """The storage class; the cluster's default where nothing is said."""


class VolumeClaimTemplate(Model):
    """A template for claims."""

    spec: VolumeClaim
    """The claim."""


class ExtraVolume(VolumeClaimTemplate):
    """A volume that each pod brings with it, and that is gone with the pod."""

    name: LabelField
    """Its name in the pod."""
    mount_path: PathField | None = None
    """The folder where the main container sees it; `/mnt/<name>` where nothing is said."""

    @property
    def path(self) -> str:
        """The folder where the main container sees it."""
        return self.mount_path or f"/mnt/{self.name}"
