"""OpenShift's login: a ServiceAccount as an OAuth client, and the right to ask the cluster who somebody is."""

import json

import pulumi
from pulumi_kubernetes.core.v1 import ServiceAccount
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import ClusterRole, ClusterRoleBinding, PolicyRuleArgs, RoleRefArgs, SubjectArgs

from components.identity import Identity
from settings.ingress import Ingress

_BY_ROUTE = "serviceaccounts.openshift.io/oauth-redirectreference.primary"
_BY_URL = "serviceaccounts.openshift.io/oauth-redirecturi.primary"
_REVIEWS = {"authentication.k8s.io": "tokenreviews", "authorization.k8s.io": "subjectaccessreviews"}


def oauth_client(name: str, me: Identity, ingress: Ingress | None, options: pulumi.ResourceOptions) -> ServiceAccount:
    """The component's ServiceAccount; who logs in by it may come back by the component's way in, on any path."""
    return ServiceAccount(
        name,
        metadata=me.metadata(annotations=None if ingress is None else _back_by(ingress, me)),
        automount_service_account_token=False,  # a container asks for it
        opts=options,
    )


def access_reviewer(name: str, me: Identity, options: pulumi.ResourceOptions) -> ClusterRoleBinding:
    """Lets the component's ServiceAccount ask whose a token is and what they may do, in the whole cluster.

    Both objects are called after the namespace and the component; a ':' is in neither, so no two stacks share a name.
    """
    metadata = ObjectMetaArgs(name=f"{me.namespace}:{me.name}", labels=me.labels)
    rules = [
        PolicyRuleArgs(api_groups=[group], resources=[review], verbs=["create"]) for group, review in _REVIEWS.items()
    ]
    role = ClusterRole(name, metadata=metadata, rules=rules, opts=options)
    return ClusterRoleBinding(
        name,
        metadata=metadata,
        role_ref=RoleRefArgs(
            api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=f"{me.namespace}:{me.name}"
        ),
        subjects=[SubjectArgs(kind="ServiceAccount", name=me.name, namespace=me.namespace)],
        opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[role])),
    )


def _back_by(ingress: Ingress, me: Identity) -> dict[str, str]:
    if ingress.type != "route":
        return {_BY_URL: f"{ingress.scheme}://{ingress.host}"}
    target = {
        "kind": "OAuthRedirectReference",
        "apiVersion": "v1",
        "reference": {"kind": "Route", "name": me.name},
    }
    return {_BY_ROUTE: json.dumps(target, separators=(",", ":"))}
