"""The differences between two states of an object, field by field, and their application to the older state.

A path is the JSONPath that filters and ``fields`` take: ``spec.replicas``, ``metadata.labels['app.kubernetes.io/name']``. The elements of a
list are identified by their name (or type, port, …) where all have one, as in a strategic merge patch:
``spec.containers[?(@.name=="web")].image``. Other lists are compared index by index where their lengths are equal, else as a whole. Where
only the order of named elements differs, the path is that of their names: ``status.conditions[*].type``.
"""

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

KEYS = ("name", "type", "key", "mountPath", "devicePath", "containerPort", "port", "ip", "topologyKey", "uid")
"""Fields that identify the elements of a list. The first one that all elements have is used."""


class Difference(msgspec.Struct, frozen=True):
    """The change of one field; the values are JSON values. Without ``old`` it was added, without ``new`` it was removed."""

    path: str
    old: Any = msgspec.UNSET
    new: Any = msgspec.UNSET


class Element(NamedTuple):
    """The element of a list whose ``key`` has this value."""

    key: str
    value: str | int


class ElementOrder(NamedTuple):
    """The order of a list's elements, as the values of their ``key``."""

    key: str


Step = str | int | Element | ElementOrder
_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_QUOTABLE = re.compile(r"[^'\x00-\x1f\x7f-\x9f\u2028\u2029]*|[^\"\x00-\x1f\x7f-\x9f\u2028\u2029]*")
_WORD = re.compile(r"[^\"\\\x00-\x1f\x7f-\x9f\u2028\u2029]*")
_TOKEN = re.compile(
    r"""\[\?\(@\.(?P<key>\w+)==(?:"(?P<word>[^"]*)"|(?P<number>-?\d+))\)\]|\[\*\]\.(?P<order>\w+)$|\[(?P<index>\d+)\]"""
    r"""|\[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\](?=[.\[]|$)|\.?(?P<name>[A-Za-z_][\w-]*)""",
    re.ASCII,
)
_ELEMENT = re.compile(r"""\[\?\(@\.\w+==(?:"([^"]*)"|(-?\d+))\)\]""")
_PLACE = re.compile(r"\[(?:\d+|\*)\]")


def find_differences(old: Any, new: Any) -> list[Difference]:
    """The differences between two JSON values; empty when they are equal. ``apply_differences`` is the inverse."""
    return list(_compare(old, new, ""))


def apply_differences(old: Any, changes: Iterable[Difference]) -> Any:
    """A copy of ``old`` with the differences applied. Raises LookupError when they do not fit ``old``."""
    found = {"": deepcopy(old)}
    for one in changes:
        _apply_one(found, ("", *parse_path(one.path)), one)
    return found[""]


def parse_path(path: str) -> tuple[Step, ...]:
    """The steps of a path that ``find_differences`` made. Raises ValueError for any other path."""
    found: list[Step] = []
    at = 0
    while at < len(path):
        token = _TOKEN.match(path, at)
        if token is None:
            raise ValueError(f"{path!r} is not the path of a difference")
        found.append(_build_step(token))
        at = token.end()
    return tuple(found)


def shorten_path(path: str) -> str:
    """The path as a person reads it: ``spec.containers[web].image``."""
    return _ELEMENT.sub(lambda found: f"[{found[1] if found[1] is not None else found[2]}]", path)


def format_difference(one: Difference, most: int = 80) -> str:
    """One line for a person: ``spec.replicas: 2 → 3``, or ``metadata.labels.app: + web`` for an added field.

    A value of more than ``most`` characters is shortened in the middle.
    """
    if one.old is msgspec.UNSET:
        return f"{shorten_path(one.path)}: + {_format_value(one.new, most)}"
    if one.new is msgspec.UNSET:
        return f"{shorten_path(one.path)}: - {_format_value(one.old, most)}"
    return f"{shorten_path(one.path)}: {_format_value(one.old, most)} → {_format_value(one.new, most)}"


def _format_value(value: Any, most: int) -> str:
    """Text as it is, any other value as JSON. A long value keeps its beginning and its end."""
    text = value if isinstance(value, str) and value.strip() else msgspec.json.encode(value).decode()
    text = " ".join(text.split()) if isinstance(value, str) else text
    return text if len(text) <= most else f"{text[: most * 2 // 3]}…{text[-(most // 3) :]}"


def is_within(path: str, field: str) -> bool:
    """Whether the path is the field or lies below it. A field that names no list element means any element."""
    wanted = shorten_path(field.strip().removeprefix("."))
    any_element = _PLACE.sub("[*]", _ELEMENT.sub("[*]", path))
    return any(_starts_with(spelling, wanted) for spelling in (shorten_path(path), any_element, any_element.replace("[*]", "")))


