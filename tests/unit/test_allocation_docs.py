"""docs/allocation.md says what the code does: its example is real, its tables are the code's."""

import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

from allocation.coefficients import COMPONENTS, NEEDS
from allocation.findings import SEVERITIES
from allocation.profiles import MEASURED, OPERATOR, OPERATOR_WITH_GATEWAY, PRODUCTION_PODS
from allocation.sizes import SIZES
from allocation.units import MIB
from settings import Quantity

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "allocation.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_example_is_real_output(tmp_path: Path) -> None:
    example, output = re.findall(r"```(?:yaml|text)\n(.*?)\n```", PAGE, re.DOTALL)
    file = tmp_path / "spec.yaml"
    file.write_text(example)
    command = [sys.executable, "-m", "ops", "plan", str(file)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.rstrip() == output


def test_the_table_of_weights_is_the_codes() -> None:
    for container, *cells in rows("Profiles"):
        name = container.replace("-", "_")
        for table, cell in zip((OPERATOR_WITH_GATEWAY, OPERATOR, PRODUCTION_PODS, MEASURED), cells, strict=True):
            weights = tuple(map(Fraction, re.findall(r"[0-9.]+", cell)))
            assert weights == table.get(name, ())
    assert len(rows("Profiles")) == len(OPERATOR_WITH_GATEWAY)


def test_the_table_of_sizes_is_the_codes() -> None:
    sizes = {size: table for size, table in SIZES.items() if table.requests}
    *containers, (_, *rates) = rows("T-shirt sizes")
    assert [Fraction(rate) * 10**6 for rate in rates] == [s.ingest and s.ingest.rate_bytes for s in sizes.values()]
    for container, *cells in containers:
        for size, cell in zip(sizes.values(), cells, strict=True):
            cpu, memory, *replicas = re.split(", | × ", cell)
            found = int(Quantity.parse(cpu).millicores), int(Quantity.parse(memory).bytes)
            assert found == size.requests[container.replace("-", "_")]
            assert replicas == [str(size.replicas[each]) for each in (container,) if each in size.replicas]
    assert len(containers) == len(SIZES["1x.medium"].requests)


def test_the_table_of_coefficients_is_the_codes() -> None:
    table = [row for row in rows("Sizing from load") if len(row) == 5]
    for component, carries, cpu, memory, _ in table:
        coefficients, need = COMPONENTS[component], NEEDS[component.replace("-", "_")]
        rate, *queries = re.findall(r"([0-9.]+) (?:MB|queries)/s", carries)
        assert Fraction(rate) == coefficients.megabytes_per_replica
        assert [Fraction(each) for each in queries] == [q for q in (coefficients.queries_per_replica,) if q]
        assert coefficients.copied == ("of copies" in carries)
        assert (f"at least {coefficients.at_least} replicas" in carries) == (coefficients.at_least > 1)
        assert Quantity.parse(cpu).millicores == need.cpu_millicores
        number, unit = memory.split()
        count = int(number) * {"GB": 10**9, "MiB": MIB}[unit]
        assert count <= need.memory_bytes < count + MIB
    assert {component for component, *_ in table} == set(COMPONENTS)


def test_the_table_of_findings_has_every_code_and_its_severity() -> None:
    assert {code.strip("`"): severity for code, severity, *_ in rows("Findings")} == dict(SEVERITIES)
