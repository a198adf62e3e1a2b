"""A recording engine: runs the program as `pulumi up` does, keeps what it registers, and talks to no cluster."""

import asyncio
import base64
import contextvars
import logging
import runpy
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import engine_pb2, resource_pb2

from components.shared import STORAGE_ENV
from ops.mistakes import Mistakes
from ops.render.config import ProgramConfig
from ops.render.recording import Recording, Registration, Secret
from ops.render.secrets import MASK

PROGRAM = Path(__file__).parents[2] / "__main__.py"
PROJECT = "tempostack"
READ_KEYS = ("clientID", "clientSecret", *STORAGE_ENV.values())  # of Secrets that exist before the stack
MASKED_DATA = {  # the endpoint is a host of no cluster, so that nothing is concluded from it
    key: base64.b64encode((f"{MASK}.invalid" if key == "endpoint" else MASK).encode()).decode() for key in READ_KEYS
}


def run(config: ProgramConfig, program: Path = PROGRAM) -> Recording:
    """Runs the program to its end. Raises Mistakes with what it says when it fails as Pulumi programs do."""
    recording = Recording()
    try:
        contextvars.copy_context().run(_run, config, program, recording)  # Pulumi's global state is context variables
    except pulumi.RunError as error:
        raise Mistakes(*recording.errors, *_lines(str(error))) from None
    except SystemExit as end:
        if end.code not in (None, 0):
            raise Mistakes(*(recording.errors or [f"the program ended with {end.code}"])) from None
    if recording.errors:
        raise Mistakes(*recording.errors)
    return recording


def _run(config: ProgramConfig, program: Path, recording: Recording) -> None:
    pulumi.runtime.set_all_config(dict(config.values), list(config.secret_keys))
    pulumi.runtime.configure(
        mocks.MockSettings(  # type: ignore[no-untyped-call]
            monitor=_Monitor(recording),
            engine=_Engine(recording),
            project=PROJECT,
            stack=config.stack,
            dry_run=False,  # in a preview, what only an applied object has would be unknown
        )
    )
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # as Pulumi's own host: what fails leaves futures behind
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(max_workers=1))  # registrations are recorded one by one
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _program(program)))
    finally:
        loop.close()


def _program(program: Path) -> None:
    arguments, sys.argv = sys.argv, [str(program)]
    try:
        runpy.run_path(str(program), run_name="__main__")
    finally:
        sys.argv = arguments


class _Engine:
    """The engine's log, as lines."""

    def __init__(self, recording: Recording) -> None:
        self._lines = {engine_pb2.WARNING: recording.warnings, engine_pb2.ERROR: recording.errors}

    def Log(self, request: engine_pb2.LogRequest) -> None:  # noqa: N802
        self._lines.get(request.severity, []).extend(_lines(request.message))

    def RequirePulumiVersion(self, request: Any) -> None:  # noqa: N802
        """Any version will do for a recording."""


class _NoMocks(mocks.Mocks):
    """Nothing is invoked: the program looks nothing up."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], None]:
        raise NotImplementedError(f"the program calls {args.token}, and a rendering has no provider to ask")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise NotImplementedError(f"the program registers {args.typ} in a way that no rendering knows")


class _Monitor(mocks.MockMonitor):
    """Answers every registration with its own inputs, as if it had been applied, and keeps Kubernetes objects."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(_NoMocks())
        self._objects = recording.objects

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        urn = self.make_urn(request.parent, request.type, request.name)
        identifier = ""
        if request.custom:
            identifier = request.name
        if request.custom and request.type.startswith("kubernetes:"):
            registration = Registration(urn, _plain(request.object), tuple(request.dependencies))
            self._objects.append(registration)
            identifier = registration.name
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identifier, object=request.object)

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> resource_pb2.ReadResourceResponse:  # noqa: N802
        """A Secret that only the cluster has: masked, whatever is asked for in it."""
        urn = self.make_urn(request.parent, request.type, request.name)
        content = struct_pb2.Struct()
        content.update({"data": {rpc._special_sig_key: rpc._special_secret_sig, "value": MASKED_DATA}})
        return resource_pb2.ReadResourceResponse(urn=urn, properties=content)

    def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:  # noqa: N802, ARG002
        return empty_pb2.Empty()


def _plain(value: struct_pb2.Struct | struct_pb2.ListValue | struct_pb2.Value) -> Any:
    """What stands in a message: integral numbers as int, nulls left out of mappings, secrets as Secret."""
    match value:
        case struct_pb2.Struct():
            fields = {
                key: _plain(item) for key, item in value.fields.items() if item.WhichOneof("kind") != "null_value"
            }
            if fields.get(rpc._special_sig_key) == rpc._special_secret_sig:
                return Secret(fields.get("value"))
            return fields
        case struct_pb2.ListValue():
            return [_plain(item) for item in value.values]
    kind = value.WhichOneof("kind")
    if kind in ("struct_value", "list_value"):
        return _plain(getattr(value, kind))
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    return None if kind in (None, "null_value") else getattr(value, kind)


def _lines(message: str) -> list[str]:
    """A message's lines, without the empty ones."""
    return [" ".join(line.split()) for line in message.splitlines() if line.strip()]
