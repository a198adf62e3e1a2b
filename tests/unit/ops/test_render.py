"""What `python -m ops render` prints: the objects the program registers, in apply order, and no secret unless asked."""

import base64
import json
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pulumi
import pytest
import yaml

from ops.mistakes import Mistakes
from ops.render import engine
from ops.render.config import ProgramConfig
from ops.render.objects import APPLY_ORDER, manifests
from ops.render.recording import Registration
from ops.render.recording import Secret as Recorded
from ops.render.secrets import MASK
from ops.render.text import document
from tests.support.commands import SEED_GLOBAL, SEED_PER_COMPONENT, Done, ops
from tests.support.configs import CLIENT_SECRET, COOKIE_KEY, PASSWORD, SECRETS, STACKS, config
from tests.support.recording import Run, Secret

Objects = dict[tuple[str, str], dict[str, Any]]
DERIVED = re.compile(r"checksum/.*(secret|tenants)")  # annotations of pods that read a secret
ALL_SECRETS = (PASSWORD, COOKIE_KEY, CLIENT_SECRET)


def stack_file(folder: Path, stack: str, **changes: Any) -> Path:
    """A stack file with that stack's config, secrets in plain text unless changed."""
    entries = {f"tempostack:{key}": value for key, value in (config(stack) | changes).items() if value is not None}
    path = folder / f"Pulumi.{stack}.yaml"
    path.write_text(yaml.safe_dump({"config": entries}), encoding="utf-8")
    return path


def objects(done: Done) -> Objects:
    assert done.code == 0, done.err
    documents = list(yaml.safe_load_all(done.out))
    by_name = {(each["kind"], each["metadata"]["name"]): each for each in documents}
    assert len(by_name) == len(documents)
    return by_name


def revealed(value: Any) -> Any:
    match value:
        case Secret():
            return revealed(value.value)
        case dict():
            return {key: revealed(item) for key, item in value.items()}
        case list():
            return [revealed(item) for item in value]
    return value


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_rendered_is_what_the_program_registers(
    stack: str, stack_named: Callable[[str], Run], tmp_path: Path
) -> None:
    given = {key: value for key, value in config(stack).items() if key in SECRETS}
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}
    env = {f"PULUMI_CONFIG_TEMPOSTACK_{key.upper()}": value for key, value in texts.items()}
    file = stack_file(tmp_path, stack, **dict.fromkeys(given))
    rendered = objects(ops("render", file, "--show-secrets", env=env))
    registered = {(each.kind, each.object_name): revealed(each.inputs) for each in stack_named(stack).objects}
    assert rendered == registered


@pytest.mark.parametrize("stack", ["seed-per-component", "static", "dev"])
def test_no_secret_stands_anywhere_unless_it_is_asked_for(stack: str, tmp_path: Path) -> None:
    file, folder = stack_file(tmp_path, stack), tmp_path / "objects"
    done, written = ops("render", file), ops("render", file, "-o", folder)
    assert (done.code, written.code) == (0, 0)
    everything = [done.out, done.err, written.out, written.err, *(path.read_text() for path in folder.iterdir())]
    for secret in (*ALL_SECRETS, str(config(stack).get("minioRootPassword", PASSWORD))):
        encoded = [base64.b64encode(b"x" * shift + secret.encode()).decode()[4:-4] for shift in range(3)]
        for form in (secret, quote(secret), quote_plus(secret), *encoded):
            assert not any(form in text for text in everything), form
    for (kind, name), each in objects(done).items():
        if kind == "Secret":
            assert {*each.get("data", {}).values(), *each.get("stringData", {}).values()} == {MASK}, name


@pytest.mark.parametrize("stack", ["seed-per-component", "static"])
def test_masks_change_nothing_but_secrets_and_what_is_derived_from_them(stack: str, tmp_path: Path) -> None:
    file = stack_file(tmp_path, stack)
    masked, shown = objects(ops("render", file)), objects(ops("render", file, "--show-secrets"))
    assert masked.keys() == shown.keys()
    for key in masked:
        if key[0] == "Secret":
            for each in (masked[key], shown[key]):
                each["data"] = sorted(each["data"])
        for each in (masked[key], shown[key]):
            annotations = each.get("spec", {}).get("template", {}).get("metadata", {}).get("annotations", {})
            for name in [name for name in annotations if DERIVED.match(name)]:
                del annotations[name]
        assert masked[key] == shown[key], key


def test_secrets_are_shown_when_asked_for(tmp_path: Path) -> None:
    data = objects(ops("render", stack_file(tmp_path, "seed-global"), "--show-secrets"))["Secret", "minio"]["data"]
    assert base64.b64decode(data["access_key_secret"]).decode() == PASSWORD


