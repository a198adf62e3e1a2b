"""What a TempoStack or a later version may know and this one does not: refused with a line, never dropped."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from settings.mistakes import Path

# Key paths without list indexes (`*` stands for any keys) and what to do instead.
# The keys are those of a stack file, of TempoStack in tempo-operator 0.22, and those planned for this program.
KEYS = {
    "environment": "remove it and write its values below config",
    "spec.limits.*.query.maxSearchBytesPerTrace": "remove it; Tempo has no such limit any more",
    "spec.observability": "remove it",
    "spec.hashRing": "remove it; the rings use memberlist",
    "spec.env": "remove it; write values themselves into spec.extraConfig",
    "spec.envFrom": "remove it; write values themselves into spec.extraConfig",
    "spec.storage.tls.minVersion": "remove it; TLS 1.2 is the oldest that is spoken",
    "spec.storage.secret.credentialMode": "remove it; the Secret's access_key_id and access_key_secret are used",
    "spec.template.metricsGenerator": "remove it",
    "spec.template.*.affinity.*.matchFields": "remove it and write matchExpressions with kubernetes.io/hostname",
    "spec.template.*.affinity.*.namespaces": "remove it; the pods of the stack's own namespace are meant",
    "spec.template.*.affinity.*.namespaceSelector": "remove it; the pods of the stack's own namespace are meant",
    "spec.template.*.autoscaling.behavior.*.tolerance": "remove it",
    "spec.template.*.autoscaling.metrics.containerResource": "remove it and write a resource of the whole pod",
    "spec.template.*.autoscaling.metrics.external": "remove it and write a resource or a metric of the pods",
    "spec.template.*.autoscaling.metrics.object": "remove it and write a resource or a metric of the pods",
    "spec.template.*.matchLabelKeys": "remove it and write the label into the labelSelector",
    "spec.template.*.mismatchLabelKeys": "remove it and write the label into the labelSelector",
    "*.hugepages-*": "remove it; there is a budget for cpu, memory and ephemeral-storage only",
    "*.claims": "remove it and write limits and requests",
    "spec.template.*.podSecurityContext.appArmorProfile": "remove it",
    "spec.template.*.podSecurityContext.seLinuxChangePolicy": "remove it",
    "spec.template.*.podSecurityContext.seLinuxOptions": "remove it",
    "spec.template.*.podSecurityContext.supplementalGroupsPolicy": "remove it",
    "spec.template.*.podSecurityContext.sysctls": "remove it",
    "spec.template.*.podSecurityContext.windowsOptions": "remove it",
    "spec.template.distributor.tls.minVersion": "remove it; TLS 1.2 is the oldest that is spoken",
    "spec.template.gateway.rbac": "remove it",
    "spec.template.queryFrontend.mcpServer": "remove it",
    "spec.template.queryFrontend.jaegerQuery.monitorTab": "remove it",
}

# Values of keys that are supported otherwise.
VALUES = {
    ("spec.storage.secret.type", "azure"): "write s3, or remove the key",
    ("spec.storage.secret.type", "gcs"): "write s3, or remove the key",
    ("spec.managementState", "Unmanaged"): "remove the key",
    ("spec.template.*.autoscaling.metrics.type", "ContainerResource"): "write Resource or Pods",
    ("spec.template.*.autoscaling.metrics.type", "External"): "write Resource or Pods",
    ("spec.template.*.autoscaling.metrics.type", "Object"): "write Resource or Pods",
}


def instead_of_key(path: Path) -> str | None:
    """What to do about a key that is not supported yet; None where it is not one of them."""
    return _first(path, KEYS.items())


def instead_of_value(path: Path, value: object) -> str | None:
    """What to do about a value that is not supported yet; None where it is not one of them."""
    return _first(path, ((pattern, remedy) for (pattern, known), remedy in VALUES.items() if known == value))


def _first(path: Path, table: Iterable[tuple[str, str]]) -> str | None:
    keys = ".".join(key for key in path if isinstance(key, str))
    return next((remedy for pattern, remedy in table if fnmatchcase(keys, pattern)), None)
