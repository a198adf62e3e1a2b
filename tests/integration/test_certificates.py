"""cert-manager's objects on a real API server with its definitions; that they are enough for Tempo a real one shows."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.engine import Engine
from tests.conftest import EngineFactory, Kubectl
from tests.support import stacks

KINDS = "certificates.cert-manager.io,issuers.cert-manager.io"
MODES: dict[str, dict[str, Any]] = {
    "certManager": {"mode": "certManager"},
    "a named issuer": {
        "mode": "certManager",
        "issuer": {"name": "company", "kind": "ClusterIssuer"},
        "duration": "24h",
    },
    "secrets": {"mode": "secrets", "secretName": "given"},
    "serviceCA": {"mode": "serviceCA"},
}


@pytest.mark.parametrize("mode", MODES)
def test_every_object_passes_the_servers_strict_field_validation(mode: str, kubectl: Kubectl, tmp_path: Path) -> None:
    objects = stacks.rendered_prod(tmp_path, ("tls",), MODES[mode])
    checked = [each for each in objects if each["kind"] not in ("Namespace", "Secret")]  # whose values are not shown
    for each in checked:
        if "namespace" in each["metadata"]:
            each["metadata"]["namespace"] = "default"
    stream = "---\n".join(yaml.safe_dump(each) for each in checked)
    taken = kubectl(
        "apply", "--server-side", "--dry-run=server", "--validate=strict", "-o", "name", "-f", "-", stdin=stream
    )
    assert len(taken.split()) == len(checked)


def test_tls_that_is_switched_on_later_comes_with_its_certificates(
    engine_factory: EngineFactory, kubectl: Kubectl
) -> None:
    engine: Engine = engine_factory()
    spec = stacks.dev_spec()
    stacks.write_with_secrets(engine, "encrypted", spec)
    assert engine.up().returncode == 0
    stacks.write(engine, "encrypted", spec | {"tls": {"mode": "certManager"}})
    done = engine.up()
    assert done.returncode == 0, done.stdout + done.stderr

    live = stacks.objects(kubectl, "encrypted", KINDS)
    issued = {each["spec"]["secretName"] for each in live if each["kind"] == "Certificate"}
    workloads = stacks.objects(kubectl, "encrypted", "deployments,statefulsets,jobs")
    mounted = {
        volume["secret"]["secretName"]
        for each in workloads
        for volume in each["spec"]["template"]["spec"].get("volumes", [])
        if volume["name"] in ("tls", "tls-ca")
    }
    assert mounted == issued - {"tempo-tmrs-ca"}  # whose key no pod has
    assert all(each["status"].get("readyReplicas", each["status"].get("succeeded")) for each in workloads)
    assert stacks.changes(engine) == {}  # what is live is what is wanted
