"""Every code of a finding: its severity, what is wrong, what to do. docs/allocation.md has this as a table."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Code = Literal[
    "request-exceeds-limit",
    "floors-exceed-total",
    "replication-factor",
    "fractional-quantity",
    "too-many-tenants",
    "tempo-version",
    "over-allocated",
    "pool-exhausted",
    "hpa-exceeds-total",
    "quota-too-small",
    "unschedulable",
    "plaintext-secret",
    "pod-security",
    "open-ui",
    "below-floor",
    "limit-below-idle",
    "unbounded",
    "qos-mismatch",
    "hpa-without-request",
    "unused-override",
    "moved-annotation",
    "backend-tls",
    "store-port",
    "redirect-without-host",
    "untested-version",
    "storage-plaintext",
    "pvc-too-small",
    "acknowledged-loss",
    "limit-too-low",
    "limit-above-plan",
    "setting-beyond-plan",
    "load-above-plan",
    "intake-too-small",
    "compactor-too-small",
    "order-dependent-scheduling",
]


class Meaning(NamedTuple):
    """One code. Both texts are Markdown; their links start in docs/."""

    severity: Literal["error", "onViolation", "warning"]
    wrong: str
    remedy: str


# What Kubernetes or Tempo would refuse is always an error; `resources.onViolation` decides about what breaks the user's
# own rules; the rest is a warning. Findings are reported in this order.
CODES: Mapping[Code, Meaning] = {
    "request-exceeds-limit": Meaning(
        "error",
        "a request is above its limit, or the total of requests above the total of limits; Kubernetes refuses such a "
        "pod",
        "lower the request or raise the limit",
    ),
    "floors-exceed-total": Meaning(
        "error",
        "the total cannot hold even the floors",
        "raise the total to the figure given, the smallest that would do",
    ),
    "replication-factor": Meaning(
        "error",
        "fewer ingesters than a quorum of the copies, half of `replicationFactor` rounded down, plus 1",
        "run more ingesters or keep fewer copies",
    ),
    "fractional-quantity": Meaning(
        "error",
        "a quantity is finer than 1m of cpu or 1 byte (`400m` of memory is 0.4 bytes)",
        "write whole millicores or bytes",
    ),
    "too-many-tenants": Meaning(
        "error",
        "the limits of so many tenants do not fit the ConfigMap",
        "give fewer of them [limits of their own](limits.md)",
    ),
    "tempo-version": Meaning(
        "error",
        "`images.tempo` is Tempo 3.0 or later, by its tag: it has no ingester and no compactor, and refuses keys of "
        "2.9",
        "write the image given, or remove yours",
    ),
    "over-allocated": Meaning(
        "onViolation",
        "everything together exceeds the total; your own values are kept all the same",
        "raise the total to the figure given, or lower your values by the difference",
    ),
    "pool-exhausted": Meaning(
        "onViolation",
        "your own values leave less than the floors of the others, which get just their floors",
        "raise the total to the figure given, or lower your values by the difference",
    ),
    "hpa-exceeds-total": Meaning(
        "onViolation",
        "everything fits at the replicas that the budget counts, and not when every autoscaler is at its maximum",
        "lower `maxReplicas`, or let the budget count them: `autoscaling.budget: max`; where nothing is shared, raise "
        "the total to the figure given",
    ),
    "quota-too-small": Meaning(
        "onViolation",
        "a quota of a namespace is smaller than what has to fit in it",
        "raise it to the figure given",
    ),
    "unschedulable": Meaning(
        "onViolation",
        "a pod that no node of `nodePools` takes, or more pods than all of them take ([nodes](nodes.md))",
        "change the nodes, or what the pods ask for",
    ),
    "plaintext-secret": Meaning(
        "onViolation",
        "a secret stands in the stack's config in plain text",
        "run the command given, `pulumi config set --secret tempostack:<key>`",
    ),
    "pod-security": Meaning(
        "onViolation",
        "a `podSecurityContext` asks for what the `restricted` pod security standard refuses",
        "follow the remedy",
    ),
    "open-ui": Meaning(
        "onViolation",
        "a Route, an Ingress or an HTTPRoute leads to the Jaeger UI, and neither the oauth-proxy nor a gateway is in "
        "front of it: all traces are open to everyone who reaches it. A controller's annotation counts as a login: "
        "`auth-url`, `auth-type`, `auth-secret`, `auth-tls-secret`, or Traefik's `router.middlewares`",
        "on OpenShift add `jaegerQuery.authentication: {}`; elsewhere run [the gateway with "
        "OIDC](multi-tenancy-oidc.md), or let your controller ask for a login, with such an annotation",
    ),
    "below-floor": Meaning(
        "warning",
        "your own limit is below the container's floor, or fewer replicas run than the size is made of; it is kept",
        "raise it to the floor",
    ),
    "limit-below-idle": Meaning(
        "warning",
        "the part of a memory limit that Tempo's heap may fill, 80 %, is no more than the idle process takes, 25Mi",
        "raise it to the figure given",
    ),
    "unbounded": Meaning(
        "warning",
        "containers have no limit: there is no total and no value of your own",
        "set the total, or a limit for each",
    ),
    "qos-mismatch": Meaning(
        "warning",
        "the numbers make a pod of another class than `qos` asks for",
        "follow the remedy, or write the class it has",
    ),
    "hpa-without-request": Meaning(
        "warning",
        "an autoscaler compares with requests, and a container has none: it would never add a pod",
        "give the container requests, or follow another metric",
    ),
    "unused-override": Meaning(
        "warning",
        "values for a container that does not run, a number of tenants that no gateway follows, or a "
        "`servicesQueryDuration` beyond what a search may span",
        "remove them, or switch the container, or its `sizing`, on; write a shorter time",
    ),
    "moved-annotation": Meaning(
        "warning",
        "`networkPolicy.annotations` has bandwidths: nothing reads them on a NetworkPolicy, so they stand on [the "
        "stack's pods](threat-model.md#bandwidth)",
        "write `networkPolicy.bandwidth`, which says the same",
    ),
    "backend-tls": Meaning(
        "warning",
        "[the stack's pods speak TLS](tls.md), and no annotation of the Ingress in front of them says so to its "
        "controller, or an HTTPRoute is in front, which cannot: requests in plain HTTP fail",
        "add the controller's annotation, such as `nginx.ingress.kubernetes.io/backend-protocol: HTTPS`; for an "
        "HTTPRoute, make a `BackendTLSPolicy`",
    ),
    "store-port": Meaning(
        "warning",
        "the NetworkPolicies open one port to an object store of your own, 443 with `storage.tls.enabled` and 80 "
        "without, and nothing tells which port the store has. Where `createNamespace` is false `pulumi up` reads it "
        "from the storage Secret, and only rendered objects have this finding",
        "write the port of the store's pods into `spec.networkPolicy.ports.s3`",
    ),
    "redirect-without-host": Meaning(
        "warning",
        "only in `ops render`: OpenShift makes up the host of the gateway's Route, and the rendered `tenants.yaml` "
        "sends logins back to the Service, which no browser reaches. `pulumi up` reads the host from the Route",
        "add `gateway.ingress.host`, or deploy with `pulumi up`",
    ),
    "untested-version": Meaning(
        "warning",
        "`images.tempo` is a version below 2.9, whose Tempo refuses keys that it does not know, or above 2.10, or its "
        "tag is `latest` or missing; or `images.tempoQuery` has another version. Tags that are no version of Tempo's, "
        "such as `main-1a2b3c4`, digests, and images whose name does not end in `tempo` have no finding",
        "write the image given, and the same version for both",
    ),
    "storage-plaintext": Meaning(
        "warning",
        "the store is yours, and `storage.tls.enabled` is missing: Tempo speaks plain HTTP to it, which fails where "
        "the endpoint in its Secret is `https://`. The plan does not know the endpoint",
        "write `storage.tls.enabled`: `true` for `https://`, `false` for `http://`; either is an answer, and ends the "
        "finding",
    ),
    "pvc-too-small": Meaning(
        "warning",
        "a volume is smaller than what the load writes to it: an ingester's, or MinIO's",
        "make it larger, or follow the other remedy",
    ),
    "acknowledged-loss": Meaning(
        "warning",
        "`maxTracesPerUser`, or a `maxBytesPerTrace` below Tempo's own and the plan's: what an *ingester* refuses, "
        "the distributor has acknowledged, so the spans are lost and no sender is told",
        "leave it out, and bound what comes in by `ingestionRateLimitBytes`",
    ),
    "limit-too-low": Meaning(
        "warning",
        "a burst below 4 MiB, which a collector's requests reach, or a rate below 100 kB/s, in `spec.limits`; a "
        "`max_block_bytes` of 0 in `extraConfig.tempo`",
        "write the figure given or more",
    ),
    "limit-above-plan": Meaning(
        "warning",
        "a tenant, or all of them, may send more than distributors and ingesters carry: `spec.limits` says more than "
        "[their limits](tuning.md) come to, or a trace may be larger than ingesters, queriers and query frontends hold",
        "write so much or less, or give them more",
    ),
    "setting-beyond-plan": Meaning(
        "warning",
        "a key in `extraConfig.tempo` takes more memory than [the plan](tuning.md#your-own-values) has for it, or its "
        "value works against the stack: blocks that are not merged, uploads that S3 refuses, spans that are lost",
        "write the value given, or give the component the memory given",
    ),
    "load-above-plan": Meaning(
        "warning",
        "the load of `workload.ingest`, spread evenly over tenants and distributors, is more than the [rate "
        "limit](tuning.md) lets in: the rest of it is refused",
        "give distributors and ingesters more, or raise the limit where it is yours",
    ),
    "intake-too-small": Meaning(
        "warning",
        "the plan itself lets a tenant send next to nothing: a burst below 4 MiB, because the ingesters' memory does "
        "not hold one burst for each tenant at each distributor; or a rate below 100 kB/s, for want of cpu or disk",
        "give more to the components that the finding names, or run fewer distributors",
    ),
    "compactor-too-small": Meaning(
        "warning",
        "with the declared load, ingesters cut blocks so large that [the compactor's memory](tuning.md) merges no two "
        "of them: they pile up in the bucket, with every copy of each trace, and the bucket's size counts them",
        "give the compactor the memory given; where no memory is enough, lower the ingesters' `max_block_bytes`",
    ),
    "order-dependent-scheduling": Meaning(
        "warning",
        "all pods may find a node, or not, by the order in which the scheduler takes them",
        "give the nodes more room",
    ),
}
