"""An engine for tests: it runs the program, keeps everything that was registered, and says how it ended."""

import asyncio
import contextvars
import json
import logging
import runpy
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import engine_pb2, resource_pb2

from components.ending import SAID_WHY

PROGRAM = Path(__file__).parents[2] / "__main__.py"
Existing = Mapping[str, Mapping[str, str]]  # `namespace/name` of a Secret -> its data
WORKLOADS = ("Deployment", "StatefulSet", "Job")


@dataclass(frozen=True)
class Secret:
    """A value that was handed to the engine as a secret."""

    value: Any


@dataclass(frozen=True)
class Registered:
    """One resource as the engine got it."""

    urn: str
    type: str
    name: str
    parent: str  # URN
    inputs: dict[str, Any]
    provider: str  # URN::id; empty for a component
    dependencies: frozenset[str]  # URNs
    protect: bool
    aliases: int
    delete_before_replace: bool
    ignore_changes: tuple[str, ...]

    @property
    def kind(self) -> str:
        return str(self.inputs.get("kind", ""))

    @property
    def object_name(self) -> str:
        return str(self.inputs["metadata"]["name"])

    @property
    def pod(self) -> dict[str, Any]:
        """A workload's pod template."""
        template: dict[str, Any] = self.inputs["spec"]["template"]
        return template

    @property
    def data(self) -> dict[str, str]:
        """A ConfigMap's data, or a Secret's, which is secret as a whole."""
        data = self.inputs["data"]
        assert isinstance(data, Secret) == (self.kind == "Secret")
        texts: dict[str, str] = data.value if isinstance(data, Secret) else data
        return texts

    @property
    def checksums(self) -> dict[str, str]:
        return dict(self.pod["metadata"].get("annotations", {}))


@dataclass
class Run:
    """What a run of the program left."""

    resources: list[Registered] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)  # ids of objects that were there before
    outputs: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)  # one per line of the message that ended the program

    def of_type(self, suffix: str) -> list[Registered]:
        return [resource for resource in self.resources if resource.type.endswith(suffix)]

    @property
    def objects(self) -> list[Registered]:
        """The Kubernetes objects."""
        return [resource for resource in self.resources if resource.type.startswith("kubernetes:")]

    def kind(self, *kinds: str) -> dict[str, Registered]:
        """Objects of these kinds by name."""
        return {each.object_name: each for each in self.objects if each.kind in kinds}

    @property
    def workloads(self) -> dict[str, Registered]:
        return self.kind(*WORKLOADS)

    def containers(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Name of the workload, and container."""
        for name, workload in self.workloads.items():
            for container in workload.pod["spec"]["containers"]:
                yield name, container


def run(config: Mapping[str, Any], secrets: Collection[str] = (), existing: Existing | None = None) -> Run:
    """Runs the program on a stack config: key without the project's name -> value as in a stack file.

    `existing`: the Secrets of the cluster.
    """
    done = Run()
    contextvars.copy_context().run(_run, done, config, secrets, existing or {})
    return done


def _run(done: Run, config: Mapping[str, Any], secrets: Collection[str], existing: Existing) -> None:
    pulumi.runtime.reset_options()  # a program that failed leaves what it had not done yet
    texts = {f"tempostack:{key}": v if isinstance(v, str) else json.dumps(v) for key, v in config.items()}
    pulumi.runtime.set_all_config(texts, [f"tempostack:{key}" for key in secrets])
    pulumi.runtime.configure(
        mocks.MockSettings(  # type: ignore[no-untyped-call]
            monitor=_Monitor(done, existing),
            monitor_features=frozenset(),
            engine=_Engine(done),
            project="tempostack",
            stack="test",
            dry_run=False,
        )
    )
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a program that fails leaves futures behind
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(_program))
    except pulumi.RunError as error:  # Pulumi says it as it is, without a traceback
        done.errors.append(str(error))
    except SystemExit as end:
        if end.code != SAID_WHY:  # Pulumi would call it an unhandled error
            raise
    finally:
        loop.close()
        asyncio.set_event_loop(None)


def _program() -> None:
    runpy.run_path(str(PROGRAM), run_name="__main__")


class _Engine:
    def __init__(self, done: Run) -> None:
        self._done = done

    def Log(self, request: engine_pb2.LogRequest) -> None:  # noqa: N802
        if request.severity == engine_pb2.WARNING:
            self._done.warnings.append(request.message)
        if request.severity == engine_pb2.ERROR:
            self._done.errors.append(request.message)

    def RequirePulumiVersion(self, request: Any) -> None:  # noqa: N802
        """Any version will do."""


class _NoMocks(mocks.Mocks):
    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], None]:
        raise AssertionError(f"the program looks something up: {args.token}")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise AssertionError(f"the program reads something: {args.typ}")


class _Monitor(mocks.MockMonitor):
    """Answers every registration with its own inputs, and refuses what a real engine refuses."""

    def __init__(self, done: Run, existing: Existing) -> None:
        super().__init__(_NoMocks())
        self._done = done
        self._existing = existing

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        urn = self.make_urn(request.parent, request.type, request.name)
        assert urn not in {resource.urn for resource in self._done.resources}, f"registered twice: {urn}"
        if request.type != "pulumi:pulumi:Stack":
            self._done.resources.append(
                Registered(
                    urn=urn,
                    type=request.type,
                    name=request.name,
                    parent=request.parent,
                    inputs=_plain(request.object),
                    provider=request.provider,
                    dependencies=frozenset(request.dependencies),
                    protect=request.protect,
                    aliases=len(request.aliases) + len(request.aliasURNs),
                    delete_before_replace=request.deleteBeforeReplace,
                    ignore_changes=tuple(request.ignoreChanges),
                )
            )
        identifier = request.name if request.custom else ""
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identifier, object=request.object)

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> resource_pb2.ReadResourceResponse:  # noqa: N802
        if request.id not in self._existing:
            raise pulumi.RunError(f"resource '{request.id}' does not exist")
        assert {"data", "metadata"} <= set(request.additionalSecretOutputs)
        content = struct_pb2.Struct()
        content.update({"data": {rpc._special_sig_key: rpc._special_secret_sig, "value": self._existing[request.id]}})
        urn = self.make_urn(request.parent, request.type, request.name)
        self._done.reads.append(request.id)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=content)

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:  # noqa: N802
        if "pulumi:pulumi:Stack" in request.urn.split("::")[2].split("$")[-1]:
            self._done.outputs = _plain(request.outputs)
        return empty_pb2.Empty()


def _plain(value: Any) -> Any:
    """What stands in a protobuf message, without nulls; secrets as Secret."""
    if isinstance(value, struct_pb2.Struct):
        fields = {key: _plain(item) for key, item in value.fields.items() if item.WhichOneof("kind") != "null_value"}
        return Secret(fields["value"]) if fields.get(rpc._special_sig_key) == rpc._special_secret_sig else fields
    if isinstance(value, struct_pb2.ListValue):
        return [_plain(item) for item in value.values]
    kind = value.WhichOneof("kind")
    if kind in ("struct_value", "list_value"):
        return _plain(getattr(value, kind))
    if kind == "number_value" and value.number_value.is_integer():
        return int(value.number_value)
    return None if kind in (None, "null_value") else getattr(value, kind)