def test_a_secret_that_is_nowhere_is_a_line_that_says_where_to_put_it() -> None:
    done = ops("render", SEED_GLOBAL, "--show-secrets", "--with-minio")
    assert (done.code, done.out) == (2, "")
    assert [line.partition(":")[0] for line in done.complaints] == ["gatewayCookieKey", "minioRootPassword"]
    assert "PULUMI_CONFIG_TEMPOSTACK_MINIOROOTPASSWORD" in done.complaints[1]
    assert ops("render", SEED_GLOBAL).code == 0


CIPHER = {"secure": "v1:abcdefgh:ijklmnop"}


def test_an_encrypted_secret_is_masked_and_not_shown_without_being_asked_for(tmp_path: Path) -> None:
    file = stack_file(tmp_path, "seed-global", minioRootPassword=CIPHER)
    assert CIPHER["secure"] not in ops("render", file).out
    done = ops("render", file, "--show-secrets")
    assert (done.code, done.out) == (2, "")
    [line] = done.complaints
    assert line.startswith("minioRootPassword: is encrypted")
    assert "--stack-secrets" in line


def fake_pulumi(folder: Path, script: str) -> dict[str, str]:
    """An environment whose `pulumi` is this Python script."""
    path = folder / "pulumi"
    path.write_text(f"#!{sys.executable}\nimport json, sys\n{script}\n", encoding="utf-8")
    path.chmod(0o700)
    return {"PATH": str(folder)}


def test_an_encrypted_secret_is_read_through_pulumi_when_asked_for(tmp_path: Path) -> None:
    file = stack_file(tmp_path, "seed-global", minioRootPassword=CIPHER)
    values = {"tempostack:minioRootPassword": {"value": PASSWORD, "secret": True}}
    env = fake_pulumi(
        tmp_path,
        f"assert sys.argv[sys.argv.index('--stack') + 1] == 'seed-global', sys.argv\n"
        f"assert sys.argv[sys.argv.index('--config-file') + 1] == {str(file)!r}, sys.argv\n"
        f"print(json.dumps({values!r}))",
    )
    done = ops("render", file, "--show-secrets", "--stack-secrets", env=env)
    assert base64.b64decode(objects(done)["Secret", "minio"]["data"]["access_key_secret"]).decode() == PASSWORD


def test_what_pulumi_says_against_it_is_one_line(tmp_path: Path) -> None:
    file = stack_file(tmp_path, "seed-global", minioRootPassword=CIPHER)
    failing = fake_pulumi(tmp_path, "sys.exit('error: incorrect\\npassphrase')")
    for env, said in ((failing, "error: incorrect passphrase"), ({"PATH": str(tmp_path / "none")}, "not on PATH")):
        done = ops("render", file, "--show-secrets", "--stack-secrets", env=env)
        assert (done.code, done.out, len(done.complaints)) == (2, "", 1)
        assert said in done.err


@pytest.mark.parametrize("stack", ["seed-per-component", "static", "dev"])
def test_what_others_refer_to_comes_first(stack: str, tmp_path: Path) -> None:
    done = ops("render", stack_file(tmp_path, stack))
    kinds = [each["kind"] for each in yaml.safe_load_all(done.out)]
    assert set(kinds) <= set(APPLY_ORDER)
    workload = kinds.index("Deployment")
    supporting = [APPLY_ORDER.index(kind) for kind in kinds[:workload]]
    assert supporting == sorted(supporting)
    assert set(kinds[workload:]) <= {"Deployment", "StatefulSet", "Job"}
    assert ("Namespace" in kinds) == (stack != "static")


def test_a_rendering_is_the_same_every_time(tmp_path: Path) -> None:
    file = stack_file(tmp_path, "seed-per-component")
    assert ops("render", file).out == ops("render", file).out


def test_one_file_per_object(tmp_path: Path) -> None:
    done, folder = ops("render", SEED_PER_COMPONENT, "-o", tmp_path / "new" / "folder"), tmp_path / "new" / "folder"
    assert done.out.split() == [str(path) for path in map(Path, done.out.split())]
    assert {Path(line) for line in done.out.splitlines()} == set(folder.iterdir())
    everything = objects(ops("render", SEED_PER_COMPONENT))
    for (kind, name), each in everything.items():
        path = folder / f"{kind}-{name}.yaml".lower()
        assert yaml.safe_load(path.read_text(encoding="utf-8")) == each
        assert (stat.S_IMODE(path.stat().st_mode) == 0o600) == (kind == "Secret")
    assert len(everything) == len(list(folder.iterdir()))


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = ops("render", SEED_GLOBAL, "--with-minio", "-o", tmp_path / "file" / "folder")
    assert (done.code, done.out, len(done.complaints)) == (2, "", 1)


