"""What a plan says against itself: every code once, to the letter, and who decides how serious it is."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from allocation import Finding, Plan, allocate
from allocation.codes import CODES
from settings import load_file
from tests.support.strategies import MIB, base_spec, put, settings_of

CASES = Path(__file__).parents[2] / "cases"
CPU, MEMORY = "spec.resources.total.limits.cpu", "spec.resources.total.limits.memory"


def stack(**values: Any) -> dict[str, Any]:
    """A stack with roomy totals and, by dotted path below `spec`, what a test needs."""
    spec = base_spec()
    put(spec, ("resources", "total", "limits"), {"cpu": "4", "memory": "4Gi"})
    for path, value in values.items():
        put(spec, tuple(path.split("__")), value)
    return spec


def plan_of(spec: dict[str, Any], **beside: Any) -> Plan:
    return allocate(settings_of(spec, **beside))


def lines(spec: dict[str, Any], **beside: Any) -> list[str]:
    return [f"{finding.severity}: {finding}" for finding in plan_of(spec, **beside).findings]


def seed_per_component(on_violation: str) -> Plan:
    spec = yaml.safe_load((CASES / "seed-per-component.yaml").read_text())["spec"]
    spec["resources"]["onViolation"] = on_violation
    return plan_of(spec)


def test_a_stack_that_fits_has_no_finding() -> None:
    assert lines(stack()) == []


def test_seed_per_component_says_by_how_much_it_exceeds_its_total() -> None:
    plan = allocate(load_file(CASES / "seed-per-component.yaml", with_minio=True))
    assert [str(finding) for finding in plan.findings] == [
        f"{CPU}: the limits add up to 2506m of 2, 506m too much (overrides 2496m, floors 10m) [over-allocated]; "
        "raise it to 2506m or more, or lower the overrides by 506m in all",
        f"{MEMORY}: the limits add up to 2331Mi of 2Gi, 283Mi too much (overrides 2315Mi, floors 16Mi) "
        "[over-allocated]; raise it to 2331Mi or more, or lower the overrides by 283Mi in all",
        f"{CPU}: overrides leave 0 of 2, and the floors need 10m: gateway/tempo-gateway-opa [pool-exhausted]; "
        "raise it to 2506m or more, or lower the overrides by 506m in all",
        f"{MEMORY}: overrides leave 0 of 2Gi, and the floors need 16Mi: gateway/tempo-gateway-opa [pool-exhausted]; "
        "raise it to 2331Mi or more, or lower the overrides by 283Mi in all",
        "spec.template.queryFrontend.component.resources.limits.memory: 83Mi is below the floor of 100Mi, "
        "and query-frontend/tempo may not work with it [below-floor]; raise it to 100Mi or more",
    ]


@pytest.mark.parametrize(("on_violation", "severity"), [("warn", "warning"), ("error", "error")])
def test_on_violation_decides_about_an_exceeded_total(on_violation: str, severity: str) -> None:
    exceeded = [f for f in seed_per_component(on_violation).findings if f.code in ("over-allocated", "pool-exhausted")]
    assert [finding.severity for finding in exceeded] == [severity] * 4


def test_overrides_alone_can_exceed_a_total() -> None:
    spec = stack(template__ingester__replicas=10)
    for path in ("distributor", "ingester", "compactor", "querier", "queryFrontend"):
        put(spec, ("template", path, "resources"), {"limits": {"cpu": "400m"}})
    assert lines(spec) == [
        f"warning: {CPU}: the limits add up to 5600m of 4, 1600m too much (overrides 5600m) [over-allocated]; "
        "raise it to 5600m or more, or lower the overrides by 1600m in all"
    ]


def test_requests_can_exceed_their_total_too() -> None:
    spec = stack(resources__total__requests={"cpu": "1"}, template__querier__resources={"requests": {"cpu": "1500m"}})
    path = "spec.resources.total.requests.cpu"
    assert [finding.path for finding in plan_of(spec).findings] == [path, path]
    assert [finding.code for finding in plan_of(spec).findings] == ["over-allocated", "pool-exhausted"]


def test_requests_given_can_exhaust_the_limits() -> None:
    spec = stack(template__querier__resources={"requests": {"cpu": "5"}})
    first, second = plan_of(spec).findings
    assert (first.code, second.code) == ("over-allocated", "pool-exhausted")
    assert first.message == "the limits add up to 5080m of 4, 1080m too much (floors 5080m)"


def test_floors_that_exceed_the_total_are_an_error_with_the_smallest_total_that_would_do() -> None:
    spec = stack(resources__total__limits={"cpu": "89m", "memory": "579Mi"})
    assert lines(spec) == [
        f"error: {CPU}: 89m cannot hold the floors of 5 containers, 90m in all [floors-exceed-total]; "
        "raise it to 90m or more",
        f"error: {MEMORY}: 579Mi cannot hold the floors of 5 containers, 580Mi in all [floors-exceed-total]; "
        "raise it to 580Mi or more",
    ]
    assert lines(stack(resources__total__limits={"cpu": "90m", "memory": "580Mi"})) == []


@pytest.mark.parametrize("profile", ["measured", "operator", "production"])
def test_a_total_of_just_the_floors_gives_every_container_what_it_was_measured_to_live_on(profile: str) -> None:
    spec = stack(resources__profile=profile, resources__total__limits__memory="580Mi")
    limits = [w.containers[0].limits["memory"] for w in plan_of(spec).workloads]
    assert [((limit.amount or 0) // MIB, limit.source) for limit in limits] == [
        (92, "floor"),
        (156, "floor"),
        (108, "floor"),
        (124, "floor"),
        (100, "floor"),
    ]


def test_a_request_may_be_less_than_the_floor_of_its_limit() -> None:
    spec = stack(resources__total__requests={"memory": "192Mi"})
    requests = [w.containers[0].requests["memory"] for w in plan_of(spec).workloads]
    assert [(request.amount or 0) // MIB for request in requests] == [16, 128, 16, 16, 16]
    assert lines(spec) == []


def test_a_container_beside_tempo_s_has_a_floor_of_its_own() -> None:
    spec = stack(resources__total__limits__memory="640Mi", template__queryFrontend={"jaegerQuery": {"enabled": True}})
    plan = plan_of(spec)
    assert [(c.limits["memory"].amount or 0) // MIB for c in plan.workloads[-1].containers] == [100, 16, 44]
    assert plan.findings == ()


def test_the_smallest_total_that_would_do_holds_the_overrides_too() -> None:
    spec = stack(resources__total__limits={"cpu": "30m"}, template__ingester__resources={"limits": {"cpu": "1"}})
    first, *_ = plan_of(spec).findings
    assert str(first) == (
        f"{CPU}: 30m cannot hold the floors of 4 containers, 40m in all on top of overrides of 1 "
        "[floors-exceed-total]; raise it to 1040m or more"
    )


def test_a_total_that_just_holds_the_floors_is_exhausted_by_overrides_and_not_by_them() -> None:
    querier = {"limits": {"cpu": "100m"}}
    spec = stack(resources__total__limits={"cpu": "80m", "memory": "4Gi"}, template__querier__resources=querier)
    assert [f.code for f in plan_of(spec).findings] == ["over-allocated", "pool-exhausted"]
    spec = stack(resources__total__limits={"cpu": "79m", "memory": "4Gi"}, template__querier__resources=querier)
    assert [f.code for f in plan_of(spec).findings] == ["floors-exceed-total"]


def test_a_request_above_its_limit_is_an_error() -> None:
    spec = stack(template__querier__resources={"limits": {"cpu": "1"}, "requests": {"cpu": "1500m"}})
    path = "spec.template.querier.resources"
    assert lines(spec) == [
        f"error: {path}.requests.cpu: 1500m is more than the limit of 1 [request-exceeds-limit]; "
        f"lower it to 1 or raise {path}.limits.cpu to 1500m"
    ]


def test_a_total_of_requests_above_the_total_of_limits_is_an_error() -> None:
    spec = stack(resources__total__requests={"memory": "5Gi"})
    assert lines(spec) == [
        "error: spec.resources.total.requests.memory: 5Gi is more than the limit of 4Gi [request-exceeds-limit]; "
        "lower it to 4Gi or raise spec.resources.total.limits.memory to 5Gi"
    ]


def test_minios_request_above_its_limit_is_an_error() -> None:
    minio = {"enabled": True, "resources": {"limits": {"cpu": "100m"}, "requests": {"cpu": "200m"}}}
    assert [finding.path for finding in plan_of(stack(), minio=minio).findings] == ["minio.resources.requests.cpu"]


@pytest.mark.parametrize(
    ("factor", "ingesters", "enough"),
    [(1, 1, True), (2, 1, False), (2, 2, True), (3, 2, True), (4, 2, False), (5, 3, True)],
)
def test_ingesters_must_be_a_quorum_of_the_replication_factor(factor: int, ingesters: int, enough: bool) -> None:
    settings = settings_of(stack(template__ingester__replicas=ingesters))
    spec = settings.spec.model_copy(update={"replication_factor": factor})
    found = [f for f in allocate(settings.model_copy(update={"spec": spec})).findings if f.code == "replication-factor"]
    assert (found == []) == enough
    assert all(finding.severity == "error" for finding in found)


def test_too_few_ingesters_say_what_would_do() -> None:
    settings = settings_of(stack(template__ingester__replicas=2))
    spec = settings.spec.model_copy(update={"replication_factor": 4})
    assert [str(finding) for finding in allocate(settings.model_copy(update={"spec": spec})).findings] == [
        "spec.replicationFactor: 4 copies need 3 ingesters or more, and 2 run [replication-factor]; "
        "set spec.template.ingester.replicas to 3 or more, or this to 3 or less"
    ]


def test_a_quantity_finer_than_kubernetes_keeps_is_an_error() -> None:
    spec = stack(template__querier__resources={"limits": {"cpu": "100500u", "memory": "400000m"}})
    path = "spec.template.querier.resources.limits"
    errors = [line for line in lines(spec) if line.startswith("error")]
    assert errors == [
        f"error: {path}.cpu: 100500u is finer than a millicore [fractional-quantity]; write 101m",
    ]
    spec = stack(template__querier__resources={"limits": {"memory": "400m"}})
    assert lines(spec)[0] == (
        f"error: {path}.memory: 400m is finer than a byte [fractional-quantity]; write 400M or 400Mi; m is a thousandth"
    )


@pytest.mark.parametrize("place", ["total", "minio"])
def test_fractions_are_found_in_totals_and_minio(place: str) -> None:
    fraction = {"limits": {"cpu": "2000500u"}}
    spec = stack(resources__total=fraction) if place == "total" else stack()
    minio = {"enabled": True, "resources": fraction if place == "minio" else {}}
    paths = [f.path for f in plan_of(spec, minio=minio).findings if f.code == "fractional-quantity"]
    assert paths == ["minio.resources.limits.cpu" if place == "minio" else CPU]


@pytest.mark.parametrize(("on_violation", "severity"), [("warn", "warning"), ("error", "error")])
def test_a_secret_in_plain_text_names_the_command_that_encrypts_it(on_violation: str, severity: str) -> None:
    secrets = frozenset({"minioRootPassword", "gatewayCookieKey"})
    settings = settings_of(stack(resources__onViolation=on_violation)).model_copy(update={"plaintext_secrets": secrets})
    assert [f"{finding.severity}: {finding}" for finding in allocate(settings).findings] == [
        f"{severity}: {key}: is a secret, and stands in the stack's config in plain text [plaintext-secret]; "
        f"run `pulumi config set --secret tempostack:{key}`"
        for key in ("gatewayCookieKey", "minioRootPassword")
    ]


def test_an_override_below_the_floor_is_kept_with_a_warning() -> None:
    spec = stack(template__ingester__component={"resources": {"limits": {"cpu": "49m", "memory": "156Mi"}}})
    assert lines(spec) == [
        "warning: spec.template.ingester.component.resources.limits.cpu: 49m is below the floor of 50m, "
        "and ingester/tempo may not work with it [below-floor]; raise it to 50m or more"
    ]
    workload = plan_of(spec).workload("ingester")
    assert workload is not None
    assert workload.containers[0].limits["cpu"].amount == 49
    assert workload.containers[0].limits["memory"].amount == 156 * MIB


def test_a_resource_without_total_and_override_is_unbounded() -> None:
    spec = stack(resources__total__limits={"cpu": "4"}, template__ingester__resources={"limits": {"memory": "1Gi"}})
    assert lines(spec) == [
        f"warning: {MEMORY}: no total, and no memory limit for distributor/tempo, compactor/tempo, querier/tempo, "
        "query-frontend/tempo [unbounded]; set it, or limits.memory of each of them"
    ]


@pytest.mark.parametrize(
    ("path", "name", "to_run"),
    [
        ("gateway.component", "tempo-gateway", "set spec.template.gateway.enabled: true"),
        (
            "gateway.opa",
            "tempo-gateway-opa",
            "set spec.template.gateway.enabled: true with spec.tenants.mode: openshift",
        ),
        ("queryFrontend.jaegerQuery", "jaeger-query", "set spec.template.queryFrontend.jaegerQuery.enabled: true"),
        (
            "queryFrontend.jaegerQuery.tempoQuery",
            "tempo-query",
            "set spec.template.queryFrontend.jaegerQuery.enabled: true",
        ),
        (
            "queryFrontend.jaegerQuery.authentication",
            "oauth-proxy",
            "set spec.template.queryFrontend.jaegerQuery.enabled: true",
        ),
    ],
)
def test_an_override_for_a_container_that_does_not_run_is_said(path: str, name: str, to_run: str) -> None:
    spec = stack()
    put(spec, ("template", *path.split("."), "resources"), {"limits": {"cpu": "1"}, "requests": {"memory": "1Gi"}})
    assert lines(spec) == [
        f"warning: spec.template.{path}.resources: limits.cpu 1, requests.memory 1Gi for {name}, which does not run "
        f"[unused-override]; remove it, or {to_run}"
    ]


def test_minios_resources_are_unused_while_it_is_off() -> None:
    minio = {"enabled": False, "resources": {"limits": {"cpu": "1"}}}
    assert [(f.code, f.path) for f in plan_of(stack(), minio=minio).findings] == [
        ("unused-override", "minio.resources")
    ]


def test_a_fraction_for_a_container_that_does_not_run_is_no_error() -> None:
    spec = stack(template__gateway__resources={"limits": {"cpu": "500u"}})
    assert [(f.severity, f.code) for f in plan_of(spec).findings] == [("warning", "unused-override")]


def test_a_switched_off_proxy_leaves_its_override_unused() -> None:
    jaeger = {"enabled": True, "authentication": {"enabled": False, "resources": {"limits": {"cpu": "1"}}}}
    (finding,) = plan_of(stack(template__queryFrontend__jaegerQuery=jaeger)).findings
    assert finding.remedy == "remove it, or set spec.template.queryFrontend.jaegerQuery.authentication.enabled: true"


GATEWAY = "spec.template.gateway"


def test_a_gateway_that_does_not_run_follows_no_tenants() -> None:
    assert lines(stack(template__gateway__sizing="perTenant")) == [
        f"warning: {GATEWAY}.sizing: is for the gateway, which does not run [unused-override]; remove it, or set "
        f"{GATEWAY}.enabled: true"
    ]


@pytest.mark.parametrize("mode", [None, "openshift"])
def test_a_number_of_tenants_that_no_gateway_follows_is_said(mode: str | None) -> None:
    spec = base_spec(mode) | {"workload": {"preset": "high-query", "tenants": 1000}}
    put(spec, ("resources", "total", "limits"), {"cpu": "100", "memory": "100Gi"})
    assert lines(spec) == [
        "warning: spec.workload.tenants: 1000 tenants, and no gateway follows their number [unused-override]; remove "
        f"it, or write {GATEWAY}.sizing: perTenant"
    ]
    put(spec, ("template", "gateway"), {"enabled": mode is not None, "sizing": "perTenant"})
    assert [f.path for f in plan_of(spec).findings] == ([f"{GATEWAY}.sizing"] if mode is None else [])


def test_errors_come_first_and_warnings_in_the_order_of_the_codes() -> None:
    spec = stack(
        resources__total__limits={"cpu": "4"},
        template__gateway__opa={"resources": {"limits": {"cpu": "1"}}},
        template__querier__resources={"limits": {"cpu": "5m"}, "requests": {"cpu": "6m"}},
    )
    assert [f.code for f in plan_of(spec).findings] == [
        "request-exceeds-limit",
        "below-floor",
        "unbounded",
        "unused-override",
    ]


def test_a_finding_is_one_line() -> None:
    finding = Finding("error", "unbounded", "spec.x", "1 of 2", "set it")
    assert str(finding) == "spec.x: 1 of 2 [unbounded]; set it"


def test_sums_beyond_what_a_quantity_holds_are_still_said() -> None:
    spec = stack(template__querier={"replicas": 10, "resources": {"limits": {"cpu": "1", "memory": "7Ei"}}})
    assert "over-allocated" in {finding.code for finding in plan_of(spec).findings}


def test_what_kubernetes_or_tempo_refuses_is_never_up_to_the_user() -> None:
    always = {code for code, meaning in CODES.items() if meaning.severity == "error"}
    configs = {"request-exceeds-limit", "floors-exceed-total", "replication-factor", "fractional-quantity"}
    assert always == configs | {"too-many-tenants", "tempo-version"}
