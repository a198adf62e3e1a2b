"""Stacks with known secrets: nothing that the engine, the provider, the program or `ops` leave behind shows one."""

import hashlib
import hmac
import json
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from sandbox.engine import Engine
from sandbox.toolchain import binary
from tests.conftest import Kubectl
from tests.support import stacks
from tests.support.leaks import Leaks

Evidence = dict[str, bytes]  # where it was found -> what stands there

HOSTILE = "p@ss w/{}%+&\"'<>`$(x): !#\\"  # what URLs, JSON, YAML and shells write otherwise
CORES = {
    "password": "FirstPassw0rdK0re",
    "next password": "NextPassw0rdK0re",
    "client of a": "AlphaClientK0re",
    "client of b": "BravoClientK0re",
    "next client of b": "DeltaClientK0re",
    "client in a Secret": "CharlieClientK0re",
    "cookie key": "FirstCookieK0re",
    "next cookie key": "OtherCookieK0re",
}
TENANT_IDS = ("1610b0c3-c509-4592-a256-a1871353dbfa", "1610b0c3-c509-4592-a256-a1871353dbfb")
FORMS: tuple[tuple[str, ...], ...] = ((), ("--diff",), ("--json",))  # of a preview
# The most that the engine can be made to say without secrets: at 9 it writes out each property as it is.
VERBOSE = ("--logtostderr", "-v=8", "--logflow")


def secret(name: str) -> str:
    return HOSTILE.format(CORES[name])


def cookie(key: str, purpose: str) -> str:
    """What the program derives from a cookie key, told by hand."""
    return urlsafe_b64encode(hmac.new(secret(key).encode(), purpose.encode(), hashlib.sha256).digest()[:24]).decode()


PURPOSES = (*TENANT_IDS, "tempo-tmrs-query-frontend/oauth-proxy")
COOKIES = {f"{key} for {why}": cookie(key, why) for key in ("cookie key", "next cookie key") for why in PURPOSES}
LEAKS = Leaks(CORES | COOKIES)


class Witness:
    """Runs commands and keeps what they print."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.evidence: Evidence = {}

    def pulumi(self, *arguments: str, fails: bool = False) -> str:
        """`pulumi` as Engine runs it, but with the backups of the state that it switches off."""
        environment = self.engine.environment()
        del environment["PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS"]
        command = [str(binary("pulumi")), "--color=never", "--non-interactive", *arguments]
        return self._run(f"pulumi {' '.join(arguments)}", command, self.engine.workspace.project, environment, fails)

    def ops(self, *arguments: str) -> str:
        """`python -m ops` on the stack's file."""
        what, *options = arguments
        command = [
            sys.executable,
            "-m",
            "ops",
            what,
            str(self.engine.workspace.stack_file(self.engine.stack)),
            *options,
        ]
        return self._run(f"ops {' '.join(arguments)}", command, stacks.PROJECT, self.engine.environment())

    def files(self) -> None:
        """Everything on disk: the state with its history and backups, the provider's log, the stack's file."""
        for path in self.engine.workspace.home.rglob("*"):
            if path.is_file() and not path.is_symlink() and ".venv" not in path.parts:
                self.evidence[str(path)] = path.read_bytes()

    def _run(self, label: str, command: list[str], folder: Path, env: dict[str, str], fails: bool = False) -> str:
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert fails == bool(done.returncode), done.stdout + done.stderr[-4000:]
        self.evidence[f"{len(self.evidence)} {label}"] = (done.stdout + done.stderr).encode()
        return done.stdout

    def leaks(self) -> dict[str, set[str]]:
        found = {label: LEAKS.found(content) for label, content in self.evidence.items()}
        return {label: names for label, names in found.items() if names}


def static_spec() -> dict[str, Any]:
    """Three tenants behind a gateway: the clients of two in the config, that of the third in a Secret."""
    return stacks.static_spec("a", "b", "c", clients={"c": "client-of-c"})


def clients(**names: str) -> str:
    return json.dumps({tenant: {"clientID": "tempo", "clientSecret": secret(name)} for tenant, name in names.items()})


def client_of_c() -> str:
    """A Secret as users make them; `kubectl apply` leaves a copy of its data in an annotation."""
    data = {"clientID": "tempo", "clientSecret": secret("client in a Secret")}
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "client-of-c"}, "stringData": data})


def write(engine: Engine, stack: str, spec: dict[str, Any], **secrets: str) -> None:
    stacks.write(engine, stack, spec)
    for key, value in secrets.items():
        done = engine.run("config", "set", "--secret", f"tempostack:{key}", "--", value)
        assert done.returncode == 0, done.stderr


def write_static(engine: Engine, stack: str, **secrets: str) -> None:
    """Static tenants with MinIO, in a namespace that is there before, as the Secret of one of them has to be."""
    write(engine, stack, static_spec(), minioRootPassword=secret("password"), **secrets)
    assert engine.run("config", "set", "tempostack:createNamespace", "false").returncode == 0


