"""Whether the cluster admits the pods: by the pod security standard `restricted`, and on OpenShift by its own rules.

https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted (v1.36), and the constraints
`restricted-v2` of OpenShift 4.20 (SecurityContextConstraints). What a user cannot set, the stack sets as both ask for.
"""

from collections.abc import Iterator

from allocation.review.case import Case, Violation
from settings.pods import PodSecurityContext

STANDARD = "the pod security standard restricted"
SCC = "OpenShift's restricted-v2"
# From which OpenShift gives each namespace 10,000 users of its own, unless the cluster's administrator says otherwise.
OPENSHIFT_USERS = range(1_000_000_000, 2_000_000_000)

Refusal = tuple[str, str, str, str]  # the key, what was found, who refuses it and why, what to do


def pods_admitted(case: Case) -> Iterator[Violation]:
    """What a `podSecurityContext` asks for and the cluster refuses: then no pod of that component would be made."""
    for workload in case.plan.workloads:
        given = case.block(workload.component).pod.pod_security_context
        if given is None:
            continue
        path = case.path(workload.component, "podSecurityContext")
        for key, found, reason, remedy in (*_below_the_standard(given), *_outside_openshifts_rules(case, given)):
            message = f"{found}: {reason}, so no {workload.component} would start"
            yield Violation("pod-security", f"{path}.{key}", message, remedy)


def _below_the_standard(given: PodSecurityContext) -> Iterator[Refusal]:
    seccomp = given.seccomp_profile
    if given.run_as_non_root is False:
        yield "runAsNonRoot", "false", f"{STANDARD} lets nobody run as root", "remove it, or write true"
    if given.run_as_user == 0:
        yield "runAsUser", "0", f"{STANDARD} lets nobody run as root", "remove it, or name another user"
    if seccomp is not None and seccomp.type == "Unconfined":
        reason = f"{STANDARD} asks for a seccomp profile"
        yield "seccompProfile.type", "Unconfined", reason, "remove it, or write RuntimeDefault"


def _outside_openshifts_rules(case: Case, given: PodSecurityContext) -> Iterator[Refusal]:
    """What is refused on OpenShift only; root is by the standard already."""
    if not case.settings.on_openshift:
        return
    for key, number in (("runAsUser", given.run_as_user), ("fsGroup", given.fs_group)):
        if number is None or (key, number) == ("runAsUser", 0):
            continue
        if case.settings.create_namespace or number not in OPENSHIFT_USERS:
            reason = f"{SCC} admits only those that OpenShift gives the namespace"
            yield key, str(number), reason, "remove it; OpenShift fills it in"
    if given.seccomp_profile is not None and given.seccomp_profile.type == "Localhost":
        yield "seccompProfile.type", "Localhost", f"{SCC} admits RuntimeDefault only", "remove it"
