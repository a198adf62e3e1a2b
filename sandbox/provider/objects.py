"""The objects of one cluster: find a kind, read, apply, rehearse and delete, in the API server's own words."""

import json
import tempfile
import threading
from pathlib import Path
from typing import Any

import yaml
from kubernetes import config
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import DynamicApiError, ResourceNotFoundError
from urllib3.exceptions import HTTPError

Manifest = dict[str, Any]
REQUEST_TIMEOUT_SECONDS = 60
SERVER_METADATA = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields")


class RefusedError(Exception):
    """What was refused, in the refuser's words, with the HTTP status, the kind it is about and the causes by field."""

    def __init__(self, words: str, status: int = 0, about: str = "", causes: list[dict[str, str]] | None = None):
        super().__init__(words)
        self.status, self.about, self.causes = status, about, causes or []

    @property
    def is_for_want_of_a_place(self) -> bool:
        """Whether only the namespace or the kind is not there (yet)."""
        return self.status == 404 and self.about in ("namespaces", "kind")


def kind_of(token: str) -> tuple[str, str]:
    """`(apiVersion, kind)` of a type token such as `kubernetes:apps/v1:Deployment`; the core group goes unnamed."""
    _, group_version, kind = token.split(":")
    return group_version.removeprefix("core/"), kind


def bare(live: Manifest) -> Manifest:
    """A live object without what only the server writes."""
    metadata = {key: value for key, value in live["metadata"].items() if key not in SERVER_METADATA}
    return {**{key: value for key, value in live.items() if key != "status"}, "metadata": metadata}


class Cluster:
    """One API server, as a kubeconfig (its path or its text) names it; safe to use from several threads."""

    def __init__(self, kubeconfig: str, context: str | None = None, namespace: str | None = None):
        is_file = "\n" not in kubeconfig and Path(kubeconfig).expanduser().is_file()
        content = yaml.safe_load(Path(kubeconfig).expanduser().read_text() if is_file else kubeconfig)
        if not isinstance(content, dict) or not content.get("contexts"):
            raise RefusedError("kubeconfig: neither a kubeconfig file nor the text of one")
        context = context or content.get("current-context")
        contexts = {each["name"]: each["context"] for each in content["contexts"]}
        if context not in contexts:
            raise RefusedError(f"context: {context!r} is not in the kubeconfig, which has {', '.join(contexts)}")
        self.namespace: str = namespace or contexts[context].get("namespace") or "default"
        load = config.new_client_from_config if is_file else config.new_client_from_config_dict
        self._api = load(str(Path(kubeconfig).expanduser()) if is_file else content, context)
        self._discovered: Any = None
        self._discovering = threading.Lock()
        self._cache = tempfile.TemporaryDirectory(prefix="discovery-")  # the client's own default outlives its cluster

    def get(self, manifest: Manifest) -> Manifest | None:
        """The live object, or None where there is none, nor its kind."""
        try:
            return self._call("get", manifest)
        except RefusedError as refused:
            if refused.status == 404:
                return None
            raise

    def apply(self, manifest: Manifest, manager: str, *, force: bool = False, dry_run: bool = False) -> Manifest:
        """Server-side apply with strict field validation; returns the object as it then is (dry: would be)."""
        strict = [("fieldValidation", "Strict"), *([("dryRun", "All")] if dry_run else [])]
        options = {"field_manager": manager, "force_conflicts": force or None, "query_params": strict}
        return self._call("server_side_apply", manifest, body=manifest, **options)

    def delete(self, manifest: Manifest) -> None:
        """Begin the deletion, dependents first; an object that is not there is fine."""
        try:
            self._call("delete", manifest, body={"propagationPolicy": "Foreground"})
        except RefusedError as refused:
            if refused.status != 404:
                raise

    def pods_of(self, workload: Manifest) -> list[Manifest]:
        """The pods that a workload's selector matches."""
        labels = workload["spec"].get("selector", {}).get("matchLabels", {})
        pods = {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": workload["metadata"]["namespace"]}}
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        return list(self._call("get", pods, label_selector=selector)["items"])

    def _kind(self, manifest: Manifest) -> Any:
        version, kind = manifest["apiVersion"], manifest["kind"]
        with self._discovering:
            try:
                self._discovered = self._discovered or DynamicClient(self._api, f"{self._cache.name}/kinds.json")  # type: ignore[no-untyped-call]
                prefix = "apis" if "/" in version else "api"
                return self._discovered.resources.get(prefix=prefix, api_version=version, kind=kind)
            except ResourceNotFoundError:
                raise RefusedError(f'no matches for kind "{kind}" in version "{version}"', 404, "kind") from None
            except HTTPError as error:
                raise self._unreachable(error) from None

    def _call(self, verb: str, manifest: Manifest, **options: Any) -> Manifest:
        kind, metadata = self._kind(manifest), manifest["metadata"]
        options["namespace"] = metadata.get("namespace", self.namespace) if kind.namespaced else None
        options |= {"name": metadata.get("name"), "_request_timeout": REQUEST_TIMEOUT_SECONDS}
        try:
            return dict(getattr(kind, verb)(**options, serializer=lambda _, body: body))
        except DynamicApiError as error:
            raise _in_its_words(error) from None
        except HTTPError as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: HTTPError) -> RefusedError:
        return RefusedError(f"the Kubernetes API server {self._api.configuration.host} cannot be reached: {error}")


def _in_its_words(error: DynamicApiError) -> RefusedError:
    try:
        status = json.loads(error.body or "")
        details = status.get("details") or {}
        return RefusedError(status["message"], error.status or 0, details.get("kind", ""), details.get("causes"))
    except (KeyError, ValueError, AttributeError):
        return RefusedError(f"{error.status} {error.reason}", error.status or 0)
