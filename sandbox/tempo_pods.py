"""What the pods of rendered objects become on loopback: an address a pod, a command and files a container."""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from sandbox import hosts
from sandbox.certs import write_private
from sandbox.errors import SandboxError
from sandbox.issued import Issued
from sandbox.loopback import Instance, Substitution, discovered, folders, relocate, replace_text
from sandbox.rendered import BRIDGE, MINIO, RenderedStack, Workload
from sandbox.tempo_processes import S3, Command, Tempo
from sandbox.toolchain import binary

MINIO_CERTIFICATES = "minio-certs"
MINIO_HOST, _FIRST_HOST, _LAST_HOST = 9, 11, 254


def instances_of(stack: RenderedStack, block: str, folder: Path) -> list[Instance]:
    """A process for each replica of each container; those of one pod have one address."""
    addresses: dict[tuple[str, int], str] = {}
    found = []
    for workload in stack.workloads:
        for number in range(workload.replicas):
            pod = (workload.beside or workload.component, number)
            address = addresses.setdefault(pod, f"{block}.{_FIRST_HOST + len(addresses)}")
            name = f"{workload.component}-{number}"
            found.append(Instance(name, workload.component, address, folder / name, workload.grace_seconds))
    if len(addresses) > _LAST_HOST - _FIRST_HOST:
        raise SandboxError(f"{len(addresses)} pods: a data plane on loopback has addresses for 243")
    return found


def write_files(tempo: Tempo, stack: RenderedStack, issued: Issued) -> None:
    """Everything that a process reads when it starts."""
    changes = [change for i in tempo.instances.values() for change in _prepare(tempo, stack, i, issued)]
    tempo.substitutions.write_text("".join(f"{change}\n" for change in changes))
    issued.write_pair(tempo.certificates, ("tls.crt", "tls.key"), "client")
    write_private(tempo.certificates / "ca.crt", issued.authority.certificate)
    if tempo.s3.scheme == "https":
        host, _, _ = tempo.s3.address.partition(":")
        issued.write_pair(tempo.folder / MINIO_CERTIFICATES, ("public.crt", "private.key"), "minio", [host])


def with_own_executable(arguments: list[str], folder: Path) -> list[str]:
    """`arguments` with a copy of the executable, so that its pages in memory count for the one process that uses them.

    The kernel counts a file's pages for the group that reads them first; in a cluster, on a node of its own, that is
    the container.
    """
    executables = (binary("tempo").name, BRIDGE, MINIO)  # the user's own tempo may have another name
    position, original = next((n, a) for n, a in enumerate(arguments) if Path(a).name in executables)
    folder.mkdir(parents=True)
    copy = shutil.copy(original, folder)
    with open(copy, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # the copying read them first
    return [*arguments[:position], str(copy), *arguments[position + 1 :]]


def s3_of(block: str, scheme: str) -> S3:
    """The run's own object store, with credentials made for it."""
    return S3(f"{block}.{MINIO_HOST}:9000", secrets.token_hex(8), secrets.token_hex(16), scheme=scheme)


def minio(s3: S3, folder: Path, rendered: Workload | None) -> Command:
    """MinIO, with the environment of the rendered one where the stack has one."""
    arguments = [
        "server",
        str(folder / "minio"),
        f"--address={s3.address}",
        f"--certs-dir={folder / MINIO_CERTIFICATES}",
    ]
    credentials = {"MINIO_ROOT_USER": s3.access_key, "MINIO_ROOT_PASSWORD": s3.secret_key}
    environment = {"MINIO_BROWSER": "off", **(rendered.environment if rendered else {}), **credentials}
    return Command([str(binary(MINIO)), *arguments], environment)


def _prepare(tempo: Tempo, stack: RenderedStack, instance: Instance, issued: Issued) -> Iterator[Substitution]:
    """Write the instance's files and keep how it is started; what its files say otherwise than the rendered ones."""
    workload = next(w for w in stack.workloads if w.component == instance.component)
    everyone = list(tempo.instances.values())
    names = discovered(stack, everyone)
    asked = {name: found for name, found in names.items() if name in stack.files[f"{instance.component}.yaml"]}
    named = any(len(addresses) > 1 for addresses in asked.values()) and hosts.possible()
    text, changes = relocate(stack, instance, everyone, named=named)
    conf = instance.folder / "conf"
    conf.mkdir(parents=True)
    (instance.folder / "data").mkdir()
    (conf / "overrides.yaml").write_text(stack.files["overrides.yaml"])
    (conf / f"{instance.component}.yaml").write_text(text)
    for files in workload.certificates:
        issued.write(files, instance.folder / "tls")
    command = _command(workload, instance, tempo.s3)
    yield from changes
    if named:
        file = conf / "hosts"
        tempo.commands[instance.name] = Command(hosts.knowing(asked, file, command.arguments), command.environment)
        for name, addresses in asked.items():
            yield Substitution(f"{instance.name}'s /etc/hosts", name, None, ", ".join(addresses))
    else:
        tempo.commands[instance.name] = command


def _command(workload: Workload, instance: Instance, s3: S3) -> Command:
    if unknown := workload.from_secrets - s3.environment.keys():
        raise SandboxError(f"{instance.component}: the data plane has no Secret for {', '.join(sorted(unknown))}")
    arguments = [replace_text(argument, folders(instance)) for argument in workload.arguments]
    executable = BRIDGE if instance.component == BRIDGE else "tempo"
    of_secrets = {name: value for name, value in s3.environment.items() if name in workload.from_secrets}
    return Command([str(binary(executable)), *arguments], {**workload.environment, **of_secrets})
