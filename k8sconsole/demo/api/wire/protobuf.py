"""Decodes Kubernetes' protobuf envelope (apimachinery's runtime.Unknown) and messages (proto2) to the JSON form."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from k8sconsole.demo import status

Json = dict[str, Any]
MAGIC = b"k8s\x00"
_FIELD = re.compile(r"(?P<number>\d+)(?P<name>[A-Za-z]*)(?P<marks>[?*%+]*)(?::(?P<kind>\w+))?")
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class MessageField:
    name: str
    kind: str
    explicit: bool
    repeated: bool
    mapped: bool
    inlined: bool


@lru_cache(maxsize=1)
def _load_messages() -> dict[str, dict[int, MessageField]]:
    text = files(__package__).joinpath("messages.txt").read_text(encoding="ascii")
    lines = (line.split(": ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {name: dict(map(_parse_field, _FIELD.finditer(fields))) for name, fields in lines}


def _parse_field(found: re.Match[str]) -> tuple[int, MessageField]:
    marks = found["marks"]
    return int(found["number"]), MessageField(found["name"], found["kind"] or "", "?" in marks, "*" in marks, "%" in marks, "+" in marks)


def decode_object(body: bytes) -> Json:
    """Decode the object in a protobuf body. Raises a 415 status for an unknown kind, a 400 for a malformed body."""
    try:
        envelope = dict(_read_fields(body.removeprefix(MAGIC)))
        meta = dict(_read_fields(envelope[1]))
        kind, version = meta.get(2, b"").decode(), meta.get(1, b"").decode()
        exact = f"{kind}.{version}"
        message = exact if exact in _load_messages() else kind
        if message not in _load_messages():
            raise status.unsupported_media_type(["application/json", "application/yaml"])
        return {"kind": kind, "apiVersion": version, **_decode_message(message, envelope.get(2, b""))}
    except (KeyError, ValueError, IndexError, TypeError, AttributeError, struct.error) as error:
        raise status.bad_request(f"error decoding the protobuf body: {error}") from error


def _read_fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """The field numbers and raw values of a message, in order."""
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = _read_varint(data, at)
            yield number, value
        elif wire == _BYTES:
            length, at = _read_varint(data, at)
            if at + length > len(data):
                raise ValueError("a field is longer than its message")
            yield number, data[at : at + length]
            at += length
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
            yield number, struct.unpack_from("<q" if size == 8 else "<i", data, at)[0]
            at += size
        else:
            raise ValueError(f"unknown wire type {wire}")


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _decode_message(kind: str, data: bytes) -> Json:
    known = _load_messages().get(kind, {})
    found: Json = {}
    for number, raw in _read_fields(data):
        field = known.get(number)
        if field is not None:
            _store_field(found, field, raw)
    return found


def _store_field(found: Json, field: MessageField, raw: Any) -> None:
    if field.inlined:
        found.update(_decode_message(field.kind, raw))
    elif field.mapped:
        entry = dict(_read_fields(raw))
        found.setdefault(field.name, {})[entry.get(1, b"").decode()] = _decode_value(field.kind, entry.get(2, b""))
    elif field.repeated:
        found.setdefault(field.name, []).append(_decode_value(field.kind, raw))
    else:
        value = _decode_value(field.kind, raw)
        if field.explicit or value not in ("", 0, False, None, {}):
            found[field.name] = value


def _decode_value(kind: str, raw: Any) -> Any:
    scalar = _SCALARS.get(kind)
    return scalar(raw) if scalar else _decode_message(kind, raw)


def _decode_integer(raw: int) -> int:
    return raw - (1 << 64) if raw >= 1 << 63 else raw


def _decode_time(raw: bytes) -> str | None:
    seconds = _decode_integer(dict(_read_fields(raw)).get(1, 0))
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds > 0 else None


def _decode_int_or_string(raw: bytes) -> int | str:
    parts = dict(_read_fields(raw))
    text: bytes = parts.get(3, b"")
    return text.decode() if parts.get(1) else _decode_integer(parts.get(2, 0))


def _decode_quantity(raw: bytes) -> str:
    text: bytes = dict(_read_fields(raw)).get(1, b"0")
    return text.decode()


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "": lambda raw: raw.decode(),
    "i": _decode_integer,
    "b": bool,
    "y": lambda raw: base64.b64encode(raw).decode(),
    "T": _decode_time,
    "I": _decode_int_or_string,
    "Q": _decode_quantity,
}
