"""The provider's procedures: what the engine asks, answered by an API server's applies and dry runs."""
# ruff: noqa: N802 (the procedures' names are the protocol's)

import functools
import hashlib
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from pulumi.runtime.proto import plugin_pb2, status_pb2
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from sandbox.provider import diff, ignored, wait
from sandbox.provider.objects import Cluster, Manifest, RefusedError, bare, kind_of
from sandbox.provider.wire import Secret, decode, encode, is_known, marked_like, plain, redacted

# The provider inputs that are honoured or harmless; any other is refused rather than dropped.
KNOWN_INPUTS = {"kubeconfig", "context", "namespace", "version", "enableServerSideApply", "enablePatchForce"}
KNOWN_INPUTS |= {"upsertExistingObjects", "enableConfigMapMutable", "enableSecretMutable", "clusterIdentifier"}
KNOWN_INPUTS |= {"kubeClientSettings", "suppressDeprecationWarnings", "suppressHelmHookWarnings"}
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"  # what `kubectl apply` was given, a Secret's data too
# Before a namespace or a kind that is still on its way is given up.
PAUSES_SECONDS = (0.25, 0.5, 1, 2, 4)


class PartialError(Exception):
    """The object exists and is not ready: the engine must keep it in its state, with these outputs."""

    def __init__(self, identifier: str, outputs: dict[str, Any], reason: str):
        super().__init__(reason)
        self.identifier, self.outputs = identifier, outputs


def _answer(procedure: Callable[[Any, Any], Any]) -> Callable[[Any, Any, grpc.ServicerContext], Any]:
    """The procedure with its failures as one message to the user, without any secret of the request."""

    @functools.wraps(procedure)
    def call(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return procedure(self, request)
        except (PartialError, RefusedError, wait.UnfinishedError) as error:
            words = str(error)
            for name in ("properties", "inputs", "news", "olds"):
                words = redacted(words, decode(getattr(request, name))) if hasattr(request, name) else words
            if isinstance(error, PartialError):
                detail = messages.ErrorResourceInitFailed(
                    id=error.identifier, properties=encode(error.outputs), reasons=[words]
                )
                status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=words)
                status.details.add().Pack(detail)
                context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
            context.abort(grpc.StatusCode.UNKNOWN, words)

    return call


