"""MinIO after a change of its root password: the data stays, the new password opens it, the old one does not."""

import io
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3
from minio import Minio
from minio.error import S3Error

from sandbox.toolchain import binary

USER, BUCKET, DEADLINE_SECONDS = "tempo", "tempo", 60
FIRST, SECOND = "the first p@ssword/%+&", "the second p@ssword/%+&"


@contextmanager
def serving(folder: Path, password: str) -> Iterator[str]:
    """A server of the pinned release on that folder, as the pod starts it; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    variables = {
        "MINIO_ROOT_USER": USER,
        "MINIO_ROOT_PASSWORD": password,
        "MINIO_BROWSER": "off",
        "MINIO_UPDATE": "off",
    }
    command = [str(binary("minio")), "server", str(folder / "data"), f"--address={address}"]
    with (folder / "minio.log").open("ab") as log:
        server = subprocess.Popen(command, env=os.environ | variables | {"HOME": str(folder)}, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not _is_ready(address):
            assert server.poll() is None, (folder / "minio.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()


def _is_ready(address: str) -> bool:
    try:
        return urllib3.request("GET", f"http://{address}/minio/health/ready", retries=False, timeout=5).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def client(address: str, password: str) -> Minio:
    """One that asks again soon: a server that is ready may still refuse the first request, "for a minute"."""
    again = urllib3.Retry(10, backoff_factor=0.1, status_forcelist=[503], respect_retry_after_header=False)
    pool = urllib3.PoolManager(retries=again)
    return Minio(address, access_key=USER, secret_key=password, secure=False, http_client=pool)


def test_the_new_password_opens_what_was_written_under_the_old_one(tmp_path: Path) -> None:
    with serving(tmp_path, FIRST) as address:
        store = client(address, FIRST)
        store.make_bucket(BUCKET)
        store.put_object(BUCKET, "block", io.BytesIO(b"a trace"), 7)
    with serving(tmp_path, SECOND) as address:
        assert client(address, SECOND).get_object(BUCKET, "block").read() == b"a trace"
        with pytest.raises(S3Error) as refused:
            client(address, FIRST).get_object(BUCKET, "block")
        assert refused.value.code == "SignatureDoesNotMatch"
