"""docs/tuning.md has every setting that a plan can come to, and none that it cannot."""

import re

from allocation import allocate
from allocation.review.low_settings import BOUNDS
from allocation.tuning.costs import COSTS
from tests.support.commands import CASES, PROJECT, SEED_PER_COMPONENT, ops
from tests.unit.allocation.test_tuning import limited

PAGE = (PROJECT / "docs" / "tuning.md").read_text(encoding="utf-8")
RECEIVERS = "distributor.receivers.otlp.protocols"


def test_the_page_has_every_key_and_no_other() -> None:
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    written = {key.replace("….otlp.protocols", RECEIVERS) for row in rows for key in re.findall(r"`([^`]+)`", row)}
    limits = {"global": {"ingestion": {"maxBytesPerTrace": 10**8}}}  # larger answers than Tempo's own let through
    smallest = allocate(limited(10, 64, storageSize="1Gi", limits=limits)).tuning
    assert written == {setting.key for setting in smallest}


def test_what_the_page_shows_of_go_is_what_the_command_prints() -> None:
    (shown,) = re.findall(r"```text\n(.*?)```", PAGE.partition("## What Go is told")[2], re.DOTALL)
    assert shown in ops("plan", SEED_PER_COMPONENT, "--tuning").out


def test_the_tables_of_the_user_s_own_values_are_the_codes() -> None:
    section = PAGE.partition("## Your own values")[2].partition("\n## ")[0]
    first, second = (table.split("| --- | --- | --- |")[1] for table in section.split("| component | key |")[1:])
    for table, rows in ((first, COSTS), (second, BOUNDS)):
        assert re.findall(r"^\| ([a-z-]+) \| `([^`]+)`", table, re.MULTILINE) == list(
            dict.fromkeys((row.component, row.key) for row in rows)
        )


def test_the_finding_that_the_page_shows_is_what_the_command_prints() -> None:
    section = PAGE.partition("## Your own values")[2]
    (path, *lines) = re.findall(r"```text\n(.*?)\n```", section, re.DOTALL)[0].splitlines()
    out = ops("plan", CASES / "field" / "blocks-beyond-the-plan.yaml").out
    assert f"setting-beyond-plan {path}" in out
    assert "\n".join(lines) in out
