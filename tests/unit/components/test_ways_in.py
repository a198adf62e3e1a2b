"""Ways in from outside the cluster: which object leads to which port, and the logins and addresses that follow it."""

import base64
import json
from typing import Any

import pytest
import yaml

from tests.support import recording
from tests.support.configs import COOKIE_KEY, SECRETS, changed, config
from tests.support.recording import Registered, Run, run

GATEWAY = "spec.template.gateway.ingress"
WAYS_IN = ("Route", "Ingress", "HTTPRoute")


def way_in(done: Run) -> Registered:
    """The one way in that a run declared."""
    (found,) = done.kind(*WAYS_IN).values()
    return found


def with_keys(stack: str, **keys: Any) -> Run:
    """A run of the stack with a gateway whose `ingress` is this."""
    return changed(stack, GATEWAY, keys)


def tenants_file(done: Run) -> list[dict[str, Any]]:
    (secret,) = (each for name, each in done.kind("Secret").items() if name.endswith("-gateway"))
    tenants: list[dict[str, Any]] = yaml.safe_load(base64.b64decode(secret.data["tenants.yaml"]))["tenants"]
    return tenants


def gateway_args(done: Run) -> list[str]:
    return [arg for _, each in done.containers() if each["name"] == "tempo-gateway" for arg in each["args"]]


def single_tenant(tls: dict[str, str] | None = None, **keys: Any) -> Run:
    """The dev stack with the oauth-proxy in front of its Jaeger UI, and more keys of the UI."""
    given = config("dev") | {"gatewayCookieKey": COOKIE_KEY}
    given["spec"] |= {"tls": tls} if tls else {}
    given["spec"]["template"]["queryFrontend"]["jaegerQuery"] = {"enabled": True, "authentication": {}, **keys}
    return run(given, SECRETS)


def port_of(done: Run, door: Registered) -> dict[str, Any]:
    """The port of its Service to which a Route leads."""
    service = done.kind("Service")[door.inputs["spec"]["to"]["name"]]
    (port,) = (p for p in service.inputs["spec"]["ports"] if p["name"] == door.inputs["spec"]["port"]["targetPort"])
    found: dict[str, Any] = port
    return found


def test_a_gateway_on_openshift_has_a_route_that_speaks_tls_to_it() -> None:
    done = run(config("prod"), SECRETS)
    route = way_in(done)
    assert (route.type, route.object_name) == ("kubernetes:route.openshift.io/v1:Route", "tempo-tmrs-gateway")
    assert route.inputs["spec"]["tls"] == {"termination": "reencrypt", "insecureEdgeTerminationPolicy": "Redirect"}
    assert "host" not in route.inputs["spec"]  # OpenShift's to choose
    assert port_of(done, route)["port"] == 8080


@pytest.mark.parametrize(
    ("tls", "termination"),
    [
        ({"mode": "serviceCA"}, "reencrypt"),
        ({"mode": "certManager"}, "passthrough"),
        ({"mode": "secrets", "secretName": "certificates"}, "passthrough"),
        ({"mode": "off"}, "edge"),
    ],
)
def test_a_route_ends_tls_where_the_stacks_certificates_let_it(tls: dict[str, str], termination: str) -> None:
    given = config("static") | {"platform": "openshift"}
    given["spec"]["tls"] = tls
    assert way_in(run(given, SECRETS)).inputs["spec"]["tls"]["termination"] == termination


def test_a_route_waits_as_long_as_the_timeout_unless_its_annotations_say_otherwise() -> None:
    key = "haproxy.router.openshift.io/timeout"
    for given, expected in (({}, "90s"), ({"annotations": {"a": "b", key: "5m"}}, "5m")):
        stack = config("prod")
        stack["spec"] |= {"timeout": "1m29.5s"}
        stack["spec"]["template"]["gateway"]["ingress"] = given
        assert way_in(run(stack, SECRETS)).inputs["metadata"]["annotations"][key] == expected
    assert key not in way_in(run(config("prod"), SECRETS)).inputs["metadata"].get("annotations", {})
    assert key not in way_in(with_keys("prod", type="ingress", host="a.b")).inputs["metadata"].get("annotations", {})


