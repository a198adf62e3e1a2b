"""What the plan finds in files of real users, by code, severity, path and figures."""

import pytest

from allocation import Finding, allocate
from settings import load_file
from tests.support.commands import CASES, ops

FIELD = CASES / "field"
CUT = "spec.extraConfig.tempo.ingester.max_block_duration"
UI = "spec.template.queryFrontend.jaegerQuery"


def found(name: str) -> dict[str, Finding]:
    return {finding.code: finding for finding in allocate(load_file(FIELD / f"{name}.yaml")).findings}


@pytest.mark.parametrize(
    ("name", "code", "severity", "path"),
    [
        ("route-to-jaeger-ui", "open-ui", "warning", f"{UI}.ingress"),
        ("image-of-tempo-3", "tempo-version", "error", "spec.images.tempo"),
        ("blocks-beyond-the-plan", "setting-beyond-plan", "warning", CUT),
        ("aws-endpoint-with-scheme", "storage-plaintext", "warning", "spec.storage.tls.enabled"),
    ],
)
def test_a_file_of_a_real_user_has_its_finding(name: str, code: str, severity: str, path: str) -> None:
    finding = found(name)[code]
    assert (finding.severity, finding.path) == (severity, path)


def test_blocks_of_an_hour_name_the_memory_they_take_and_what_fits() -> None:
    finding = found("blocks-beyond-the-plan")["setting-beyond-plan"]
    assert all(figure in finding.message for figure in ("1h", "2160Mi", "173Mi", "1Gi"))
    assert "4m or less" in finding.remedy
    assert "11008Mi" in finding.remedy


def test_tempo_3_is_refused_by_the_exit_code_and_its_remedy_is_the_pinned_image() -> None:
    assert ops("check", FIELD / "image-of-tempo-3.yaml").code == 1
    assert "tempo:2.10.8" in found("image-of-tempo-3")["tempo-version"].remedy


def test_the_remedy_of_a_route_to_the_ui_is_openshift_s_login() -> None:
    assert f"{UI}.authentication: {{}}" in found("route-to-jaeger-ui")["open-ui"].remedy


def test_the_remedy_of_a_store_in_plain_http_names_its_secret() -> None:
    assert "aws-s3" in found("aws-endpoint-with-scheme")["storage-plaintext"].remedy
