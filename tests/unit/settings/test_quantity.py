"""Quantities: every Kubernetes form is read exactly, and each amount has one printed form."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from kubernetes.utils.quantity import parse_quantity

from settings import Quantity, QuantityError
from settings.quantity import BINARY, DECIMAL, LARGEST, Unit

UNITS: tuple[Unit, ...] = ("cores", "bytes")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("7", 7),
        ("+1", 1),
        ("-3", -3),
        ("5.", 5),
        (".5", Fraction(1, 2)),
        ("007", 7),
        ("0.000000001", Fraction(1, 10**9)),
        ("3n", Fraction(3, 10**9)),
        ("3u", Fraction(3, 10**6)),
        ("250m", Fraction(1, 4)),
        ("4k", 4000),
        ("1.5G", 1_500_000_000),
        ("1E", 10**18),
        ("1E3", 1000),
        ("1e3", 1000),
        ("12e-3", Fraction(12, 1000)),
        ("1E+2", 100),
        ("1e-09", Fraction(1, 10**9)),
        ("1Ki", 1024),
        ("0.1Ki", Fraction(1024, 10)),
        ("1.5Gi", 3 * 2**29),
        ("7Ei", 7 * 2**60),
        ("0e999999999", 0),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_every_form_of_kubernetes_is_read_exactly(text: str, value: Fraction | int) -> None:
    assert Quantity.parse(text).value == value


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "+", "-", "e3", "1e", "1e+", "1e1.5", "--1", "+-1", "1..2", "1.1.1", "NaN", "inf", "Infinity", "Gi"),
        *("1 Gi", " 1", "1 ", "1\n", "1_000", "1,5", "0x10", "1K", "1KI", "1mi", "1ki", "1i", "1gi", "1GB", "1kk"),
        *("1e3Ki", "1e3m", "1µ", "٣", "²"),
    ],
)
def test_what_kubernetes_does_not_know_is_no_quantity(text: str) -> None:
    with pytest.raises(QuantityError, match="is not a Kubernetes quantity"):
        Quantity.parse(text)


@pytest.mark.parametrize("text", ["0.1n", "1e-10", "0.0000000001", "1.0000000001Ki", "1e-150"])
def test_what_kubernetes_would_round_is_refused(text: str) -> None:
    with pytest.raises(QuantityError, match="finer than 1n"):
        Quantity.parse(text)


@pytest.mark.parametrize("text", ["8Ei", "9223372036854775808", "10E", "-10E", "1e19", "1e200"])
def test_what_kubernetes_would_cut_is_refused(text: str) -> None:
    with pytest.raises(QuantityError, match="beyond 2\\^63-1"):
        Quantity.parse(text)


@pytest.mark.parametrize("text", ["1e999999999", "1e-999999999", "1E99999999999999999999999999", "1e0000201"])
def test_a_huge_exponent_is_refused_before_it_is_computed(text: str) -> None:
    with pytest.raises(QuantityError, match="exponent"):
        Quantity.parse(text)


def test_a_text_of_any_length_is_answered() -> None:
    with pytest.raises(QuantityError):
        Quantity.parse("9" * 1_000_000)


@pytest.mark.parametrize(
    ("text", "unit", "printed"),
    [
        ("2000m", "cores", "2"),
        ("0.5", "cores", "500m"),
        ("1500m", "cores", "1500m"),
        ("1e3", "cores", "1k"),
        ("0", "cores", "0"),
        ("0Gi", "bytes", "0"),
        ("-250m", "cores", "-250m"),
        ("1u", "cores", "1u"),
        ("2048Mi", "bytes", "2Gi"),
        ("2147483648", "bytes", "2Gi"),
        ("1.5Gi", "bytes", "1536Mi"),
        ("1013Mi", "bytes", "1013Mi"),
        ("2G", "bytes", "2G"),  # 1953125Ki is the same, and harder to read
        ("15625Mi", "bytes", "15625Mi"),
        ("500", "bytes", "500"),
        ("1025", "bytes", "1025"),
        ("1m", "bytes", "1m"),
    ],
)
def test_it_prints_the_largest_suffix_that_leaves_a_whole_number(text: str, unit: Unit, printed: str) -> None:
    assert str(Quantity.parse(text, unit)) == printed


def test_whole_mebibytes_print_as_binary_up_to_a_tebibyte() -> None:
    """The unit of the allocation never turns into a decimal suffix."""
    for mebibytes in range(1, 2**20, 97):
        assert str(Quantity.of_bytes(mebibytes * 2**20)).endswith("i")


def test_the_suffix_decides_the_unit_where_none_is_given() -> None:
    assert str(Quantity.parse("2048Mi")) == "2Gi"
    assert str(Quantity.parse("2000")) == "2k"
    assert Quantity.parse("2048Mi").unit == "bytes"
    assert Quantity.parse("2000").unit == "cores"


def test_millicores_and_bytes_are_exact() -> None:
    assert Quantity.parse("0.0001").millicores == Fraction(1, 10)
    assert Quantity.of_millicores(521) == Quantity.parse("521m")
    assert Quantity.parse("0.5Ki").bytes == 512
    assert Quantity.of_bytes(2**31) == Quantity.parse("2Gi")
    with pytest.raises(QuantityError):
        Quantity.of_millicores(Fraction(1, 3))


NUMBERS = st.from_regex(r"[+-]?([0-9]{1,9}(\.[0-9]{0,6})?|\.[0-9]{1,6})", fullmatch=True)
SUFFIXES = st.sampled_from([*DECIMAL, *BINARY]) | st.from_regex(r"[eE][+-]?[0-9]{1,2}", fullmatch=True)
AMOUNTS = st.builds(
    Quantity,
    st.integers(min_value=-(10**18), max_value=10**18).map(lambda n: Fraction(n, 10**9))
    | st.integers(min_value=-int(LARGEST), max_value=int(LARGEST)).map(Fraction),
    st.sampled_from(UNITS),
)


def read_by_kubernetes(text: str) -> Fraction:
    with localcontext(prec=200):
        return Fraction(Decimal(parse_quantity(text)))  # type: ignore[no-untyped-call]


@given(number=NUMBERS, suffix=SUFFIXES)
def test_it_reads_what_the_kubernetes_client_reads(number: str, suffix: str) -> None:
    text = number + suffix
    try:
        quantity = Quantity.parse(text)
    except QuantityError:
        theirs = read_by_kubernetes(text)
        assert abs(theirs) > LARGEST or (theirs * 10**9).denominator != 1
    else:
        assert quantity.value == read_by_kubernetes(text)


@given(text=st.text(alphabet="0123456789.+-eEinumkKMGTP", max_size=8))
def test_it_reads_nothing_that_the_kubernetes_client_does_not(text: str) -> None:
    try:
        quantity = Quantity.parse(text)
    except QuantityError:
        return
    assert quantity.value == read_by_kubernetes(text)


@given(quantity=AMOUNTS)
def test_what_it_prints_it_reads_back(quantity: Quantity) -> None:
    assert Quantity.parse(str(quantity), quantity.unit) == quantity
    assert read_by_kubernetes(str(quantity)) == quantity.value


@given(quantity=AMOUNTS, suffix=st.sampled_from([*DECIMAL, *BINARY]))
def test_equal_amounts_are_equal_hash_equally_and_print_equally(quantity: Quantity, suffix: str) -> None:
    scaled = quantity.value / (BINARY | DECIMAL)[suffix]
    with localcontext(prec=200):
        written = f"{Decimal(scaled.numerator) / scaled.denominator:f}"
    assume(len(written) <= 90)
    other = Quantity.parse(written + suffix, quantity.unit)
    assert other == quantity
    assert hash(other) == hash(quantity)
    assert str(other) == str(quantity)


@given(one=AMOUNTS, other=AMOUNTS)
def test_amounts_are_ordered_by_value(one: Quantity, other: Quantity) -> None:
    assert (one < other) == (one.value < other.value)
    assert (one == other) == (one.value == other.value)
