"""docs/allocation.md says what the code does: its example is real, its tables are the code's."""

import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

from allocation import measured
from allocation.codes import CODES
from allocation.coefficients import (
    BLOCKS,
    COMPONENTS,
    COMPRESSION,
    CPU_LIMIT,
    MEMORY_LIMIT,
    NEEDS,
    UTILISATION,
    VOLUME_MARGIN,
)
from allocation.floors import TEMPO, floor_of
from allocation.plan import SIDES
from allocation.profiles import MEASURED, MEASURED_ENOUGH, OPERATOR, OPERATOR_WITH_GATEWAY, PRODUCTION_PODS
from allocation.sizes import SIZES
from allocation.units import MIB
from bench.splits import CONTAINERS
from settings import Quantity

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "allocation.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def decimal(value: Fraction) -> str:
    return f"{float(value):g}"


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
        for table, cell in zip((MEASURED, OPERATOR_WITH_GATEWAY, OPERATOR, PRODUCTION_PODS), cells, strict=True):
            weights = tuple(map(Fraction, re.findall(r"[0-9.]+", re.sub(r", from .* on [0-9.]+", "", cell))))
            assert weights == table.get(name, ())
        said = re.findall(r", from (\d+)m on ([0-9.]+) /", cells[0])
        enough = MEASURED_ENOUGH.get(name)
        assert said == ([(str(enough.amount), decimal(enough.weight))] if enough else [])
    assert len(rows("Profiles")) == len(OPERATOR_WITH_GATEWAY)


def test_what_is_enough_for_who_answers_queries_is_the_codes() -> None:
    section = " ".join(PAGE.split("## Profiles\n", 1)[1].split("\n## ", 1)[0].split())
    querier, frontend = (MEASURED_ENOUGH[name] for name in ("querier", "query_frontend"))
    assert f"{querier.amount}m is enough for a querier, {frontend.amount}m for a query frontend" in section
    assert all(2 * enough.weight == MEASURED[name][0] for name, enough in MEASURED_ENOUGH.items())
    before = sum(MEASURED[name][0] for name in CONTAINERS)
    whole = sum(MEASURED_ENOUGH[name].weight if name in MEASURED_ENOUGH else MEASURED[name][0] for name in CONTAINERS)
    grows = {(e.amount * before / MEASURED[n][0], e.amount * whole / e.weight) for n, e in MEASURED_ENOUGH.items()}
    assert grows == {(Fraction(500), Fraction(855))}
    assert "while the total grows from 500m to 855m" in section
    assert (
        f"get {float(100 * querier.weight / whole):.1f} % and {float(100 * frontend.weight / whole):.1f} %" in section
    )


def test_the_table_of_floors_is_the_codes() -> None:
    for component, *cells in rows("Floors"):
        container = {"any other": "another", "tempo-query": "tempo-query"}.get(component, TEMPO)
        cpu, limit, request = (Quantity.parse(cell) for cell in cells)
        assert all(cpu.millicores == floor_of(component, container, side, "cpu") for side in SIDES)
        assert limit.bytes == floor_of(component, container, "limits", "memory")
        assert request.bytes == floor_of(component, container, "requests", "memory")
    components = [each for each in COMPONENTS if each != "gateway"]
    assert [row[0] for row in rows("Floors")] == [*components, "tempo-query", "any other"]


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


def sourced(cell: str) -> list[tuple[str, str]]:
    """`10 MB/s (Tempo); 2 (ours)` as what it says, part by part, each with its source."""
    return re.findall(r"([^;() ][^;()]*) \((\w+)\)", cell)


def test_the_table_of_coefficients_is_the_codes() -> None:
    table = [row for row in rows("Sizing from load") if len(row) == 4 and row[0] in COMPONENTS]
    for name, carries, cpu, memory in table:
        component, need = COMPONENTS[name], NEEDS[name.replace("-", "_")]
        given = [(component.rate, " of copies" if component.copied else "")]
        given += [(component.queries, " on top")] if component.queries else []
        assert sourced(carries) == [(f"{decimal(c.value)} {c.unit}{more}", c.source) for c, more in given]
        assert (f"at least {component.at_least} replicas" in carries) == (component.at_least > 1)
        on_top = [(f"{need.query.value}m on top for each query/s", need.query.source)] if need.query else []
        needed = (str(Quantity.of_millicores(int(need.cpu.value))), need.cpu.source)
        assert sourced(cpu) == [needed, *on_top]
        ((amount, source),) = sourced(memory)
        number, unit = amount.split()
        count = int(number) * {"GB": 10**9, "MiB": MIB}[unit]
        assert count <= need.memory.value < count + MIB
        assert source == need.memory.source
    assert {name for name, *_ in table} == set(COMPONENTS)


def test_the_table_of_general_coefficients_is_the_codes() -> None:
    general = (UTILISATION, CPU_LIMIT, MEMORY_LIMIT, BLOCKS, COMPRESSION, VOLUME_MARGIN)
    _, _, *table = (tuple(row[1:]) for row in rows("Sizing from load") if len(row) == 3)
    assert table == [(f"{decimal(c.value)} {c.unit}", c.source) for c in general]


def test_what_was_measured_is_said_as_it_is_in_the_code() -> None:
    figures = (
        f"{measured.DISTRIBUTOR_BYTES_PER_MILLICORE:,} bytes/s for each millicore of a distributor",
        f"{measured.INGESTER_BYTES_PER_MILLICORE:,} of an ingester",
        f"{measured.QUERY_FRONTEND_MICROSECONDS_PER_QUERY // 1000} ms of the query frontend",
        f"{measured.QUERIER_MICROSECONDS_PER_QUERY // 1000} ms of the querier",
        f"{measured.INGESTER_MICROSECONDS_PER_QUERY // 1000} ms of each ingester",
    )
    assert [figure for figure in figures if figure not in PAGE.replace("\n  ", " ")] == []


def test_the_table_of_findings_has_every_code_and_its_severity() -> None:
    assert {code.strip("`"): severity for code, severity, *_ in rows("Findings")} == {
        code: meaning.severity for code, meaning in CODES.items()
    }
