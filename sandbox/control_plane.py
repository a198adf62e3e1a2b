"""How each process of the control plane is started: its command line, and the files it reads."""

from pathlib import Path

import yaml

from sandbox.certs import Certificates
from sandbox.toolchain import binary, data_folder

Command = list[str | Path]

# etcd listens on sockets in the sandbox's private folder: no port to collide on, and no other user to read from it.
# The names are relative to the folder it runs in, since a socket's path has room for about a hundred characters, and
# end in a number because etcd wants something that looks like a port.
ETCD_CLIENT_SOCKET, ETCD_PEER_SOCKET = "unix://etcd.sock:1", "unix://etcd-peer.sock:1"


def etcd(data: Path) -> Command:
    """A store that trades durability for speed: a sandbox that loses power is thrown away anyhow."""
    return [
        binary("etcd"),
        f"--data-dir={data}",
        f"--listen-client-urls={ETCD_CLIENT_SOCKET}",
        f"--advertise-client-urls={ETCD_CLIENT_SOCKET}",
        f"--listen-peer-urls={ETCD_PEER_SOCKET}",
        f"--initial-advertise-peer-urls={ETCD_PEER_SOCKET}",
        f"--initial-cluster=default={ETCD_PEER_SOCKET}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def kube_apiserver(port: int, certificates: Certificates, tokens: Path) -> Command:
    """The API server with its default admission: PodSecurity by namespace label, quotas, service accounts."""
    return [
        binary("kube-apiserver"),
        f"--etcd-servers={ETCD_CLIENT_SOCKET}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        "--permit-port-sharing=true",  # the port is held by whoever chose it until the server listens
        f"--tls-cert-file={certificates.server}",
        f"--tls-private-key-file={certificates.server_key}",
        f"--token-auth-file={tokens}",
        f"--service-account-key-file={certificates.service_account_key}",
        f"--service-account-signing-key-file={certificates.service_account_key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=Node,RBAC",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--allow-privileged=true",
        "--endpoint-reconciler-type=none",
        "--profiling=false",
    ]


def kube_controller_manager(kubeconfig: Path, certificates: Certificates) -> Command:
    """Deployments, StatefulSets, Jobs, quotas, volumes, service accounts: everything but nodes and clouds."""
    return [
        binary("kube-controller-manager"),
        f"--kubeconfig={kubeconfig}",
        f"--service-account-private-key-file={certificates.service_account_key}",
        f"--root-ca-file={certificates.authority}",
        "--leader-elect=false",
        "--secure-port=0",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        "--profiling=false",
        # A quota counted while a pod was not yet in the controller's cache stays short of it until the next full
        # count: five minutes by default, and longer than a test waits.
        "--resource-quota-sync-period=10s",
    ]


def kube_scheduler(kubeconfig: Path) -> Command:
    """The default scheduler."""
    return [
        binary("kube-scheduler"),
        f"--kubeconfig={kubeconfig}",
        "--leader-elect=false",
        "--secure-port=0",
        "--profiling=false",
    ]


def kwok(kubeconfig: Path, rules: Path) -> Command:
    """The kubelets of nodes that do not exist; `rules` is the file that `write_kwok_rules` writes."""
    return [
        binary("kwok"),
        f"--kubeconfig={kubeconfig}",
        f"--config={rules}",
        "--manage-all-nodes=true",
        "--node-lease-duration-seconds=40",
    ]


def write_kwok_rules(file: Path) -> None:
    """One file of all the rules by which nodes stay alive, pods run, Jobs complete and volumes are made."""
    stages = sorted((data_folder("kwok") / "stages").glob("*.yaml"))
    file.write_text("\n---\n".join(stage.read_text() for stage in stages))


def kubeconfig(cluster: str, server: str, authority: str, token: str) -> str:
    """A kubeconfig file with one context, `tempostack-<cluster>`; `authority` is base64."""
    name = f"tempostack-{cluster}"
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": authority}}],
            "users": [{"name": name, "user": {"token": token}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        }
    )
