"""Bandwidth: said once or per component, it stands where it is read, on the pods."""

from pathlib import Path
from typing import Any

import pytest

from settings import load_file
from settings.network import Bandwidth
from tests.support.commands import ops
from tests.support.configs import changed
from tests.support.recording import Run

INGRESS, EGRESS = "kubernetes.io/ingress-bandwidth", "kubernetes.io/egress-bandwidth"
SEED = {INGRESS: "100M", EGRESS: "100M"}  # as on the seed's NetworkPolicy


def bandwidths(run: Run) -> dict[str, tuple[str | None, str | None]]:
    """Component -> what its pods' annotations say of receiving and sending."""
    found = {}
    for name, workload in run.workloads.items():
        annotations = workload.pod["metadata"].get("annotations", {})
        found[name.removeprefix("tempo-tmrs-")] = (annotations.get(INGRESS), annotations.get(EGRESS))
    return found


@pytest.mark.parametrize(
    ("key", "value"), [("annotations", SEED), ("bandwidth", {"ingress": "100M", "egress": 100_000_000})]
)
def test_what_is_said_of_all_pods_stands_on_all_but_the_job_that_could_not_be_changed(key: str, value: Any) -> None:
    found = bandwidths(changed("prod", f"spec.networkPolicy.{key}", value))
    assert found.pop("minio-bucket") == (None, None)
    assert set(found.values()) == {("100M", "100M")}
    assert len(found) == 7


def test_whoever_writes_them_as_annotations_is_told_where_they_went() -> None:
    said = [line for line in changed("dev", "spec.networkPolicy.annotations", SEED).warnings if "annotation" in line]
    assert said == [
        "spec.networkPolicy.annotations: nothing reads a bandwidth on a NetworkPolicy, so it stands on the stack's "
        "pods [moved-annotation]; "
        "write spec.networkPolicy.bandwidth: {ingress: 100M, egress: 100M} instead, which says so"
    ]
    run = changed("dev", "spec.networkPolicy.bandwidth", {"ingress": "100M"})
    assert not [line for line in run.warnings if "annotation" in line]


def test_no_annotation_of_the_pods_stands_on_a_network_policy() -> None:
    run = changed("dev", "spec.networkPolicy.annotations", SEED)
    assert not any({INGRESS, EGRESS} & each.inputs["metadata"].get("annotations", {}).keys() for each in run.objects)


def test_a_component_says_one_direction_and_keeps_the_other() -> None:
    for block in ("bandwidth", "component.bandwidth"):
        one = changed("dev", f"spec.template.querier.{block}", {"ingress": "50M"})
        assert bandwidths(one)["querier"] == ("50M", None)
        assert bandwidths(one)["ingester"] == (None, None)
    minio = bandwidths(changed("dev", "minio.bandwidth", {"egress": "1G"}))
    assert minio["minio"] == (None, "1G")
    own, everywhere = load("ingress: 50M"), load("ingress: 100M, egress: 1.5M")
    assert (str(own.over(everywhere).ingress), str(own.over(everywhere).egress)) == ("50M", "1500k")


@pytest.mark.parametrize("least_or_most", ["1k", "1000", "1P", "1e15"])
def test_the_bounds_of_kubernetes_are_inside_them(least_or_most: str) -> None:
    assert load(f"ingress: {least_or_most}").ingress is not None


def test_a_diff_says_whose_pods_restart_for_it() -> None:
    files = (Path("old.yaml"), Path("new.yaml"))
    for file, rate in zip(files, ("50M", "60M"), strict=True):
        querier = f"{{querier: {{bandwidth: {{egress: {rate}}}}}}}"
        file.write_text(f"storage: {{secret: {{name: minio}}}}\ntemplate: {querier}\n")
    said = ops("diff", *(file.resolve() for file in files)).out
    assert f"restarts   querier ({EGRESS})\n" in said


def load(bandwidth: str) -> Bandwidth:
    file = Path("bandwidth.yaml")
    file.write_text(f"storage: {{secret: {{name: minio}}}}\nnetworkPolicy: {{bandwidth: {{{bandwidth}}}}}\n")
    return load_file(str(file)).spec.network_policy.pod_bandwidth


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
