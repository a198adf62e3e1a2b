"""Limits at which next to nothing gets through are warned of."""

from typing import Any

import pytest

from allocation import Plan, allocate
from settings import Settings
from tests.unit.allocation.test_tuning import settings_of, with_dev


def low(settings: Settings) -> list[str]:
    plan: Plan = allocate(settings)
    return [f"{f.severity} {f.path}: {f.message}; {f.remedy}" for f in plan.findings if f.code == "limit-too-low"]


@pytest.mark.parametrize("place", ["global", "perTenant.dev"])
@pytest.mark.parametrize(
    ("key", "least"), [("ingestionBurstSizeBytes", 4_194_304), ("ingestionRateLimitBytes", 100_000)]
)
def test_a_limit_of_the_user_s_below_what_is_of_use_is_warned_of(place: str, key: str, least: int) -> None:
    def found(value: int) -> list[str]:
        own = {"ingestion": {key: value}}
        limits = {"global": own} if place == "global" else {"perTenant": {"dev": own}}
        return low(with_dev(limits, 4096))

    assert found(least) == []
    [finding] = found(least - 1)
    assert finding.startswith(f"warning spec.limits.{place}.ingestion.{key}: {least - 1} for ingestion.")
    assert finding.endswith(f"; write {least} or more")


def test_the_remedy_of_a_low_limit_is_never_more_than_the_stack_carries() -> None:
    """Or there would be no value at all that nobody warns of."""

    def found(value: int) -> list[str]:
        findings = allocate(with_dev({"global": {"ingestion": {"ingestionRateLimitBytes": value}}}, 160)).findings
        return [f.remedy.split(",")[0] for f in findings if f.code in ("limit-too-low", "limit-above-plan")]

    assert found(69_904) == ["write 69905 or more"]
    assert found(69_905) == []
    assert found(69_906) == ["write 69905 or less"]


@pytest.mark.parametrize(
    "section", [{"compactor": {"compaction": {"max_block_bytes": 0}}}, {"ingester": {"max_block_bytes": 0}}]
)
def test_blocks_of_no_size_are_warned_of(section: dict[str, Any]) -> None:
    [finding] = low(settings_of(extraConfig={"tempo": section}))
    assert "max_block_bytes: with 0 " in finding
