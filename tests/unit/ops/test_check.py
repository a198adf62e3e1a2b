"""`python -m ops check`: what there is to say against many files, a line each, in one run."""

import json
import re
from pathlib import Path

import pytest

from tests.support.commands import SEED_GLOBAL, SEED_PER_COMPONENT, ops

LINE = re.compile(r"(?P<file>\S+): (?P<severity>error|warning) (?P<code>\S+) (?P<path>\S+): .+; .+")
MISTAKES = "storage: {secret: {name: minio, type: s3}}\nstorageSize: 2GB\ntemplat: {}\n"


@pytest.fixture
def invalid(tmp_path: Path) -> Path:
    file = tmp_path / "invalid.yaml"
    file.write_text(MISTAKES)
    return file


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    text = SEED_PER_COMPONENT.read_text().replace(
        "resources:\n    total:", "resources:\n    onViolation: error\n    total:"
    )
    file = tmp_path / "refused.yaml"
    file.write_text(text)
    return file


def test_a_file_without_findings_has_no_line() -> None:
    done = ops("check", "--with-minio", SEED_GLOBAL)
    assert (done.code, done.out, done.err) == (0, "1 file: no findings\n", "")


def test_every_finding_and_mistake_is_a_line_that_begins_with_its_file(invalid: Path, refused: Path) -> None:
    done = ops("check", "--with-minio", SEED_PER_COMPONENT, invalid, SEED_GLOBAL, refused)
    *lines, summary = done.out.splitlines()
    found = [form.groupdict() for form in map(LINE.fullmatch, lines) if form]
    assert len(found) == len(lines)
    files = [each["file"] for each in found]
    assert list(dict.fromkeys(files)) == [str(SEED_PER_COMPONENT), str(invalid), str(refused)]
    assert files == sorted(files, key=[str(SEED_PER_COMPONENT), str(invalid), str(refused)].index)
    mistakes = {(each["code"], each["path"]) for each in found if each["file"] == str(invalid)}
    assert mistakes == {("invalid", "spec.storageSize"), ("invalid", "spec.templat")}
    assert {each["severity"] for each in found if each["file"] == str(SEED_PER_COMPONENT)} == {"warning"}
    exceeded = [each for each in found if each["file"] == str(refused) and each["code"] != "below-floor"]
    assert {each["severity"] for each in exceeded} == {"error"}
    assert summary == "4 files: 1 invalid, 4 errors, 6 warnings"
    assert done.err == ""


def test_the_exit_code_is_the_worst_file_s(invalid: Path, refused: Path) -> None:
    assert ops("check", "--with-minio", SEED_PER_COMPONENT, SEED_GLOBAL).code == 0
    assert ops("check", "--with-minio", refused, SEED_GLOBAL).code == 1
    assert ops("check", "--with-minio", refused, invalid, SEED_GLOBAL).code == 2


def test_a_file_that_is_not_there_does_not_stop_the_others(tmp_path: Path) -> None:
    done = ops("check", tmp_path / "none.yaml", SEED_PER_COMPONENT)
    assert done.code == 2
    assert done.out.startswith(f"{tmp_path}/none.yaml: error invalid there is no such file; ")
    assert done.out.count("over-allocated") == 2


def test_as_json_it_says_the_same(invalid: Path, refused: Path) -> None:
    done = ops("check", "--with-minio", SEED_GLOBAL, invalid, refused, "--format", "json")
    shown = json.loads(done.out)
    assert done.code == 2
    assert {key: shown[key] for key in ("invalid", "errors", "warnings")} == {"invalid": 1, "errors": 4, "warnings": 1}
    assert [(each["file"], each["code"]) for each in shown["files"]] == [
        (str(SEED_GLOBAL), 0),
        (str(invalid), 2),
        (str(refused), 1),
    ]
    assert [len(each["mistakes"]) for each in shown["files"]] == [0, 2, 0]
    codes = {finding["code"] for finding in shown["files"][2]["findings"]}
    assert codes == {"over-allocated", "pool-exhausted", "below-floor"}


def test_check_never_loads_the_engine() -> None:
    done = ops("check", "--with-minio", SEED_GLOBAL, python=("-X", "importtime"))
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in done.complaints}
    assert not loaded & {"pulumi", "pulumi_kubernetes", "grpc", "components", "rich"}
