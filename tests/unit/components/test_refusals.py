"""What the API refuses is one line that says what to do: the object, what was found, the way out."""

import pytest

from components.refusals import TABLE, Refused

CONFLICT = """2 errors occurred:
\t* Server-Side Apply field conflict detected. See https://www.pulumi.com/… for troubleshooting help.
The resource managed by field manager "pulumi-kubernetes-1" had an apply conflict: Apply failed with """


def line(operation: str, said: str, kind: str = "Deployment", *, is_minio: bool = False) -> str | None:
    refused = Refused(kind, "tempo-tmrs-querier", "tempo", is_minio, said)
    return next((row.line(refused) for row in TABLE if operation in row.operations and row.said.search(said)), None)


@pytest.mark.parametrize(
    ("said", "managers", "fields"),
    [
        ('1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas', ["kubectl"], [".spec.replicas"]),
        ('1 conflict: conflict with "kubectl-patch" using v1: .data.bucket', ["kubectl-patch"], [".data.bucket"]),
        (
            '2 conflicts: conflicts with "kubectl-patch" using apps/v1:\n- .spec.paused\n- .spec.replicas',
            ["kubectl-patch"],
            [".spec.paused", ".spec.replicas"],
        ),
    ],
)
def test_a_field_that_somebody_changed_is_named_with_its_manager(
    said: str, managers: list[str], fields: list[str]
) -> None:
    told = line("update", CONFLICT + said)
    assert told is not None
    assert told.startswith("Deployment tempo-tmrs-querier in namespace tempo: ")
    assert all(f"{word}" in told for word in (*managers, *fields))
    assert "PULUMI_K8S_ENABLE_PATCH_FORCE=true" in told
    assert "\n" not in told


@pytest.mark.parametrize(
    "said",
    [
        'secrets "minio" already exists',
        CONFLICT + "1 conflict: …",
        'Secret "minio" is invalid: type: field is immutable',
    ],
)
def test_an_object_that_exists_is_not_taken_over_and_minios_secret_has_a_way_out_of_its_own(said: str) -> None:
    assert "pulumi import" in (line("create", said) or "")
    secret = line("create", said, "Secret", is_minio=True)
    assert secret is not None
    assert "minio.enabled: false" in secret
    assert "spec.storage.secret.name" in secret


def test_a_volume_that_cannot_change_so_is_a_line() -> None:
    said = (
        'persistentvolumeclaims "x" is forbidden: only dynamically provisioned pvc can be resized and the storageclass '
    )
    assert line("update", said + "that provisions the pvc must support resize", "PersistentVolumeClaim")


def test_other_errors_stay_the_providers() -> None:
    assert line("update", "the server is currently unable to handle the request") is None
    assert line("delete", CONFLICT) is None
