"""What the sandbox itself asks of its API server."""

from http import HTTPStatus
from pathlib import Path

import yaml
from kubernetes import client, config, utils
from urllib3.exceptions import HTTPError

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


def all_nodes_ready(api: client.ApiClient) -> bool:
    """Whether kwok has taken every node over."""
    return all(
        any(c.type == "Ready" and c.status == "True" for c in node.status.conditions or ())
        for node in client.CoreV1Api(api).list_node().items
        if node.status
    )
