"""What lies in the bucket of a running data plane, asked over S3 and of tempo-cli."""

import json
import subprocess
from typing import Any

from minio import Minio
from minio.error import S3Error

from sandbox.load import flush
from sandbox.tempo_processes import Tempo
from tests.support.dataplane.companions import companion
from tests.support.dataplane.traces import Trace, eventually, new_trace, push_over_grpc

SINGLE_TENANT = "single-tenant"  # the tenant of everyone where multi-tenancy is off


def blocks(tempo: Tempo, tenant: str = SINGLE_TENANT) -> list[dict[str, Any]]:
    """The meta.json of every finished block of the tenant's that was not compacted yet."""
    client = _client(tempo)
    metas = (_read(client, tempo.s3.bucket, n) for n in _names(client, tempo, tenant) if n.endswith("/meta.json"))
    return [meta for meta in metas if meta]


def folders(tempo: Tempo, tenant: str = SINGLE_TENANT) -> set[str]:
    """The ids of the tenant's blocks of which anything is left, compacted ones too."""
    names = _names(_client(tempo), tempo, tenant)
    return {block for _, block, *rest in (name.split("/") for name in names) if rest}


def tempo_cli(tempo: Tempo, *arguments: str) -> str:
    """What tempo-cli prints of the bucket, as an ingester's own file and the Secret's keys open it."""
    ingester = tempo.instances[tempo.named("ingester")[0]]
    store = {
        "config-file": str(ingester.folder / "conf" / "ingester.yaml"),
        "backend": "s3",
        "bucket": tempo.s3.bucket,
        "s3-endpoint": tempo.s3.address,
        "s3-user": tempo.s3.access_key,
        "s3-pass": tempo.s3.secret_key,
    }
    command = [str(companion("tempo-cli")), *arguments, *(f"--{flag}={value}" for flag, value in store.items())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def listed(tempo: Tempo, tenant: str = SINGLE_TENANT) -> dict[str, tuple[int, int]]:
    """Block's id -> (compaction level, traces in it), in the words of `tempo-cli list blocks`."""
    lines = tempo_cli(tempo, "list", "blocks", tenant).splitlines()
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines if line.startswith("|")]
    head = [cell.lower() for cell in rows[0]]
    at_id, at_level, at_objects = (head.index(name) for name in ("id", "lvl", "objects"))
    return {row[at_id]: (int(row[at_level]), int(row[at_objects])) for row in rows[1:] if len(row) == len(head)}


def _client(tempo: Tempo) -> Minio:
    return Minio(tempo.s3.address, access_key=tempo.s3.access_key, secret_key=tempo.s3.secret_key, secure=False)


def _names(client: Minio, tempo: Tempo, tenant: str) -> list[str]:
    objects = client.list_objects(tempo.s3.bucket, f"{tenant}/", recursive=True)
    return [item.object_name for item in objects if item.object_name]


def _read(client: Minio, bucket: str, name: str) -> dict[str, Any] | None:
    """The JSON of an object; None where it has gone since it was listed."""
    try:
        response = client.get_object(bucket, name)
    except S3Error as error:
        if error.code == "NoSuchKey":
            return None
        raise
    try:
        content: dict[str, Any] = json.loads(response.read())
        return content
    finally:
        response.close()
        response.release_conn()


def flushed_trace(tempo: Tempo) -> Trace:
    """A trace that was pushed and flushed: a block of the bucket has it."""
    trace = new_trace()
    push_over_grpc(tempo, trace)
    flush(tempo)
    eventually("a block in the bucket", lambda: blocks(tempo))
    return trace
