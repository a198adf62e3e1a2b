"""Least squares of a few columns, of which none can cost less than nothing, with what says how good the fit is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import fmean

CONSTANT = "constant"
Row = Mapping[str, float]
_TINY = 1e-9  # of the coefficients' own size: less than nothing by so little is nothing


@dataclass(frozen=True)
class Fit:
    """`y` ≈ Σ coefficient × column; CONSTANT is the coefficient of 1."""

    coefficients: Mapping[str, float]
    r_squared: float  # 1 where nothing of y is left to explain
    residual: float  # standard deviation of what the fit leaves, in y's unit, for the degrees of freedom that are left
    rows: int

    def at(self, row: Row) -> float:
        """What the fit says for these columns."""
        return sum(value * (1 if name == CONSTANT else row[name]) for name, value in self.coefficients.items())


def fitted(rows: Sequence[Row], y: str, columns: Sequence[str]) -> Fit:
    """Fits column `y` by a constant and `columns`, by ordinary least squares with no coefficient below 0.

    Such a fit is the ordinary one of those columns that cost something; there are few enough to try all sets of them.
    Raises ValueError where the rows do not tell the columns apart.
    """
    names = (CONSTANT, *columns)
    table = [[1.0, *(row[column] for column in columns)] for row in rows]
    values = [row[y] for row in rows]
    _ordinary(table, values, range(len(names)))  # raises
    error, solution = min(_not_negative(table, values, len(names)), key=lambda found: found[0])
    mean = fmean(values)
    whole = sum((value - mean) ** 2 for value in values)
    return Fit(
        coefficients=dict(zip(names, solution, strict=True)),
        r_squared=1 - error / whole if whole else 1.0,
        residual=sqrt(error / max(1, len(rows) - len(names))),
        rows=len(rows),
    )


def _not_negative(
    table: Sequence[Sequence[float]], values: Sequence[float], size: int
) -> Iterator[tuple[float, list[float]]]:
    """(sum of squares left, coefficients) of every set of columns whose ordinary fit has none below 0."""
    yield sum(value**2 for value in values), [0.0] * size
    for count in range(1, size + 1):
        for chosen in combinations(range(size), count):
            solution = [0.0] * size
            for column, value in zip(chosen, _ordinary(table, values, chosen), strict=True):
                solution[column] = value
            if min(solution) >= -_TINY * max(map(abs, solution)):
                solution = [max(0.0, value) for value in solution]
                yield _left(table, values, solution), solution


def _left(table: Sequence[Sequence[float]], values: Sequence[float], solution: Sequence[float]) -> float:
    said = (sum(c * x for c, x in zip(solution, line, strict=True)) for line in table)
    return sum((value - guess) ** 2 for value, guess in zip(values, said, strict=True))


def _ordinary(table: Sequence[Sequence[float]], values: Sequence[float], chosen: Sequence[int]) -> list[float]:
    """The coefficients of the chosen columns, by the normal equations. Raises ValueError."""
    left = [[sum(line[i] * line[j] for line in table) for j in chosen] for i in chosen]
    right = [sum(line[i] * value for line, value in zip(table, values, strict=True)) for i in chosen]
    return solved(left, right)


def solved(left: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """x of left · x = right, by Gauss with pivots. Raises ValueError where there is not one x."""
    size = len(right)
    rows = [[*line, value] for line, value in zip(left, right, strict=True)]
    scale = max((abs(value) for line in left for value in line), default=0.0)
    for i in range(size):
        pivot = max(range(i, size), key=lambda j: abs(rows[j][i]))
        if abs(rows[pivot][i]) <= 1e-12 * scale:
            raise ValueError("the rows do not tell the columns apart: measure at more rates, sizes or queries")
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for j in range(size):
            if j != i:
                factor = rows[j][i] / rows[i][i]
                rows[j] = [a - factor * b for a, b in zip(rows[j], rows[i], strict=True)]
    return [rows[i][size] / rows[i][i] for i in range(size)]