def test_who_passes_requests_on_waits_as_long_too() -> None:
    stack = config("prod")
    stack["spec"] |= {"timeout": "3m"}
    assert "--traces.write-timeout=3m" in gateway_args(run(stack, SECRETS))
    assert not any("timeout" in arg for arg in gateway_args(run(config("prod"), SECRETS)))
    stack = config("dev") | {"gatewayCookieKey": COOKIE_KEY}
    stack["spec"] |= {"timeout": "3m"}
    stack["spec"]["template"]["queryFrontend"]["jaegerQuery"] = {"enabled": True, "authentication": {}}
    for given, expected in ((stack, True), (stack | {"spec": {**stack["spec"], "timeout": "1m"}}, False)):
        args = [
            arg for _, each in run(given, SECRETS).containers() if each["name"] == "oauth-proxy" for arg in each["args"]
        ]
        assert ("--upstream-timeout=3m" in args) == expected


def test_a_route_without_tls_is_plain_and_so_is_its_address() -> None:
    given = config("static") | {"platform": "openshift"}
    given["spec"]["tls"] = {"mode": "off"}
    given["spec"]["template"]["gateway"]["ingress"] = {"host": "t.example.com", "route": {"termination": "insecure"}}
    done = run(given, SECRETS)
    assert "tls" not in way_in(done).inputs["spec"]
    assert done.outputs["endpoints"]["gateway"] == "http://t.example.com"


def test_nothing_leads_in_where_nobody_asked_for_it() -> None:
    for done in (run(config("static"), SECRETS), run(config("dev"), SECRETS), with_keys("prod", type="none")):
        assert done.errors == []
        assert done.kind(*WAYS_IN) == {}


def test_an_ingress_leads_to_the_gateway_and_ends_tls() -> None:
    done = with_keys(
        "static",
        type="ingress",
        host="traces.example.com",
        ingressClassName="nginx",
        annotations={"nginx.ingress.kubernetes.io/proxy-read-timeout": "300"},
        tls={"secretName": "traces-tls"},
    )
    ingress = way_in(done)
    assert ingress.inputs["metadata"]["annotations"] == {"nginx.ingress.kubernetes.io/proxy-read-timeout": "300"}
    backend = {"service": {"name": "tempo-static-gateway", "port": {"name": "public"}}}
    assert ingress.inputs["spec"] == {
        "ingressClassName": "nginx",
        "tls": [{"hosts": ["traces.example.com"], "secretName": "traces-tls"}],
        "rules": [
            {
                "host": "traces.example.com",
                "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
            }
        ],
    }
    assert done.outputs["endpoints"]["gateway"] == "https://traces.example.com"


def test_an_http_route_hangs_on_its_gateways() -> None:
    parents = [{"name": "public", "namespace": "gateways", "sectionName": "https"}]
    done = with_keys("static", type="httpRoute", host="traces.example.com", parentRefs=parents)
    route = way_in(done)
    assert route.type == "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
    assert route.inputs["spec"] == {
        "parentRefs": parents,
        "hostnames": ["traces.example.com"],
        "rules": [{"backendRefs": [{"name": "tempo-static-gateway", "port": 8080}]}],
    }


def test_logins_come_back_by_the_way_in() -> None:
    done = with_keys("prod", host="traces.example.com")
    back = [tenant["openshift"]["redirectURL"] for tenant in tenants_file(done)]
    assert back == [f"https://traces.example.com/openshift/{name}/callback" for name in ("dev", "prod")]
    account = done.kind("ServiceAccount")["tempo-tmrs-gateway"].inputs["metadata"]["annotations"]
    (reference,) = (json.loads(text)["reference"] for text in account.values())
    assert reference == {"kind": "Route", "name": way_in(done).object_name}


def test_the_host_that_openshift_makes_up_is_read_from_the_route(monkeypatch: pytest.MonkeyPatch) -> None:
    registers = recording._Monitor.RegisterResource

    def openshift(self: Any, request: Any) -> Any:
        answer = registers(self, request)
        if request.type.endswith(":Route"):
            answer.object["spec"]["host"] = "tempo-tmrs-gateway-tempo-prod.apps.example.com"
        return answer

    monkeypatch.setattr(recording._Monitor, "RegisterResource", openshift)
    done = run(config("prod"), SECRETS)
    base = "https://tempo-tmrs-gateway-tempo-prod.apps.example.com"
    assert tenants_file(done)[0]["openshift"]["redirectURL"] == f"{base}/openshift/dev/callback"
    assert done.outputs["tenants"]["dev"]["read"] == f"{base}/api/traces/v1/dev/tempo"