def _starts_with(path: str, wanted: str) -> bool:
    return path.startswith(wanted) and path[len(wanted) : len(wanted) + 1] in ("", ".", "[")


def _compare(old: Any, new: Any, path: str) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict) and all(map(_is_quotable, {*old, *new})):
        yield from _compare_maps(old, new, path)
    elif isinstance(old, list) and isinstance(new, list) and (key := _find_key(old, new)):
        yield from _compare_named(old, new, path, key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and all(isinstance(one, dict) for one in (*old, *new)):
        for place, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _compare(before, after, f"{path}[{place}]")
    elif not is_same_json(old, new):
        yield Difference(path, old, new)


def _compare_maps(old: dict[str, Any], new: dict[str, Any], path: str) -> Iterator[Difference]:
    for key, value in old.items():
        below = _join_key(path, key)
        if key in new:
            yield from _compare(value, new[key], below)
        else:
            yield Difference(below, old=value)
    for key, value in new.items():
        if key not in old:
            yield Difference(_join_key(path, key), new=value)


def _compare_named(old: list[Any], new: list[Any], path: str, key: str) -> Iterator[Difference]:
    before, after = {one[key]: one for one in old}, {one[key]: one for one in new}
    for name, value in before.items():
        below = _join_element(path, key, name)
        if name in after:
            yield from _compare(value, after[name], below)
        else:
            yield Difference(below, old=value)
    for name, value in after.items():
        if name not in before:
            yield Difference(_join_element(path, key, name), new=value)
    common = [name for name in before if name in after]
    if [*common, *(name for name in after if name not in before)] != list(after):
        yield Difference(f"{path}[*].{key}", list(before), list(after))


def _find_key(old: list[Any], new: list[Any]) -> str:
    """The field that identifies the elements of both lists; empty where there is none."""
    for key in KEYS if old or new else ():
        if all(_identifies_all(each, key) for each in (old, new)):
            return key
    return ""


def _identifies_all(items: list[Any], key: str) -> bool:
    """Whether each element has a different value of ``key``. 80 and "80" count as equal, since they look alike in a path."""
    names = [one.get(key) if isinstance(one, dict) else None for one in items]
    return all(map(_can_identify, names)) and len(set(map(str, names))) == len(names)


def _can_identify(value: Any) -> bool:
    return _WORD.fullmatch(value) is not None if isinstance(value, str) else isinstance(value, int) and not isinstance(value, bool)


def is_same_json(old: Any, new: Any) -> bool:
    """Whether two values are equal as JSON: ``true`` is not 1, and 1 is not 1.0. The order of a map does not matter."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(is_same_json(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return len(old) == len(new) and all(map(is_same_json, old, new))
    return bool(old == new)


@lru_cache(maxsize=4096)
def _is_quotable(key: str) -> bool:
    return _QUOTABLE.fullmatch(key) is not None


@lru_cache(maxsize=4096)
def _join_key(path: str, key: str) -> str:
    if _NAME.fullmatch(key):
        return f"{path}.{key}" if path else key
    return f'{path}["{key}"]' if "'" in key else f"{path}['{key}']"


def _join_element(path: str, key: str, name: str | int) -> str:
    return f'{path}[?(@.{key}=="{name}")]' if isinstance(name, str) else f"{path}[?(@.{key}=={name})]"


def _build_step(found: "re.Match[str]") -> Step:
    if found["key"]:
        return Element(found["key"], found["word"] if found["word"] is not None else int(found["number"]))
    if found["order"]:
        return ElementOrder(found["order"])
    if found["index"]:
        return int(found["index"])
    return found["name"] if found["quoted"] is None else found["quoted"]


def _apply_one(root: dict[str, Any], path: tuple[Step, ...], change: Difference) -> None:
    holder: Any = root
    for step in path[:-1]:
        holder = holder[_find_place(holder, step)]
    last = path[-1]
    if isinstance(last, ElementOrder):
        place = {name: at for at, name in enumerate(change.new)}
        holder.sort(key=lambda one: place[one[last.key]])
    elif change.new is msgspec.UNSET:
        del holder[_find_place(holder, last)]
    elif isinstance(last, Element) and change.old is msgspec.UNSET:
        holder.append(deepcopy(change.new))
    else:
        holder[_find_place(holder, last)] = deepcopy(change.new)


def _find_place(holder: Any, step: Step) -> Any:
    """The key or index of a step in its holder. Raises LookupError when a list has no such element."""
    if not isinstance(step, Element):
        return step
    for at, one in enumerate(holder):
        if one[step.key] == step.value:
            return at
    raise LookupError(f"no element whose {step.key} is {step.value!r}")
