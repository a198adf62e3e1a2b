"""Durations as Go writes them: parsed exactly and printed in one canonical form."""

import re
from fractions import Fraction

# Nanoseconds in each unit Go knows, largest first: https://pkg.go.dev/time#ParseDuration
NANOSECONDS = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "µs": 10**3, "ns": 1}
LARGEST = 2**63 - 1  # nanoseconds, some 292 years
LONGEST_TEXT = 100
NO_DURATION = "0s"  # only where a key says so

PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")


def canonical_duration(text: str) -> str:
    """The shortest Go form of a positive duration: `48h`, `1h30m`, `1.5s`. Raises ValueError, with what is wrong."""
    return _shortest(nanoseconds(text))


def nanoseconds(text: str) -> int:
    """A positive duration in whole nanoseconds, rounded down. Raises ValueError, with what is wrong."""
    parts = PART.findall(text) if len(text) <= LONGEST_TEXT else []
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError("is not a duration")
    exact = sum(Fraction(number) * NANOSECONDS[unit] for number, unit in parts)
    if exact < 1:
        raise ValueError("is no time at all")
    if exact > LARGEST:
        raise ValueError("is longer than a duration can be")
    return int(exact)


def length(written: object) -> int:
    """Nanoseconds; 0 for none, and -1 for what is no duration, which the field says."""
    try:
        return nanoseconds(written) if isinstance(written, str) else -1
    except ValueError as error:
        return 0 if "no time" in str(error) else -1


def _shortest(whole: int) -> str:
    """Hours, minutes and decimal seconds, each left out when zero; below a second, the largest unit that is whole."""
    if whole < NANOSECONDS["s"]:
        unit = next(u for u in ("ms", "us", "ns") if whole % NANOSECONDS[u] == 0)
        return f"{whole // NANOSECONDS[unit]}{unit}"
    hours, rest = divmod(whole, NANOSECONDS["h"])
    minutes, rest = divmod(rest, NANOSECONDS["m"])
    seconds, rest = divmod(rest, NANOSECONDS["s"])
    fraction = f".{rest:09}".rstrip("0") if rest else ""
    return "".join(
        [
            f"{hours}h" if hours else "",
            f"{minutes}m" if minutes else "",
            f"{seconds}{fraction}s" if seconds or rest else "",
        ]
    )