def test_a_route_is_known_to_be_openshifts() -> None:
    given = config("dev")
    given["spec"]["template"]["queryFrontend"]["jaegerQuery"] |= {"ingress": {"type": "route"}}
    done = run(given, SECRETS)
    assert port_of(done, way_in(done))["port"] == 16686
    assert "runAsUser" not in done.workloads["tempo-tmrs-querier"].pod["spec"]["securityContext"]


def test_logins_come_back_by_an_ingress_too() -> None:
    done = with_keys("prod", type="ingress", host="traces.example.com", tls={"secretName": "traces-tls"})
    account = done.kind("ServiceAccount")["tempo-tmrs-gateway"].inputs["metadata"]["annotations"]
    assert list(account.values()) == ["https://traces.example.com"]
    assert (
        "annotations"
        not in with_keys("prod", type="none").kind("ServiceAccount")["tempo-tmrs-gateway"].inputs["metadata"]
    )


def test_an_oidc_provider_sends_people_back_by_the_way_in_unless_config_says_where() -> None:
    given = config("static")
    given["spec"]["template"]["gateway"]["ingress"] = {"type": "ingress", "host": "t.example.com"}
    assert tenants_file(run(given, SECRETS))[0]["oidc"]["redirectURL"] == "https://tempo.example.com/oidc/dev/callback"
    del given["spec"]["tenants"]["authentication"][0]["oidc"]["redirectURL"]
    assert tenants_file(run(given, SECRETS))[0]["oidc"]["redirectURL"] == "http://t.example.com/oidc/dev/callback"


def test_two_stacks_of_a_cluster_share_no_cluster_role() -> None:
    here = run(config("prod"), SECRETS)
    others = (changed("prod", "name", "other"), changed("prod", "namespace", "other"))
    kinds = ("ClusterRole", "ClusterRoleBinding")
    assert list(here.kind(*kinds)) == ["tempo-prod:tempo-tmrs-gateway"]
    assert all(not here.kind(*kinds).keys() & other.kind(*kinds).keys() for other in others)


def test_the_gateways_account_may_review_tokens_and_access_and_nothing_else() -> None:
    done = run(config("prod"), SECRETS)
    (role,), (binding,) = done.kind("ClusterRole").values(), done.kind("ClusterRoleBinding").values()
    rules = {
        (group, resource): r["verbs"]
        for r in role.inputs["rules"]
        for group in r["apiGroups"]
        for resource in r["resources"]
    }
    assert rules == {
        ("authentication.k8s.io", "tokenreviews"): ["create"],
        ("authorization.k8s.io", "subjectaccessreviews"): ["create"],
    }
    assert binding.inputs["roleRef"]["name"] == role.object_name
    assert binding.inputs["subjects"] == [
        {"kind": "ServiceAccount", "name": "tempo-tmrs-gateway", "namespace": "tempo-prod"}
    ]
    assert run(config("static"), SECRETS).kind("ClusterRole") == {}


def test_a_gateway_with_certificates_presents_them_and_trusts_the_stacks_authority() -> None:
    args = gateway_args(run(config("prod"), SECRETS))
    host = "tempo-tmrs-gateway.tempo-prod.svc"
    assert {f"--tls.healthchecks.server-name={host}", "--web.healthchecks.url=https://localhost:8080"} <= {*args}
    given = {arg.split("=")[0]: arg.split("=")[1] for arg in args if ".tls." in arg or arg.startswith("--tls.")}
    for server in ("--tls.server", "--tls.internal.server"):
        assert given[f"{server}.cert-file"].endswith("tls.crt")
        assert given[f"{server}.key-file"].endswith("tls.key")
    assert given["--tls.client-auth-type"] == "NoClientCert"  # people and collectors have tokens
    assert given["--traces.tls.ca-file"].endswith("ca.crt")
    assert "--traces.tls.cert-file" not in given  # OpenShift signs no certificate that a client could present
    mutual = gateway_args(changed("prod", "spec.tls", {"mode": "certManager"}))
    assert [arg for arg in mutual if arg.startswith("--traces.tls.cert-file=")]
    assert [arg for arg in gateway_args(run(config("static"), SECRETS)) if "tls" in arg] == []


