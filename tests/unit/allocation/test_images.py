"""Images of Tempo by their tags: Tempo 3 is an error, an untested version a warning, an unknown one nothing."""

import pytest

from allocation import allocate
from settings.images import TEMPO, TEMPO_QUERY, tempo_version
from tests.support.strategies import base_spec, settings_of

DIGEST = f"@sha256:{'0' * 64}"


def found(tempo: str = TEMPO, tempo_query: str = TEMPO_QUERY, *, ui: bool = True) -> list[str]:
    spec = base_spec(jaeger=ui) | {"images": {"tempo": tempo, "tempoQuery": tempo_query}}
    codes = ("tempo-version", "untested-version")
    findings = allocate(settings_of(spec)).findings
    return [f"{f.severity} {f.code} {f.path.removeprefix('spec.images.')}" for f in findings if f.code in codes]


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("docker.io/grafana/tempo:2.10.8", (2, 10)),
        (f"docker.io/grafana/tempo:2.10.8{DIGEST}", (2, 10)),
        ("registry.example.com:5000/grafana/tempo:v2.9.0", (2, 9)),
        ("tempo:2.10.8-amd64", (2, 10)),
        ("bitnami/grafana-tempo:2.8", (2, 8)),
        ("grafana/tempo-query:2.4.1", (2, 4)),
        ("registry.example.com:5000/grafana/tempo", None),
        ("grafana/tempo:main-1a2b3c4", None),
        ("grafana/tempo:latest", None),
        (f"grafana/tempo{DIGEST}", None),
        ("grafana/tempo:3", (3, 0)),
        ("grafana/tempo:v3", (3, 0)),
        ("grafana/tempo:2", None),
        ("corp/tempo:25.3", None),
        ("grafana/tempo:2026.1", None),
        ("registry.redhat.io/rhosdt/tempo-rhel9:3.7", None),
    ],
)
def test_a_tag_tells_the_version_where_it_is_one_of_tempo_s(image: str, version: tuple[int, int] | None) -> None:
    assert tempo_version(image) == version


@pytest.mark.parametrize("tag", ["3.0.3", "v3.1", "4.0.0-rc.1", f"3.0.3{DIGEST}"])
def test_tempo_3_is_an_error_whatever_on_violation_says(tag: str) -> None:
    assert found(f"grafana/tempo:{tag}", ui=False) == ["error tempo-version tempo"]


@pytest.mark.parametrize("tag", ["2.4.1", "2.8.9", "1.5.0", "2.11.0", "latest", "main", "nightly", "2"])
def test_a_version_that_is_not_tested_is_a_warning(tag: str) -> None:
    assert found(f"grafana/tempo:{tag}", ui=False) == ["warning untested-version tempo"]
    assert found("grafana/tempo", ui=False) == ["warning untested-version tempo"]


@pytest.mark.parametrize("image", [TEMPO, "grafana/tempo:2.9.0", "x/tempo:main-1a2b3c4", f"x/tempo{DIGEST}", "x/own"])
def test_a_tested_version_and_one_that_cannot_be_known_have_no_finding(image: str) -> None:
    assert found(image, ui=False) == []


def test_a_bridge_of_another_version_than_tempo_s_is_a_warning_where_it_runs() -> None:
    assert found("grafana/tempo:2.9.0") == ["warning untested-version tempoQuery"]
    assert found("grafana/tempo:2.9.0", ui=False) == []
    assert found("grafana/tempo:2.9.0", "grafana/tempo-query:2.9.3") == []
    assert found("grafana/tempo:2.9.0", f"grafana/tempo-query{DIGEST}") == []
