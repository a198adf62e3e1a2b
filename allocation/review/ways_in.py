"""Whether who hands requests on from outside knows that the pods behind it speak TLS."""

from collections.abc import Iterator

from allocation.review.case import Case, Violation

# How the annotations end by which an Ingress says so: ingress-nginx's and others' `backend-protocol`, HAProxy's
# `haproxy.org/server-ssl`, F5 NGINX's `nginx.org/ssl-services`, OpenShift's `route.openshift.io/termination`.
SAYS_SO = ("backend-protocol", "/server-ssl", "/ssl-services", "/termination")


def backends_spoken_to_in_tls(case: Case) -> Iterator[Violation]:
    """A Route says it by itself; nothing in an HTTPRoute can, so there the finding is a reminder."""
    settings = case.settings
    doors = {"gateway": settings.gateway_ingress, "queryFrontend.jaegerQuery": settings.jaeger_ingress}
    for place, door in doors.items():
        if door is None or settings.tls_mode == "off":
            continue
        path = f"spec.template.{place}.ingress"
        pods = "the pods behind it speak TLS"
        if door.type == "ingress" and not any(key.endswith(SAYS_SO) for key in door.annotations or {}):
            remedy = "add your controller's, such as nginx.ingress.kubernetes.io/backend-protocol: HTTPS"
            yield Violation("backend-tls", f"{path}.annotations", f"none says that {pods}", remedy)
        if door.type == "httpRoute":
            remedy = "make sure that there is a BackendTLSPolicy for their Service"
            yield Violation("backend-tls", f"{path}.type", f"an HTTPRoute cannot say that {pods}", remedy)