class Provider(ResourceProviderServicer):
    """One provider for one stack at a time: what the last `Configure` said holds."""

    def __init__(self, kubeconfig: str | None, context: str | None):
        self._default = (kubeconfig, context)
        self._settings: dict[str, Any] = {}
        self._clusters: dict[tuple[str, str | None, str | None], Cluster] = {}
        self._connecting = threading.Lock()
        self._cancelled = threading.Event()

    @_answer
    def Handshake(self, _request: Any) -> Any:
        """Secrets, resources and outputs are understood as such."""
        return messages.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True, accept_outputs=True)

    @_answer
    def Attach(self, _request: Any) -> Any:
        """Nothing is ever asked of the engine, so its address is not kept."""
        return Empty()

    @_answer
    def GetPluginInfo(self, _request: Any) -> Any:
        """The version of the SDK that it serves."""
        return plugin_pb2.PluginInfo(version=f"{version('pulumi-kubernetes')}+standin")

    @_answer
    def Cancel(self, _request: Any) -> Any:
        """End every wait that is under way."""
        self._cancelled.set()
        return Empty()

    @_answer
    def CheckConfig(self, request: Any) -> Any:
        """Refuse what would otherwise be silently ignored."""
        inputs = plain(decode(request.news))
        refused = {name for name in inputs.keys() - KNOWN_INPUTS if not name.startswith("__")}
        if str(inputs.get("enableServerSideApply", True)).lower() == "false":
            refused.add("enableServerSideApply")
        why = "is not supported by the stand-in provider; leave it out, or install the official plugin"
        return messages.CheckResponse(inputs=request.news, failures=[_failure(name, why) for name in sorted(refused)])

    @_answer
    def Configure(self, request: Any) -> Any:
        """Keep the settings; the cluster is not spoken to before it must be."""
        self._settings = plain(decode(request.args))
        self._cancelled.clear()
        return messages.ConfigureResponse(
            acceptSecrets=True, acceptResources=True, acceptOutputs=True, supportsPreview=True
        )

    @_answer
    def Check(self, request: Any) -> Any:
        """Fill in apiVersion and kind; a name is never made up."""
        inputs = {**dict(zip(("apiVersion", "kind"), _type_of(request), strict=True)), **decode(request.news)}
        metadata = plain(inputs.get("metadata", {}))
        missing = isinstance(metadata, dict) and not metadata.get("name")
        failures = (
            [_failure("metadata.name", "is missing, and names are never made up here: set it")] if missing else []
        )
        return messages.CheckResponse(inputs=encode(inputs), failures=failures)

    @_answer
    def Diff(self, request: Any) -> Any:
        """What differs between old and new inputs, and whether the server sees nothing, an update or a replacement."""
        new, state = plain(decode(request.news)), plain(decode(request.olds))
        old = plain(decode(request.old_inputs)) or state.get("__inputs", {})
        cluster, changed = self._cluster(), diff.changes(old, new)
        named = is_known(new.get("metadata"))
        moved = named and diff.identity(old, cluster.namespace) != diff.identity(new, cluster.namespace)
        replaced = diff.IDENTITY & changed.keys() if moved else self._replaced_data(new, changed)
        if changed and not moved and is_known(new):
            try:
                manager = _manager(request.urn, state)
                if self._means_nothing(ignored.kept(cluster, new, request.ignoreChanges, manager), manager):
                    changed, replaced = {}, frozenset()
            except RefusedError as refused:  # anything but immutable fields is for Update to report
                if diff.is_immutability(refused):
                    replaced |= diff.immutable_among(refused, changed)
        return messages.DiffResponse(
            changes=messages.DiffResponse.DIFF_SOME if changed else messages.DiffResponse.DIFF_NONE,
            diffs=sorted({str(path[0]) for path in changed}),
            replaces=[diff.spelled(path) for path in changed if path in replaced],
            deleteBeforeReplace=bool(replaced) and not moved,
            detailedDiff={  # every kind of change is followed by its replacing form
                diff.spelled(path): messages.PropertyDiff(kind=kind + (path in replaced), inputDiff=True)
                for path, kind in changed.items()
            },
            hasDetailedDiff=True,
        )

    @_answer
    def Create(self, request: Any) -> Any:
        """Apply a new object and wait for it; one that something else made is not taken over unasked."""
        inputs, manager = decode(request.properties), _manager(request.urn)
        manifest = plain(inputs)
        if is_known(inputs):
            self._refuse_a_strangers(manifest, manager)
        if request.preview:
            return messages.CreateResponse(properties=encode(self._rehearsed(inputs, manifest, manager, creating=True)))
        applied = self._applied(manifest, manager)
        namespace, name = applied["metadata"].get("namespace"), applied["metadata"]["name"]
        identifier = f"{namespace}/{name}" if namespace else name
        outputs = self._settled(identifier, inputs, applied, manager, request.timeout)
        return messages.CreateResponse(id=identifier, properties=encode(outputs))

    @_answer
    def Update(self, request: Any) -> Any:
        """Apply the new inputs and wait; what they no longer name, the server removes, but for what is ignored."""
        inputs, manager = decode(request.news), _manager(request.urn, decode(request.olds))
        manifest = ignored.kept(self._cluster(), plain(inputs), request.ignoreChanges, manager)
        if request.preview:
            rehearsed = self._rehearsed(inputs, manifest, manager, creating=False)
            return messages.UpdateResponse(properties=encode(rehearsed))
        applied = self._applied(manifest, manager)
        outputs = self._settled(request.id, inputs, applied, manager, request.timeout)
        return messages.UpdateResponse(properties=encode(outputs))

    @_answer
    def Read(self, request: Any) -> Any:
        """The object as it is now: its inputs with the live values, or nothing when it is gone."""
        inputs, manager = decode(request.inputs), _manager(request.urn, decode(request.properties))
        api_version, kind = _type_of(request)
        namespace, _, name = request.id.rpartition("/")
        metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
        live = self._cluster().get({"apiVersion": api_version, "kind": kind, "metadata": metadata})
        if live is None:
            return messages.ReadResponse()
        found = diff.as_live(inputs, live) if inputs else marked_like(bare(live), _secret_places(live))
        outputs = encode(_outputs(found, live, manager))
        return messages.ReadResponse(id=request.id, properties=outputs, inputs=encode(found))

    @_answer
    def Delete(self, request: Any) -> Any:
        """Delete the object with its dependents and wait until it is gone."""
        state = plain(decode(request.properties))
        self._cluster().delete(state)
        if not wait.is_skipped(state):
            wait.until_gone(self._cluster(), state, request.timeout, self._cancelled)
        return Empty()

    def _cluster(self) -> Cluster:
        kubeconfig, context = self._settings.get("kubeconfig"), self._settings.get("context")
        context = context if kubeconfig else context or self._default[1]
        key = (str(kubeconfig or self._default[0] or ""), context, self._settings.get("namespace"))
        if not key[0]:
            raise RefusedError("kubeconfig: missing; set it on the provider, or start this one with --kubeconfig FILE")
        with self._connecting:
            if key not in self._clusters:
                self._clusters[key] = Cluster(*key)
            return self._clusters[key]

    def _allows(self, switch: str) -> bool:
        return str(self._settings.get(switch)).lower() == "true"

    def _replaced_data(self, new: Manifest, changed: dict[diff.Path, Any]) -> frozenset[diff.Path]:
        switch, fields = diff.REPLACED_DATA.get(new["kind"], ("", set()))
        unchanging = new.get("immutable") or not self._allows(switch)
        return frozenset(path for path in changed if unchanging and new["apiVersion"] == "v1" and path[0] in fields)

    def _refuse_a_strangers(self, manifest: Manifest, manager: str) -> None:
        live = self._cluster().get(manifest)
        managers = {entry["manager"] for entry in live["metadata"].get("managedFields", [])} if live else set()
        managers -= {"before-first-apply"}  # an applied object without any field (a bare Namespace) has no manager
        if managers and manager not in managers and not self._allows("upsertExistingObjects"):
            raise RefusedError(
                f'{manifest["kind"]} "{manifest["metadata"]["name"]}" already exists and is not this resource\'s: '
                "import it, or set upsertExistingObjects on the provider to take it over"
            )

    def _apply(self, manifest: Manifest, manager: str, *, dry_run: bool = False) -> Manifest:
        annotations = manifest["metadata"].get("annotations") or {}
        force = self._allows("enablePatchForce") or annotations.get("pulumi.com/patchForce") == "true"
        return self._cluster().apply(manifest, manager, force=force, dry_run=dry_run)

    def _applied(self, manifest: Manifest, manager: str) -> Manifest:
        """Apply, and try again for a while if only the namespace or the kind is missing: it may be on its way."""
        for pause_seconds in PAUSES_SECONDS:
            try:
                return self._apply(manifest, manager)
            except RefusedError as refused:
                if not refused.is_for_want_of_a_place or self._cancelled.wait(pause_seconds):
                    raise
        return self._apply(manifest, manager)

    def _means_nothing(self, new: Manifest, manager: str) -> bool:
        """Whether a dry run leaves the live object, and what this manager owns of it, as they are."""
        live = self._cluster().get(new)
        return live is not None and _comparable(live) == _comparable(self._apply(new, manager, dry_run=True))

    def _rehearsed(self, inputs: dict[str, Any], manifest: Manifest, manager: str, *, creating: bool) -> dict[str, Any]:
        """What a dry run says would be; the inputs alone where not all is known or the place is not there yet."""
        if not is_known(inputs):
            return inputs
        try:
            return _outputs(inputs, bare(self._apply(manifest, manager, dry_run=True)), manager)
        except RefusedError as refused:
            to_be_replaced = creating and diff.is_immutability(refused)  # the predecessor is still there
            if to_be_replaced or refused.is_for_want_of_a_place:
                return inputs
            raise

    def _settled(
        self, identifier: str, inputs: dict[str, Any], applied: Manifest, manager: str, timeout_seconds: float
    ) -> dict[str, Any]:
        try:
            live = wait.until_ready(self._cluster(), applied, timeout_seconds, self._cancelled)
        except wait.UnfinishedError as unfinished:
            outputs = _outputs(inputs, unfinished.live, manager)
            raise PartialError(identifier, outputs, f"{applied['kind']} {identifier}: {unfinished}") from None
        return _outputs(inputs, live, manager)


