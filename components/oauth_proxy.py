"""The oauth-proxy in the query frontend's pod: OpenShift's login in front of the Jaeger UI."""

import json
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import Secret

from allocation import WorkloadPlan
from components.identity import Identity
from components.jaeger_ui import UI
from components.openshift import oauth_client
from components.pods import Container, Port
from components.probes import http_ready
from components.secrets import base64_of, cookie_secret, fingerprint_of
from components.transport import CERTIFICATE, KEY, Transport
from components.volumes import api_access, secret_files
from settings.ingress import Ingress

PROXY = Port("oauth-proxy", 4180)
COOKIE_FILE = "session_secret"
HEALTH = "/oauth/healthz"
_COOKIE_FOLDER = "/etc/proxy/cookie"


@dataclass(frozen=True)
class OauthProxy:
    """What the proxy is made of."""

    key: pulumi.Output[str]  # what its cookie secret is derived from
    is_door: bool  # whether people come by it; behind a gateway nobody does
    access_review: str | None  # what they must be allowed, in JSON; None: to get the stack's pods
    timeout: str | None  # of the requests that it passes on; None for its own, 30s

    def cookie(self, me: Identity) -> pulumi.Output[str]:
        return cookie_secret(self.key, f"{me.name}/oauth-proxy")

    def checksums(self, me: Identity) -> dict[str, pulumi.Input[str]]:
        """What rolls the pods that it runs in."""
        return {"cookie-secret": fingerprint_of(self.cookie(me), me)}

    def declare(
        self, name: str, me: Identity, ingress: Ingress | None, opts: pulumi.ResourceOptions
    ) -> tuple[pulumi.Resource, ...]:
        """The two objects that only the proxy needs: its account and its cookie secret."""
        account = oauth_client(name, me, ingress, opts)
        secret = Secret(
            f"{name}-cookie",
            metadata=me.metadata(name=cookie_name(me)),
            data={COOKIE_FILE: base64_of(self.cookie(me))},
            opts=opts,
        )
        return account, secret

    def container(self, plan: WorkloadPlan, image: str, me: Identity, transport: Transport) -> Container:
        """It presents the stack's certificate where there are any; the UI behind it is the pod's own business."""
        may_see = {"namespace": me.namespace, "resource": "pods", "verb": "get"}
        listens, stays_shut = ("https", "http") if transport.encrypted else ("http", "https")
        certificate = (f"--tls-cert={CERTIFICATE}", f"--tls-key={KEY}") if transport.encrypted else ()
        return Container(
            plan=plan.container("oauth-proxy"),
            image=image,
            args=(
                "--provider=openshift",
                f"--openshift-service-account={me.name}",
                f"--openshift-sar={self.access_review or json.dumps(may_see)}",
                f"--cookie-secret-file={_COOKIE_FOLDER}/{COOKIE_FILE}",
                f"--{stays_shut}-address=",
                f"--{listens}-address=:{PROXY.number}",
                *certificate,
                f"--upstream=http://localhost:{UI.number}",
                *(() if self.timeout is None else (f"--upstream-timeout={self.timeout}",)),
            ),
            ports=(PROXY,),
            mounts=(
                secret_files("cookie", _COOKIE_FOLDER, cookie_name(me), (COOKIE_FILE,)),
                *transport.mounts(me),
                api_access(),  # its token is its password at OpenShift's login
            ),
            # It has no other endpoint: asked it for its liveness too, it would be restarted when it is only not ready.
            readiness=http_ready(PROXY.name, HEALTH, scheme=transport.scheme),
        )


def cookie_name(me: Identity) -> str:
    """Of the Secret with its cookie secret."""
    return me.of("cookie-proxy").name
