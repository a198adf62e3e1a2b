"""Ways in from outside the cluster: a Route, an Ingress or an HTTPRoute to one port of a component's Service."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.networking.v1 import (
    HTTPIngressPathArgs,
    HTTPIngressRuleValueArgs,
    IngressBackendArgs,
    IngressRuleArgs,
    IngressServiceBackendArgs,
    IngressSpecArgs,
    IngressTLSArgs,
    ServiceBackendPortArgs,
)
from pulumi_kubernetes.networking.v1 import Ingress as IngressObject

from components.identity import Identity
from components.pods import Port
from settings.ingress import Ingress


def declare_way_in(
    name: str, me: Identity, port: Port, ingress: Ingress, inside: str, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """The object that `ingress` decides on, called like the component, and its URL without a path.

    Where nobody names a Route's host, OpenShift does when it takes the Route. Where that is not done (a rendering, an
    API server that is no OpenShift), the URL is `inside`, the Service's.
    """
    metadata = me.metadata(annotations=ingress.annotations)
    if ingress.type == "ingress":
        IngressObject(name, metadata=metadata, spec=_ingress(me, port, ingress), opts=opts)
        return _url(ingress, ingress.host, inside)
    if ingress.type == "httpRoute":
        version, kind = "gateway.networking.k8s.io/v1", "HTTPRoute"
        CustomResource(name, version, kind, metadata=metadata, spec=_http_route(me, port, ingress), opts=opts)
        return _url(ingress, ingress.host, inside)
    route = CustomResource(
        name, "route.openshift.io/v1", "Route", metadata=metadata, spec=_route(me, port, ingress), opts=opts
    )
    if ingress.host is not None:
        return _url(ingress, ingress.host, inside)
    live: pulumi.Output[dict[str, Any]] = pulumi.get(route, "spec")
    return live.apply(lambda spec: _url(ingress, spec.get("host"), inside))


def _url(ingress: Ingress, host: str | None, inside: str) -> pulumi.Output[str]:
    return pulumi.Output.from_input(f"{ingress.scheme}://{host}" if host else inside)


def _route(me: Identity, port: Port, ingress: Ingress) -> dict[str, Any]:
    """People who come without TLS are sent to where it is, but for a Route that has none."""
    termination = ingress.route.termination
    tls = {"tls": {"termination": termination, "insecureEdgeTerminationPolicy": "Redirect"}}
    return {
        **({"host": ingress.host} if ingress.host else {}),
        "to": {"kind": "Service", "name": me.name, "weight": 100},
        "port": {"targetPort": port.name},
        **({} if termination == "insecure" else tls),
        "wildcardPolicy": "None",
    }


def _http_route(me: Identity, port: Port, ingress: Ingress) -> dict[str, Any]:
    gateways = [ref.model_dump(by_alias=True, exclude_none=True) for ref in ingress.parent_refs or ()]
    return {
        "parentRefs": gateways,
        "hostnames": [ingress.host],
        "rules": [{"backendRefs": [{"name": me.name, "port": port.number}]}],
    }


def _ingress(me: Identity, port: Port, ingress: Ingress) -> IngressSpecArgs:
    backend = IngressServiceBackendArgs(name=me.name, port=ServiceBackendPortArgs(name=port.name))
    path = HTTPIngressPathArgs(path="/", path_type="Prefix", backend=IngressBackendArgs(service=backend))
    tls = None
    if ingress.tls is not None and ingress.host is not None:
        tls = [IngressTLSArgs(hosts=[ingress.host], secret_name=ingress.tls.secret_name)]
    return IngressSpecArgs(
        ingress_class_name=ingress.ingress_class_name,
        tls=tls,
        rules=[IngressRuleArgs(host=ingress.host, http=HTTPIngressRuleValueArgs(paths=[path]))],
    )


def passed_through(ways_in: Mapping[str, Ingress | None]) -> dict[str, str]:
    """Component -> host, where whoever comes from outside is shown the certificate of the component's own pods."""
    return {
        component: way.host
        for component, way in ways_in.items()
        if way is not None and way.host and way.type == "route" and way.route.termination == "passthrough"
    }
