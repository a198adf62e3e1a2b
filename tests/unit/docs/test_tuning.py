"""docs/tuning.md shows real output."""

import re

from tests.support.commands import CASES, PROJECT, SEED_PER_COMPONENT, ops

PAGE = (PROJECT / "docs" / "tuning.md").read_text(encoding="utf-8")


def test_what_the_page_shows_of_go_is_what_the_command_prints() -> None:
    (shown,) = re.findall(r"```text\n(.*?)```", PAGE.partition("## What Go is told")[2], re.DOTALL)
    assert shown in ops("plan", SEED_PER_COMPONENT, "--tuning").out


def test_the_finding_that_the_page_shows_is_what_the_command_prints() -> None:
    section = PAGE.partition("## Your own values")[2]
    (path, *lines) = re.findall(r"```text\n(.*?)\n```", section, re.DOTALL)[0].splitlines()
    out = ops("plan", CASES / "field" / "blocks-beyond-the-plan.yaml").out
    assert f"setting-beyond-plan {path}" in out
    assert "\n".join(lines) in out
