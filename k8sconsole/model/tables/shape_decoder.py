"""Decodes JSON into typed shapes: fast and strict for objects as Kubernetes writes them, field by field for others."""

from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

T = TypeVar("T")

_INITIALS = {"ip": "IP", "ips": "IPs", "uid": "UID", "cidr": "CIDR"}


def to_wire_name(name: str) -> str:
    """A Python field's name as the API spells it: ``pod_ip`` → ``podIP``."""
    first, *rest = name.split("_")
    return first + "".join(_INITIALS.get(part, part.capitalize()) for part in rest)


class Shape(msgspec.Struct, frozen=True, rename=to_wire_name, gc=False):
    """The base of shapes: the fields of an object that a table needs. Every field has a default, since every field may be absent."""


_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


def _decoder(shape: type) -> msgspec.json.Decoder[Any]:
    if shape not in _decoders:
        _decoders[shape] = msgspec.json.Decoder(shape)
    return _decoders[shape]


def decode(raw: bytes | msgspec.Raw, shape: type[T]) -> T:
    """The object as ``shape``. A field of a wrong type gets its default. Raises msgspec.DecodeError when raw is not JSON."""
    try:
        fit: T = _decoder(shape).decode(raw)
    except msgspec.ValidationError:
        fit = convert_leniently(msgspec.json.decode(raw), shape)
    return fit


def convert_leniently(value: object, kind: Any) -> Any:
    """``value`` as ``kind``, without the parts of a wrong type. None where nothing fits, unless ``kind`` is a Shape, list or dict."""
    if kind is msgspec.Raw:
        return msgspec.Raw(msgspec.json.encode(value))
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        pass
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return next((part for part in (convert_leniently(value, option) for option in get_args(kind)) if part is not None), None)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _convert_shape(value, kind)
    if origin is list:
        return _without_none(convert_leniently(item, get_args(kind)[0]) for item in value) if isinstance(value, list) else []
    if origin is dict:
        pairs = value.items() if isinstance(value, dict) else ()
        return {key: fit for key, item in pairs if (fit := convert_leniently(item, get_args(kind)[1])) is not None}
    return None


def _without_none(items: Any) -> list[Any]:
    return [item for item in items if item is not None]


def _convert_shape(value: object, kind: type[msgspec.Struct]) -> Any:
    if not isinstance(value, dict):
        return kind()
    fits = {}
    for field in msgspec.structs.fields(kind):
        if field.encode_name in value:
            fit = convert_leniently(value[field.encode_name], field.type)
            if fit is not None:
                fits[field.name] = fit
    return kind(**fits)