def change(witness: Witness, key: str, changed: str) -> None:
    done = witness.engine.run("config", "set", "--secret", f"tempostack:{key}", "--", changed)
    assert done.returncode == 0, done.stderr


def whole_life(witness: Witness, key: str, changed: str) -> None:
    """A stack's first `up`, all that can be asked about it, and an `up` with one changed secret."""
    for options in FORMS:
        witness.pulumi("preview", *options)
    witness.pulumi("up", "--yes", "--diff")
    change(witness, key, changed)
    for options in (("--json",), ("--diff", "--show-sames", "--show-reads", "--refresh")):
        witness.pulumi("preview", *options)
    witness.pulumi("up", "--yes", "--skip-preview", *VERBOSE)
    witness.pulumi("refresh", "--yes", "--diff")
    for command in (
        ("stack", "export"),
        ("stack", "output", "--json"),
        ("stack", "output"),
        ("stack", "--show-urns", "--show-ids"),
        ("stack", "history", "--json"),
        ("config",),
        ("config", "--json"),
    ):
        witness.pulumi(*command)
    for form in ("table", "json", "markdown", "html"):
        witness.ops("plan", "--format", form)
    witness.ops("diff", "--deployed", "--format", "json")
    witness.ops("render")
    witness.ops("check")


def short_life(witness: Witness, key: str, changed: str) -> None:
    """The same, asked only where a stack's other objects could show another secret; the rest is whole_life's."""
    witness.pulumi("up", "--yes", "--skip-preview")
    change(witness, key, changed)
    witness.pulumi("preview", "--diff")
    witness.pulumi("up", "--yes", "--skip-preview", *VERBOSE)
    witness.pulumi("stack", "export")
    witness.pulumi("stack", "output", "--json")
    witness.ops("render")


@pytest.fixture(scope="module")
def static(engine: Engine, kubectl: Kubectl) -> Witness:
    """Static tenants, MinIO, a namespace that was there."""
    kubectl("create", "namespace", "sealed")
    kubectl("apply", "-n", "sealed", "-f", "-", stdin=client_of_c())
    write_static(engine, "sealed", oidcClients=clients(a="client of a", b="client of b"))
    return Witness(engine)


def test_static_tenants_and_minio(static: Witness, kubectl: Kubectl) -> None:
    whole_life(static, "oidcClients", clients(a="client of a", b="next client of b"))
    static.files()
    assert static.leaks() == {}
    in_cluster = kubectl("get", "secrets", "-n", "sealed", "-o", "json")
    assert LEAKS.found(in_cluster) == {"password", "client of a", "next client of b", "client in a Secret"}


def test_an_up_that_the_cluster_refuses(engine: Engine, kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "refused")
    kubectl("apply", "-n", "refused", "-f", "-", stdin=client_of_c())
    # Not its claim alone: a Deployment that was begun before the claim was refused is waited for, for ten minutes.
    hard = "count/secrets=1,persistentvolumeclaims=0,count/deployments.apps=0"
    kubectl("create", "quota", "none", f"--hard={hard}", "-n", "refused")
    write_static(engine, "refused", oidcClients=clients(a="client of a", b="client of b"))
    witness = Witness(engine)
    witness.pulumi("up", "--yes", "--skip-preview", fails=True)
    witness.pulumi("up", "--yes", "--skip-preview", *VERBOSE, fails=True)
    said = b"".join(witness.evidence.values())
    assert b"exceeded quota: none" in said
    witness.files()
    assert witness.leaks() == {}


def test_a_config_that_is_refused(engine: Engine) -> None:
    write_static(
        engine,
        "mistaken-secrets",
        oidcClients=clients(a="client of a", nobody="client of b"),
        gatewayCookieKey=CORES["cookie key"] + "\n",
    )
    witness = Witness(engine)
    witness.pulumi("preview", fails=True)
    witness.ops("plan")
    assert b"oidcClients.nobody: there is no such tenant" in b"".join(witness.evidence.values())
    assert witness.leaks() == {}


def test_tenants_of_openshift_and_the_oauth_proxy(engine: Engine, kubectl: Kubectl) -> None:
    spec = stacks.case("seed-per-component")
    given = {"minioRootPassword": secret("password"), "gatewayCookieKey": secret("cookie key")}
    write(engine, "sealed-login", spec, **given)
    witness = Witness(engine)
    short_life(witness, "gatewayCookieKey", secret("next cookie key"))
    witness.files()
    assert witness.leaks() == {}
    in_cluster = kubectl("get", "secrets", "-n", "sealed-login", "-o", "json")
    assert LEAKS.found(in_cluster) == {"password", *(name for name in COOKIES if name.startswith("next"))}
