"""Where each tenant writes and reads, as the program exports it.

Paths: api/traces/v1/http.go and main.go of github.com/observatorium/api. Below `/api/traces/v1/<tenant>` the gateway
passes `/v1/traces` to the distributor, `/tempo` to Tempo's API and everything else to the Jaeger UI. Over gRPC it takes
the tenant's *name* from the header that it also hands the tenant's id on in.
"""

from collections.abc import Mapping

import pulumi

from settings.tenants import Tenants

TENANT_HEADER = "X-Scope-OrgID"

Addresses = Mapping[str, pulumi.Input[str]]


def through_gateway(
    tenants: Tenants, base: pulumi.Output[str], grpc: str, *, has_jaeger_ui: bool
) -> dict[str, Addresses]:
    """Tenant name -> its addresses at the gateway; `base` is its URL for people, `grpc` its address in the cluster."""
    return {
        name: {
            "read": pulumi.Output.concat(base, f"/api/traces/v1/{name}/tempo"),
            "write": pulumi.Output.concat(base, f"/api/traces/v1/{name}/v1/traces"),
            "otlpGrpc": grpc,
            "otlpGrpcHeader": f"{TENANT_HEADER}: {name}",
            **({"jaegerUi": pulumi.Output.concat(base, f"/api/traces/v1/{name}/search")} if has_jaeger_ui else {}),
        }
        for name in (tenant.tenant_name for tenant in tenants.authentication)
    }


def by_header(tenants: Tenants, query: str, otlp_http: str, otlp_grpc: str) -> dict[str, Addresses]:
    """Tenant name -> the same addresses for all, without a gateway, and the header that every request must bring."""
    return {
        tenant.tenant_name: {
            "read": query,
            "write": f"{otlp_http}/v1/traces",
            "otlpGrpc": otlp_grpc,
            "header": f"{TENANT_HEADER}: {tenant.tenant_id}",
        }
        for tenant in tenants.authentication
    }
