"""How a cost is shown: the same money in every form, rounded only there, and never cut."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation import Charge, ComponentCost, Cost
from allocation.cost import Bucket
from ops.plan import money
from tests.support.commands import PROJECT, ops
from tests.unit.ops.test_plan import assert_has_form

DOCS = PROJECT / "docs" / "cost.md"
MONEY = {"cpu": (str,), "memory": (str,), "volumes": (str,), "objects": (str,), "total": (str,)}
BOUNDS = {"min": MONEY, "max": MONEY}
COST = {
    "currency": (str,),
    "basis": ("requests", "limits"),
    "bucket": ("counted", "on-minio", "unknown"),
    "components": [{"component": (str,), **BOUNDS}],
    "total": BOUNDS,
}


@pytest.fixture
def documented(tmp_path: Path) -> Path:
    """The stack that docs/cost.md shows."""
    file = tmp_path / "stack.yaml"
    file.write_text(DOCS.read_text(encoding="utf-8").split("```yaml\n", 1)[1].split("```", 1)[0])
    return file


def cost(*amounts: Any, most: Any = 1, bucket: Bucket = "on-minio") -> Cost:
    """Components `a`, `b`… of so much cpu; at the most, that times `most`."""
    charges = [(Charge(cpu=Fraction(amount)), Charge(cpu=Fraction(amount) * most)) for amount in amounts]
    components = [ComponentCost(chr(97 + index), *pair) for index, pair in enumerate(charges)]
    return Cost("EUR", "limits", tuple(components), bucket)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "0.00"),
        ("0.005", "0.00"),
        ("0.015", "0.02"),
        ("1/3", "0.33"),
        ("-1.005", "-1.00"),
        ("1234567", "1234567.00"),
    ],
)
def test_money_has_two_decimals_and_halves_go_to_the_even_cent(amount: str, shown: str) -> None:
    assert money.text(Fraction(amount)) == shown


@given(st.fractions(min_value=-(10**30), max_value=10**30))
def test_what_is_shown_is_the_nearest_cent_however_large(amount: Fraction) -> None:
    assert abs(Fraction(money.text(amount)) - amount) <= Fraction(1, 200)


def test_a_stack_that_does_not_scale_has_one_total() -> None:
    assert money.headings(cost(1)) == ("component", "cpu", "memory", "storage", "total")
    assert money.rows(cost(1, 2))[-1] == ("all", "3.00", "0.00", "0.00", "3.00")


def test_a_stack_that_scales_has_a_total_at_both_bounds() -> None:
    assert money.headings(cost(1, most=2))[-2:] == ("at min", "at max")
    assert money.rows(cost(1, 2, most=2))[-1] == ("all", "3.00", "0.00", "0.00", "3.00", "6.00")


def test_rows_are_rounded_after_they_are_added_up() -> None:
    *parts, whole = money.rows(cost("0.004", "0.004", "0.004"))
    assert [row[-1] for row in parts] == ["0.00", "0.00", "0.00"]
    assert whole[-1] == "0.01"


def test_it_says_so_where_the_bucket_is_not_counted() -> None:
    assert money.note(cost(1, bucket="unknown"))
    assert not money.note(cost(1))


def test_json_has_the_documented_form(documented: Path) -> None:
    found = json.loads(ops("plan", documented, "--format", "json").out)["cost"]
    assert_has_form(found, COST)
    assert [each["component"] for each in found["components"]][-1] in ("minio", "bucket")


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_every_component_and_the_sum_stand_in_the_report(documented: Path, form: str) -> None:
    found = json.loads(ops("plan", documented, "--format", "json").out)["cost"]
    section = ops("plan", documented, "--format", form).out.split("per month of 730 h", 1)[1]
    rows = [line.replace("|", " ").replace("*", "").split() for line in section.splitlines()]
    for name, amounts in [*((each["component"], each) for each in found["components"]), ("all", found["total"])]:
        row = next(row for row in rows if row[:1] == [name])
        assert row[1:3] == [amounts["min"]["cpu"], amounts["min"]["memory"]]
        assert row[4:] == [amounts["min"]["total"], amounts["max"]["total"]]


def test_the_documented_table_is_what_the_command_prints(documented: Path) -> None:
    shown = DOCS.read_text(encoding="utf-8").split("```text\n", 1)[1].split("```", 1)[0]
    printed = ops("plan", documented).out
    assert shown.partition("\n")[2].strip() in printed


def test_the_documented_json_is_what_the_command_prints(documented: Path) -> None:
    example = json.loads(DOCS.read_text(encoding="utf-8").split("```json\n", 1)[1].split("```", 1)[0])
    found = json.loads(ops("plan", documented, "--format", "json").out)["cost"]
    assert example == found | {"components": found["components"][:1]}
