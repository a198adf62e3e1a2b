"""What lies in the bucket of a running data plane, asked over S3."""

import json
from typing import Any

from minio import Minio

from sandbox.tempo_processes import Tempo

SINGLE_TENANT = "single-tenant"  # the tenant of everyone where multi-tenancy is off


def blocks(tempo: Tempo) -> list[dict[str, Any]]:
    """The meta.json of every finished block."""
    client = Minio(tempo.s3.address, access_key=tempo.s3.access_key, secret_key=tempo.s3.secret_key, secure=False)
    names = [item.object_name for item in client.list_objects(tempo.s3.bucket, f"{SINGLE_TENANT}/", recursive=True)]
    return [_read(client, tempo.s3.bucket, name) for name in names if name and name.endswith("/meta.json")]


def _read(client: Minio, bucket: str, name: str) -> dict[str, Any]:
    response = client.get_object(bucket, name)
    try:
        content: dict[str, Any] = json.loads(response.read())
        return content
    finally:
        response.close()
        response.release_conn()