def test_an_error_among_the_findings_stops_it_and_a_warning_does_not(tmp_path: Path) -> None:
    warned = ops("render", SEED_PER_COMPONENT)
    assert warned.code == 0
    assert warned.complaints
    assert all(line.startswith("warning: ") for line in warned.complaints)
    spec = config("seed-per-component")["spec"]
    spec["resources"]["onViolation"] = "error"
    stopped = ops("render", stack_file(tmp_path, "seed-per-component", spec=spec))
    assert (stopped.code, stopped.out) == (1, "")
    assert any(line.startswith("error: ") and "[over-allocated]" in line for line in stopped.complaints)


def test_text_that_some_yaml_takes_for_something_else_is_quoted() -> None:
    words = [
        "y",
        "N",
        "on",
        "null",
        "~",
        "1234e567",
        "1e3",
        "010",
        "0o17",
        "1_000",
        "12:30",
        ".5",
        "2024-01-01",
        "=",
        "",
    ]
    text = document({"words": words, "number": 5, "ratio": 0.5, "truth": True, "lines": "a\nb\n"})
    assert yaml.safe_load(text)["words"] == words
    assert all(line.startswith(("- '", '- "')) for line in text.splitlines() if line.startswith("- "))
    assert "number: 5\nratio: 0.5\ntruth: true\nlines: |\n  a\n  b\n" in text


def registration(kind: str, name: str, *dependencies: str) -> Registration:
    return Registration(f"urn:{name}", {"kind": kind, "apiVersion": "v1", "metadata": {"name": name}}, dependencies)


def test_an_object_never_precedes_what_it_depends_on() -> None:
    given = [
        registration("Deployment", "app", "urn:job", "urn:elsewhere"),
        registration("Job", "job", "urn:store"),
        registration("Deployment", "store", "urn:claim"),
        registration("PersistentVolumeClaim", "claim"),
        registration("Namespace", "space"),
    ]
    for order in (given, given[::-1]):
        names = [each["metadata"]["name"] for each in manifests(order, show_secrets=False)]
        assert names == ["space", "claim", "store", "job", "app"]


def test_a_pulumi_secret_is_masked_wherever_it_stands() -> None:
    held = {
        "env": [{"name": "A", "value": Recorded("geheim")}],
        "data": Recorded({"key": "geheim", "list": ["geheim"]}),
    }
    given = Registration("urn", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, **held}, ())
    [masked] = manifests([given], show_secrets=False)
    assert (masked["env"], masked["data"]) == ([{"name": "A", "value": MASK}], {"key": MASK, "list": MASK})
    [shown] = manifests([given], show_secrets=True)
    assert (shown["env"][0]["value"], shown["data"]) == ("geheim", {"key": "geheim", "list": ["geheim"]})
    assert list(masked) == ["apiVersion", "kind", "metadata", "data", "env"]


def test_a_secret_s_values_are_masked_whatever_the_program_holds_them_for() -> None:
    inputs = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "geheim"}}
    [masked] = manifests([Registration("urn", inputs, ())], show_secrets=False)
    assert masked["stringData"] == {"a": MASK}


def program(folder: Path, text: str) -> Path:
    path = folder / "__main__.py"
    path.write_text(f"import pulumi\n{text}\n", encoding="utf-8")
    return path


NO_CONFIG = ProgramConfig("dev", {"tempostack:name": "x"}, frozenset())


def test_a_program_that_fails_as_pulumi_programs_do_is_lines(tmp_path: Path) -> None:
    failing = program(tmp_path, "pulumi.log.error('first')\nraise pulumi.RunError('second\\nthird')")
    with pytest.raises(Mistakes) as caught:
        engine.run(NO_CONFIG, failing)
    assert caught.value.lines == ("first", "second", "third")


def test_a_program_that_only_logs_an_error_has_failed_too(tmp_path: Path) -> None:
    with pytest.raises(Mistakes):
        engine.run(NO_CONFIG, program(tmp_path, "pulumi.log.error('no')"))


def test_what_the_program_warns_of_is_kept_and_nothing_else_stays(tmp_path: Path) -> None:
    warning = program(tmp_path, "pulumi.log.info('hm')\npulumi.log.warn(pulumi.Config('tempostack').require('name'))")
    before = (pulumi.get_project(), pulumi.get_stack(), pulumi.Config("tempostack").get("name"))
    assert engine.run(NO_CONFIG, warning).warnings == ["x"]
    assert engine.run(NO_CONFIG, warning).warnings == ["x"]
    assert (pulumi.get_project(), pulumi.get_stack(), pulumi.Config("tempostack").get("name")) == before
