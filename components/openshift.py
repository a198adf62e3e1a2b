"""OpenShift's login: a ServiceAccount as an OAuth client, and the right to ask the cluster who somebody is."""

import json

import pulumi
from pulumi_kubernetes.core.v1 import ServiceAccount
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import ClusterRole, ClusterRoleBinding, PolicyRuleArgs, RoleRefArgs, SubjectArgs

from components.identity import Identity

_REDIRECT = "serviceaccounts.openshift.io/oauth-redirectreference.primary"
_REVIEWS = {"authentication.k8s.io": "tokenreviews", "authorization.k8s.io": "subjectaccessreviews"}


def oauth_client(name: str, me: Identity, options: pulumi.ResourceOptions, *, logs_in: bool = True) -> ServiceAccount:
    """The component's ServiceAccount; who `logs_in` by it may come back by the component's Route, on any path."""
    return ServiceAccount(
        name,
        metadata=me.metadata(annotations=_redirect(me.name) if logs_in else None),
        automount_service_account_token=False,  # the pod asks for it
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


def _redirect(route: str) -> dict[str, str]:
    target = {
        "kind": "OAuthRedirectReference",
        "apiVersion": "v1",
        "reference": {"kind": "Route", "name": route},
    }
    return {_REDIRECT: json.dumps(target, separators=(",", ":"))}
