"""Ordinary least squares of a few columns, with what says how good the fit is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean

CONSTANT = "constant"
Row = Mapping[str, float]


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
    """Fits column `y` by a constant and `columns`. Raises ValueError where the rows do not tell these apart."""
    table = [[1.0, *(row[column] for column in columns)] for row in rows]
    values = [row[y] for row in rows]
    size = len(columns) + 1
    left = [[sum(line[i] * line[j] for line in table) for j in range(size)] for i in range(size)]
    right = [sum(line[i] * value for line, value in zip(table, values, strict=True)) for i in range(size)]
    solution = solved(left, right)
    left_over = [
        value - sum(c * x for c, x in zip(solution, line, strict=True))
        for line, value in zip(table, values, strict=True)
    ]
    error, mean = sum(each**2 for each in left_over), fmean(values)
    whole = sum((value - mean) ** 2 for value in values)
    return Fit(
        coefficients=dict(zip((CONSTANT, *columns), solution, strict=True)),
        r_squared=1 - error / whole if whole else 1.0,
        residual=sqrt(error / max(1, len(rows) - size)),
        rows=len(rows),
    )


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
