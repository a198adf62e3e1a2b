"""What every object of a stack is called and how it is labelled."""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from allocation import labels

ENFORCE = "pod-security.kubernetes.io/enforce"
# Of a namespace, for the admission of pods. Every pod passes the standard as it is in the version named, so that no
# upgrade of the cluster refuses one; what a later standard would refuse is warned about and audited.
POD_SECURITY = {
    ENFORCE: "restricted",
    "pod-security.kubernetes.io/enforce-version": "v1.36",
    "pod-security.kubernetes.io/warn": "restricted",
    "pod-security.kubernetes.io/audit": "restricted",
}


@dataclass(frozen=True)
class Identity:
    """Names and labels of one component's objects; a component of "" is the stack as a whole.

    Names are those of the TempoStack operator, so that habits and runbooks work: `tempo-<stack>-<component>`.
    """

    stack: str
    namespace: str
    managed_by: str
    component: str = ""

    def of(self, component: str) -> "Identity":
        """The identity of a component of the same stack."""
        return Identity(self.stack, self.namespace, self.managed_by, component)

    @property
    def name(self) -> str:
        """The objects' `metadata.name`."""
        return f"tempo-{self.stack}-{self.component}" if self.component else f"tempo-{self.stack}"

    @property
    def host(self) -> str:
        """The Service of that name, as every pod of the cluster can resolve it."""
        return f"{self.name}.{self.namespace}.svc"

    @property
    def selector(self) -> dict[str, str]:
        """Labels that never change while the object lives; managed-by can, so it is not among them."""
        return labels.selector(self.stack, self.component)

    @property
    def labels(self) -> dict[str, str]:
        """All labels of an object or a pod."""
        return self.selector | {"app.kubernetes.io/managed-by": self.managed_by}

    def metadata(self, *, name: str | None = None, annotations: dict[str, str] | None = None) -> ObjectMetaArgs:
        """Metadata of one object: `name` only where it is not the component's own."""
        return ObjectMetaArgs(
            name=name or self.name, namespace=self.namespace, labels=self.labels, annotations=annotations
        )


def provider(name: str, context: str | None, opts: pulumi.ResourceOptions) -> k8s.Provider:
    """The stack's one provider: the kubeconfig's `context`, or its current one.

    ConfigMaps and Secrets are changed in place: their names are fixed, and a hash, not a new name, rolls the pods.
    What the stack declares is its own: an `up` takes a field back that somebody patched by hand, or the budget would
    no longer be what the plan says.
    """
    return k8s.Provider(
        name,
        context=context,
        enable_server_side_apply=True,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        enable_patch_force=True,
        opts=opts,
    )
