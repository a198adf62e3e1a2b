"""Pods that the cluster would refuse: what a `podSecurityContext` asks for, against `restricted` and OpenShift's rules.

That the findings are just what the real admission refuses is tested on a real API server.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation import Finding, allocate
from tests.support.strategies import Spec, base_spec, put, settings_of, thorough

CONTEXT = ("template", "querier", "podSecurityContext")
ROOT = "the pod security standard restricted lets nobody run as root, so no querier would start"
NOT_ITS_OWN = "OpenShift's restricted-v2 admits only those that OpenShift gives the namespace"


def found(spec: Spec, **beside: Any) -> list[Finding]:
    return [finding for finding in allocate(settings_of(spec, **beside)).findings if finding.code == "pod-security"]


def lines(context: dict[str, Any], **beside: Any) -> list[str]:
    spec = base_spec()
    put(spec, CONTEXT, context)
    return [
        f"{finding.path.removeprefix('spec.template.querier.podSecurityContext.')} {finding.message}; {finding.remedy}"
        for finding in found(spec, **beside)
    ]


def test_each_field_that_is_refused_has_a_line_of_its_own() -> None:
    context = {"runAsUser": 0, "runAsNonRoot": False, "seccompProfile": {"type": "Unconfined"}}
    assert lines(context) == [
        f"runAsNonRoot false: {ROOT}; remove it, or write true",
        f"runAsUser 0: {ROOT}; remove it, or name another user",
        "seccompProfile.type Unconfined: the pod security standard restricted asks for a seccomp profile, "
        "so no querier would start; remove it, or write RuntimeDefault",
    ]


@pytest.mark.parametrize("number", [1, 10001, 999_999_999, 2_000_000_000])
@pytest.mark.parametrize("key", ["runAsUser", "fsGroup"])
def test_openshift_refuses_users_of_ones_own(key: str, number: int) -> None:
    assert lines({key: number}) == []
    for made in (True, False):
        assert lines({key: number}, platform="openshift", createNamespace=made) == [
            f"{key} {number}: {NOT_ITS_OWN}, so no querier would start; remove it; OpenShift fills it in"
        ]


@pytest.mark.parametrize("number", [1_000_000_000, 1_000_650_001, 1_999_999_999])
@pytest.mark.parametrize("key", ["runAsUser", "fsGroup"])
def test_a_user_that_may_be_the_namespace_s_own_is_believed_where_the_namespace_exists(key: str, number: int) -> None:
    assert lines({key: number}, platform="openshift", createNamespace=False) == []
    assert len(lines({key: number}, platform="openshift")) == 1  # which it gets, nobody knows before it is made


def test_openshift_admits_one_seccomp_profile_and_says_nothing_of_groups() -> None:
    profile = {"type": "Localhost", "localhostProfile": "a.json"}
    assert lines({"seccompProfile": profile}) == []
    assert lines({"seccompProfile": profile}, platform="openshift") == [
        "seccompProfile.type Localhost: OpenShift's restricted-v2 admits RuntimeDefault only, "
        "so no querier would start; remove it"
    ]
    fine = {"runAsGroup": 7, "supplementalGroups": [0], "seccompProfile": {"type": "RuntimeDefault"}}
    assert lines(fine, platform="openshift") == []


def test_root_is_refused_once_where_both_refuse_it() -> None:
    assert lines({"runAsUser": 0}, platform="openshift") == [f"runAsUser 0: {ROOT}; remove it, or name another user"]
    assert len(lines({"fsGroup": 0}, platform="openshift")) == 1


@pytest.mark.parametrize(("on_violation", "severity"), [("warn", "warning"), ("error", "error")])
def test_on_violation_decides_about_it(on_violation: str, severity: str) -> None:
    spec = base_spec()
    put(spec, ("resources",), {"onViolation": on_violation})
    put(spec, CONTEXT, {"runAsUser": 0})
    assert [finding.severity for finding in found(spec)] == [severity]


def test_the_path_is_where_it_was_written_and_nobody_speaks_of_what_does_not_run() -> None:
    spec = base_spec()
    put(spec, ("template", "distributor", "component", "podSecurityContext"), {"runAsUser": 0})
    put(spec, ("template", "gateway", "component", "podSecurityContext"), {"runAsUser": 0})
    (finding,) = found(spec)
    assert finding.path == "spec.template.distributor.component.podSecurityContext.runAsUser"


CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "runAsUser": st.sampled_from([0, 1, 10001]),
        "runAsGroup": st.sampled_from([0, 10001]),
        "runAsNonRoot": st.booleans(),
        "fsGroup": st.sampled_from([0, 10001]),
        "supplementalGroups": st.lists(st.sampled_from([0, 10001]), max_size=2),
        "seccompProfile": st.sampled_from(
            [{"type": "RuntimeDefault"}, {"type": "Unconfined"}, {"type": "Localhost", "localhostProfile": "a"}]
        ),
    },
)


@thorough
@given(CONTEXTS)
def test_what_the_remedies_say_is_enough(context: dict[str, Any]) -> None:
    """Every remedy begins with removing the field: without those named, nothing is left to refuse."""
    named = {line.split(" ")[0].split(".")[0] for line in lines(context)}
    assert lines({key: value for key, value in context.items() if key not in named}) == []
    for key in named:
        assert len(lines({key: context[key]})) == 1
