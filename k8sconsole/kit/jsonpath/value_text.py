"""JSON values as the text that Go writes, for cells that must read as the API server's own."""

import json
from decimal import Decimal
from typing import Any

from k8sconsole.kit.jsonpath.steps import is_int64

_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def print_value(value: Any) -> str:
    """A value as client-go's ``PrintResults`` prints it: lists and objects as JSON with sorted keys, other values as Go's ``fmt.Print``."""
    match value:
        case None:
            return "<no value>"
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return _encode(value)
        case int() if is_int64(value):
            return str(value)
    return _print_number(float(value))


def _print_number(value: float) -> str:
    """As ``%v``: an exponent is written below -4 and from 6, so 1.5 million is ``1.5e+06``."""
    exponent, digits = _scientific(value)
    if value and not -4 <= exponent < 6:
        return _print_exponent(value, exponent, digits)
    return _print_plain(value)


def _encode(value: Any) -> str:
    match value:
        case dict():
            return "{" + ",".join(f"{_encode_text(key)}:{_encode(value[key])}" for key in sorted(value)) + "}"
        case list():
            return "[" + ",".join(map(_encode, value)) + "]"
        case str():
            return _encode_text(value)
        case float():
            return _encode_number(value)
        case int() if not isinstance(value, bool) and not is_int64(value):
            return _encode_number(float(value))
    return json.dumps(value)


def _encode_text(value: str) -> str:
    text = json.dumps(value, ensure_ascii=False)
    for letter, escaped in _ESCAPED.items():
        text = text.replace(letter, escaped)
    return text


def _encode_number(value: float) -> str:
    if value and not 1e-6 <= abs(value) < 1e21:
        exponent, digits = _scientific(value)
        return _print_exponent(value, exponent, digits).replace("e-0", "e-")
    return _print_plain(value)


def _scientific(value: float) -> tuple[int, str]:
    """The decimal exponent and the shortest digits."""
    number = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, number.digits))
    return len(digits) - 1 + int(number.exponent), digits


def _print_exponent(value: float, exponent: int, digits: str) -> str:
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{'-' if value < 0 else ''}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _print_plain(value: float) -> str:
    return format(Decimal(repr(value)).normalize(), "f")
