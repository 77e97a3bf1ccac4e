"""Parses and formats quantities as Kubernetes writes them, and formats durations. ``kit.times`` parses durations and times.

Parsing raises ValueError, which says what is expected. Parsing a formatted amount returns the same amount.
The suffixes are those of Kubernetes' resource.Quantity: n u m, k M G T P E, Ki Mi Gi Ti Pi Ei, or a decimal exponent.
"""

import math
import re
from fractions import Fraction
from functools import lru_cache

from k8sconsole.kit.times import SECONDS_PER_UNIT

_QUANTITY = re.compile(r"([+-]?)(\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:([eE][+-]?\d{1,3})|([numkMGTPE]i?|Ki)?)")
_SCALES: dict[str, Fraction] = {"": Fraction(1), "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000)}
_SCALES |= {unit: Fraction(1000**power) for power, unit in enumerate("kMGTPE", 1)}
_SCALES |= {f"{unit}i": Fraction(1024**power) for power, unit in enumerate("KMGTPE", 1)}

_DECIMAL_UNITS = dict(enumerate(("n", "u", "m", "", "k", "M", "G", "T", "P", "E"), -3))
_DECIMAL_EXPONENTS = {unit: 3 * power for power, unit in _DECIMAL_UNITS.items()}
_BINARY_UNITS = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_BINARY = tuple((1024**power, f"{unit}i") for power, unit in reversed(list(enumerate("KMGTPE", 1))))


@lru_cache(maxsize=4096)
def parse_quantity(text: str) -> Fraction:
    """The exact amount: ``500m`` is 1/2, ``1Ki`` is 1024."""
    found = _QUANTITY.fullmatch(text.strip())
    scale = _SCALES.get(found[4] or "") if found else None
    if found is None or scale is None:
        raise ValueError(f"{text!r} is not a quantity: expected a number such as 2, 500m, 1.5 or 64Mi")
    amount = Fraction(found[2]) * (Fraction(f"1{found[3]}") if found[3] else scale)
    return -amount if found[1] == "-" else amount


@lru_cache(maxsize=4096)
def parse_cpu(text: str) -> int:
    """Millicores, rounded up as the API server does: ``0.5`` and ``500m`` are 500."""
    return math.ceil(parse_quantity(text) * 1000)


@lru_cache(maxsize=4096)
def parse_bytes(text: str) -> int:
    """Bytes, rounded up: ``1Gi`` is 1073741824."""
    return math.ceil(parse_quantity(text))


@lru_cache(maxsize=4096)
def canonical_quantity(text: str, finest: int = 9) -> str:
    """A quantity as the API server keeps it: ``1024Mi`` is ``1Gi``, ``0.5`` is ``500m``, ``1000m`` is ``1``. Other text stays as it is.

    finest: the decimal places that are kept, rounded away from zero: 9, or 3 for the amounts of a ResourceList.
    """
    found = _QUANTITY.fullmatch(text.strip())
    if found is None or found[4] not in (None, *_SCALES):
        return text
    if _is_kept(found, finest):
        return found[0]
    exact, places = parse_quantity(text), 10**finest
    amount = Fraction(math.ceil(abs(exact) * places), places)
    sign = "-" if exact < 0 else ""
    binary = (found[4] or "").endswith("i")
    amount = min(amount, Fraction(2**63 - 1)) if binary else amount
    if binary and amount >= 1024 and amount.denominator == 1:
        power = next(power for power in range(6, -1, -1) if amount % 1024**power == 0)
        return f"{sign}{amount // 1024**power}{_BINARY_UNITS[power]}"
    return f"{sign}{_format_decimal(amount, exponent=bool(found[3]))}" if amount else "0"


def _is_kept(found: re.Match[str], finest: int) -> bool:
    """Whether the server's parser takes the text for canonical already, by its own quick test, and keeps it to the letter."""
    whole, _, fraction = found[2].lstrip("0").partition(".")
    digits, unit = (whole or "0") + fraction, found[4] or ""
    if unit.endswith("i"):
        bits = 10 * _BINARY_UNITS.index(unit)
        return not fraction and len(whole or "0") + int(bits * 0.3) <= 14 and int(digits) & 7 != 0
    scale = (int(found[3][1:]) if found[3] else _DECIMAL_EXPONENTS[unit]) - len(fraction)
    return len(digits) <= 18 and scale >= -finest and scale % 3 == 0 and not digits.endswith("000") and digits[0] != "0"


def _format_decimal(amount: Fraction, *, exponent: bool) -> str:
    """The amount with the largest power of a thousand that leaves a whole number. exponent: as ``1e3``, else as ``1k``."""
    power = next(power for power in range(6, -4, -1) if (amount / Fraction(1000) ** power).denominator == 1)
    unit = (f"e{3 * power}" if power else "") if exponent else _DECIMAL_UNITS[power]
    return f"{amount / Fraction(1000) ** power}{unit}"


def format_cpu(millicores: int) -> str:
    """Millicores as a quantity, in cores where they are whole: ``2``, ``1500m``."""
    return str(millicores // 1000) if millicores and millicores % 1000 == 0 else f"{millicores}m"


def format_amount(resource: str, thousandths: int) -> str:
    """An amount of a resource, exact: cores or millicores, bytes in the largest binary unit that is whole, else a plain number."""
    if resource == "cpu":
        return format_cpu(thousandths) if thousandths else "0"
    count = -(-thousandths // 1000)
    if resource.endswith(("memory", "storage")) or resource.startswith("hugepages-"):
        scale, unit = next(((scale, unit) for scale, unit in _BINARY if count and count % scale == 0), (1, ""))
        return f"{count // scale}{unit}"
    return str(count)


def format_bytes_short(size: int) -> str:
    """Bytes rounded for a narrow column, with few digits: ``210Mi``, ``1.5Gi``."""
    for scale, unit in _BINARY:
        if abs(size) >= scale:
            amount = size / scale
            return f"{amount:.1f}{unit}" if abs(amount) < 10 and size % scale else f"{amount:.0f}{unit}"
    return str(size)


def format_duration(seconds: float) -> str:
    """A duration, exact to the millisecond: ``1d2h``; 90 seconds are ``1m30s``."""
    left = round(seconds * 1000)
    parts = []
    for unit in ("w", "d", "h", "m", "s", "ms"):
        size = round(SECONDS_PER_UNIT[unit] * 1000)
        if left >= size:
            parts.append(f"{left // size}{unit}")
            left %= size
    return "".join(parts) or "0s"


def format_duration_short(seconds: float) -> str:
    """A duration in its two largest units, rounded down: ``56s``, ``5m1s``, ``19h3m``, ``2d``. Never negative."""
    left = max(0, int(seconds))
    parts: list[tuple[int, str]] = []
    for unit in ("d", "h", "m", "s"):
        size = int(SECONDS_PER_UNIT[unit])
        if left >= size or parts:
            parts.append((left // size, unit))
            left %= size
    return "".join(f"{count}{unit}" for count, unit in parts[:2] if count) or "0s"
