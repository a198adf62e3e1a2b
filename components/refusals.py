"""What the Kubernetes API refuses, in one line that says what to do, beside the provider's own message."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pulumi
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc
from pulumi.runtime.settings import get_monitor, monitor_supports_feature

TAKE_BACK = "run PULUMI_K8S_ENABLE_PATCH_FORCE=true pulumi up to take them back"
NOT_OURS = "give the stack another name or namespace, or take it over with pulumi import"
EXISTING_NAMESPACE = "write createNamespace: false"
ITS_OWN_STORE = "to use the store that it names write minio.enabled: false, else another spec.storage.secret.name"


@dataclass(frozen=True)
class Row:
    """An error of the API, as a pattern, the operations that meet it, and the line for an object."""

    said: re.Pattern[str]
    operations: tuple[str, ...]
    line: Callable[["Refused"], str]


@dataclass(frozen=True)
class Refused:
    """One refused object: its kind, name, namespace, and what the provider says of it."""

    kind: str
    name: str
    namespace: str
    is_minio: bool
    said: str

    @property
    def object(self) -> str:
        """The object as `kubectl` names it, and where it is."""
        return f"{self.kind} {self.name}" + (f" in namespace {self.namespace}" if self.namespace else "")


def _exists(refused: Refused) -> str:
    if refused.is_minio and refused.kind == "Secret":
        return f"{refused.object}: exists, and MinIO's keys would replace its own; {ITS_OWN_STORE}"
    remedy = EXISTING_NAMESPACE if refused.kind == "Namespace" else NOT_OURS
    return f"{refused.object}: exists, and is not this stack's; {remedy}"


def _changed(refused: Refused) -> str:
    """The managers and the fields stand in the message: `conflict with "kubectl" using apps/v1: .spec.replicas`."""
    managers = dict.fromkeys(re.findall(r'conflicts? with "([^"]+)"', refused.said))
    fields = dict.fromkeys(re.findall(r"(?::|^-) (\.\S+)", refused.said, re.MULTILINE))
    who, what = ", ".join(managers) or "another program", ", ".join(fields) or "fields of the stack"
    return f"{refused.object}: {who} changed {what}; {TAKE_BACK}, or remove the change"


def _keeps_its_size(refused: Refused) -> str:
    return f"{refused.object}: the storage class does not let the volume change so; write the size that it has"


TABLE = (
    Row(re.compile(r"already exists|field conflict|field is immutable"), ("create",), _exists),
    Row(re.compile(r"field conflict"), ("update",), _changed),
    Row(re.compile(r"can not be less than|must support resize"), ("update",), _keeps_its_size),
)


def explained(name: str) -> pulumi.ResourceOptions:
    """Options of the component `name`, under which each refused Kubernetes object has a line of its own.

    A CLI that knows no error hooks shows the provider's message alone.
    """
    if not _engine_calls_hooks():
        return pulumi.ResourceOptions()
    hook = pulumi.ErrorHook(f"{name}-refusals", _explain)

    def add(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("kubernetes:"):
            return None
        hooked = pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(on_error=[hook]))
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, hooked))

    return pulumi.ResourceOptions(transformations=[add])


def _engine_calls_hooks() -> bool:
    """Mocks list the feature, too, and call nothing."""
    is_engine = isinstance(get_monitor(), resource_pb2_grpc.ResourceMonitorStub)
    return is_engine and monitor_supports_feature(resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS)


def _explain(args: pulumi.ErrorHookArgs) -> bool:
    """Logs the line; the engine does not try again."""
    metadata = (args.new_inputs or {}).get("metadata") or {}
    said = args.errors[0] if args.errors else ""
    kind, is_minio = args.type.rpartition(":")[2], args.name.endswith("-minio")
    refused = Refused(kind, metadata.get("name", args.name), metadata.get("namespace", ""), is_minio, said)
    for row in TABLE:
        if args.failed_operation in row.operations and row.said.search(said):
            pulumi.log.error(row.line(refused))
            break
    return False
