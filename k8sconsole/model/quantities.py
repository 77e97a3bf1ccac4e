"""Amounts as Kubernetes and people write them: CPU, bytes, durations, moments.

Reading raises ValueError with a sentence that says what was expected; writing and reading again gives the same amount.
The suffixes are those of Kubernetes' resource.Quantity: n u m, k M G T P E, Ki Mi Gi Ti Pi Ei, or a decimal exponent.
"""

import math
import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache

_QUANTITY = re.compile(r"([+-]?)(\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:([eE][+-]?\d{1,3})|([numkMGTPE]i?|Ki)?)")
_SCALES: dict[str, Fraction] = {"": Fraction(1), "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000)}
_SCALES |= {unit: Fraction(1000**power) for power, unit in enumerate("kMGTPE", 1)}
_SCALES |= {f"{unit}i": Fraction(1024**power) for power, unit in enumerate("KMGTPE", 1)}

_BINARY = tuple((1024**power, f"{unit}i") for power, unit in reversed(list(enumerate("KMGTPE", 1))))
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(ms|[smhdwy])")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_536_000.0}
_DAY = re.compile(r"(today|yesterday)(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.IGNORECASE)


@lru_cache(maxsize=4096)
def quantity(text: str) -> Fraction:
    """The exact amount a quantity stands for: ``500m`` is 1/2, ``1Ki`` is 1024."""
    found = _QUANTITY.fullmatch(text.strip())
    scale = _SCALES.get(found[4] or "") if found else None
    if found is None or scale is None:
        raise ValueError(f"{text!r} is not a quantity: expected a number such as 2, 500m, 1.5 or 64Mi")
    amount = Fraction(found[2]) * (Fraction(f"1{found[3]}") if found[3] else scale)
    return -amount if found[1] == "-" else amount


@lru_cache(maxsize=4096)
def cpu_millicores(text: str) -> int:
    """Thousandths of a core, rounded up as the API server does: ``0.5`` and ``500m`` are 500."""
    return math.ceil(quantity(text) * 1000)


@lru_cache(maxsize=4096)
def bytes_of(text: str) -> int:
    """Whole bytes, rounded up: ``1Gi`` is 1073741824."""
    return math.ceil(quantity(text))


def cpu_text(millicores: int) -> str:
    """Whole cores where it is whole cores: ``2``, ``1500m``."""
    return str(millicores // 1000) if millicores and millicores % 1000 == 0 else f"{millicores}m"


def bytes_text(size: int) -> str:
    """Exactly this many bytes, in the largest binary unit that divides them: ``64Mi``, ``1000``."""
    for scale, unit in _BINARY:
        if size and size % scale == 0:
            return f"{size // scale}{unit}"
    return str(size)


def short_bytes(size: int) -> str:
    """At most three digits before the unit, for a narrow column: ``210Mi``, ``1.5Gi``."""
    for scale, unit in _BINARY:
        if abs(size) >= scale:
            amount = size / scale
            return f"{amount:.1f}{unit}" if abs(amount) < 10 and size % scale else f"{amount:.0f}{unit}"
    return str(size)


@lru_cache(maxsize=1024)
def duration_seconds(text: str) -> float:
    """``90s 15m 2h 3d 1w 1y`` or several joined (``1h30m``), as seconds. A year is 365 days."""
    bare = text.strip().lower()
    parts = _DURATION.findall(bare)
    if not parts or "".join(number + unit for number, unit in parts) != bare:
        raise ValueError(f"{text!r} is not a duration: expected for example 90s, 15m, 2h, 3d or 1w")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def duration_text(seconds: float) -> str:
    """The shortest exact spelling down to milliseconds: ``1d2h``, ``90s`` reads ``1m30s``."""
    left = round(seconds * 1000)
    parts = []
    for unit in ("w", "d", "h", "m", "s", "ms"):
        size = round(_SECONDS[unit] * 1000)
        if left >= size:
            parts.append(f"{left // size}{unit}")
            left %= size
    return "".join(parts) or "0s"


def short_duration(seconds: float) -> str:
    """How long something took, in its two largest units, rounded down: ``56s``, ``5m1s``, ``19h3m``, ``2d``. Never negative."""
    left = max(0, int(seconds))
    parts: list[tuple[int, str]] = []
    for unit in ("d", "h", "m", "s"):
        size = int(_SECONDS[unit])
        if left >= size or parts:
            parts.append((left // size, unit))
            left %= size
    return "".join(f"{count}{unit}" for count, unit in parts[:2] if count) or "0s"


def when(text: str, now: float) -> float:
    """A moment in seconds since the epoch: RFC 3339 (fractions kept), ``now``, ``-30m``, ``2h ago``, ``yesterday 14:00``.

    What names no zone is UTC.
    """
    bare = text.strip()
    day = _DAY.fullmatch(bare)
    if day:
        return _on_day(day, now, text)
    if bare.lower() == "now":
        return now
    if bare.startswith("-") or bare.lower().endswith("ago"):
        return now - duration_seconds(bare.lower().removesuffix("ago").strip().removeprefix("-"))
    try:
        at = datetime.fromisoformat(bare)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a time: expected for example 2026-11-22T14:00:00Z, -30m, 2h ago or yesterday 14:00") from None


def _on_day(day: re.Match[str], now: float, text: str) -> float:
    midnight = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    hour, minute, second = (int(part or 0) for part in day.groups()[1:])
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"{text!r} is not a time: expected an hour from 00:00 to 23:59")
    back = 1 if day[1].lower() == "yesterday" else 0
    return (midnight - timedelta(days=back) + timedelta(hours=hour, minutes=minute, seconds=second)).timestamp()