def _failure(name: str, why: str) -> Any:
    return messages.CheckFailure(property=name, reason=f"{name} {why}")


def _type_of(request: Any) -> tuple[str, str]:
    return kind_of(request.type or request.urn.split("::")[2].split("$")[-1])


def _manager(urn: str, state: dict[str, Any] | None = None) -> str:
    """The field manager of a resource: the same on every run, so that an interrupted creation is taken up again."""
    return (state or {}).get("__fieldManager") or f"pulumi-kubernetes-{hashlib.sha256(urn.encode()).hexdigest()[:8]}"


def _secret_places(live: Manifest) -> dict[str, Any]:
    is_secret = (live["apiVersion"], live["kind"]) == ("v1", "Secret")
    copy = {"annotations": {LAST_APPLIED: Secret(None)}}
    return {"data": Secret(None), "stringData": Secret(None), "metadata": copy} if is_secret else {}


def _outputs(inputs: dict[str, Any], live: Manifest, manager: str) -> dict[str, Any]:
    """The state that is kept of an object, in the official provider's form, so that it can take over."""
    shown = {**live, "metadata": {key: value for key, value in live["metadata"].items() if key != "managedFields"}}
    kept = {"__inputs": inputs, "__fieldManager": manager, "__initialApiVersion": live["apiVersion"]}
    return {**marked_like(shown, {**inputs, **_secret_places(live)}), **kept}


def _comparable(live: Manifest) -> tuple[Manifest, list[Any]]:
    return bare(live), [{**entry, "time": None} for entry in live["metadata"].get("managedFields", [])]
