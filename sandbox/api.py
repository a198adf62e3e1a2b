"""What the sandbox itself asks of its API server."""

from http import HTTPStatus
from pathlib import Path

import yaml
from kubernetes import client, config, utils
from urllib3.exceptions import HTTPError

from sandbox.errors import SandboxError
from sandbox.nodes import POOLS


def connect(kubeconfig: Path) -> client.ApiClient:
    """A client for the current context of a kubeconfig file."""
    api: client.ApiClient = config.new_client_from_config(str(kubeconfig))  # type: ignore[no-untyped-call]
    return api


def answers(api: client.ApiClient, path: str) -> bool:
    """Whether a GET of `path` succeeds."""
    try:
        response = api.call_api(*api.param_serialize("GET", path, auth_settings=["BearerToken"]))
    except (client.ApiException, HTTPError):
        return False
    return bool(response.status == HTTPStatus.OK)


def add_nodes_and_storage(api: client.ApiClient, storage_class: Path) -> None:
    """Register every node, and the default StorageClass, whose volumes kwok makes."""
    for pool in POOLS:
        for node in pool.nodes():
            utils.create_from_dict(api, node)  # type: ignore[no-untyped-call]
    utils.create_from_dict(api, yaml.safe_load(storage_class.read_text()))  # type: ignore[no-untyped-call]


def add_custom_resources(api: client.ApiClient, definitions: Path) -> None:
    """Make every kind known whose definition is a file of the folder; each is sent as it is, unparsed."""
    for file in sorted(definitions.glob("*.yaml")):
        request = api.param_serialize(
            "POST",
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            header_params={"Content-Type": "application/yaml", "Accept": "application/json"},
            body=file.read_text(),
            auth_settings=["BearerToken"],
        )
        try:
            api.call_api(*request)
        except client.ApiException as refused:
            raise SandboxError(f"{file.name}: the API server refuses it: {refused.reason}") from None


def all_custom_resources_served(api: client.ApiClient) -> bool:
    """Whether objects of every custom kind can be made."""
    return all(
        any(c.type == "Established" and c.status == "True" for c in (each.status and each.status.conditions) or ())
        for each in client.ApiextensionsV1Api(api).list_custom_resource_definition().items
    )


def all_nodes_ready(api: client.ApiClient) -> bool:
    """Whether kwok has taken every node over."""
    return all(
        any(c.type == "Ready" and c.status == "True" for c in node.status.conditions or ())
        for node in client.CoreV1Api(api).list_node().items
        if node.status
    )