def test_the_proxy_of_a_single_tenant_is_the_only_way_to_the_ui() -> None:
    done = single_tenant()
    route = way_in(done)
    assert port_of(done, route)["port"] == 4180
    service = done.kind("Service")["tempo-tmrs-query-frontend"]
    assert not {16685, 16686} & {port["port"] for port in service.inputs["spec"]["ports"]}
    containers = {each["name"]: each for name, each in done.containers() if name == "tempo-tmrs-query-frontend"}
    assert "--query.http-server.host-port=localhost:16686" in containers["jaeger-query"]["args"]
    assert "--upstream=http://localhost:16686" in containers["oauth-proxy"]["args"]
    account = done.kind("ServiceAccount")["tempo-tmrs-query-frontend"].inputs["metadata"]["annotations"]
    assert [json.loads(text)["reference"]["name"] for text in account.values()] == [route.object_name]


def test_the_proxy_speaks_tls_where_the_stack_does() -> None:
    proxies = {
        mode: next(c for _, c in done.containers() if c["name"] == "oauth-proxy")
        for mode, done in (("on", single_tenant()), ("off", single_tenant(tls={"mode": "off"})))
    }
    assert "--https-address=:4180" in proxies["on"]["args"]
    assert "--http-address=" in proxies["on"]["args"]
    assert proxies["on"]["readinessProbe"]["httpGet"]["scheme"] == "HTTPS"
    assert "--http-address=:4180" in proxies["off"]["args"]
    assert [arg for arg in proxies["off"]["args"] if arg.startswith("--tls-")] == []


def test_the_proxy_asks_what_config_says() -> None:
    asked = '{"resource": "services", "verb": "list"}'
    proxy = next(c for _, c in single_tenant(authentication={"sar": asked}).containers() if c["name"] == "oauth-proxy")
    assert f"--openshift-sar={asked}" in proxy["args"]


def test_behind_a_gateway_the_proxy_has_its_resources_and_nobody_reaches_it() -> None:
    done = run(config("seed-per-component"), SECRETS)
    assert [route.object_name for route in done.kind(*WAYS_IN).values()] == ["tempo-tmrs-gateway"]
    proxy = next(c for _, c in done.containers() if c["name"] == "oauth-proxy")
    assert proxy["resources"]["limits"].items() >= {"cpu": "161m", "memory": "83Mi"}.items()
    ports = {p["port"] for each in done.kind("Service").values() for p in each.inputs["spec"]["ports"]}
    assert 4180 not in ports
    assert "annotations" not in done.kind("ServiceAccount")["tempo-tmrs-query-frontend"].inputs["metadata"]


def test_each_tenant_has_addresses_at_the_gateway() -> None:
    done = with_keys("prod", host="traces.example.com")
    assert done.outputs["tenants"]["dev"] == {
        "read": "https://traces.example.com/api/traces/v1/dev/tempo",
        "write": "https://traces.example.com/api/traces/v1/dev/v1/traces",
        "otlpGrpc": "tempo-tmrs-gateway.tempo-prod.svc:8090",
        "otlpGrpcHeader": "X-Scope-OrgID: dev",
        "jaegerUi": "https://traces.example.com/api/traces/v1/dev/search",
    }
    assert set(done.outputs["tenants"]) == {"dev", "prod"}
    assert "jaegerUi" not in done.outputs["endpoints"]


def test_without_a_gateway_tenants_share_addresses_and_differ_by_header() -> None:
    given = config("dev")
    given["spec"]["tenants"] = {
        "mode": "static",
        "authentication": [{"tenantName": "dev", "tenantId": "team-a"}, {"tenantName": "prod", "tenantId": "team-b"}],
    }
    tenants = run(given, SECRETS).outputs["tenants"]
    assert tenants["dev"] == {
        "read": "http://tempo-tmrs-query-frontend.tempo.svc:3200",
        "write": "http://tempo-tmrs-distributor.tempo.svc:4318/v1/traces",
        "otlpGrpc": "tempo-tmrs-distributor.tempo.svc:4317",
        "header": "X-Scope-OrgID: team-a",
    }
    assert tenants["prod"]["header"] == "X-Scope-OrgID: team-b"
    assert "tenants" not in run(config("dev"), SECRETS).outputs
