"""What differs between two states of an object, field by field, and how to get from one to the other.

A path is the JSONPath that filters and ``fields`` take: ``spec.replicas``, ``metadata.labels['app.kubernetes.io/name']``. The elements of a
list are told apart by their name (or type, port, …), where all have one, as Kubernetes merges them:
``spec.containers[?(@.name=="web")].image``. Other lists are compared place by place where they are equally long, else as a whole. Where
only the order of named elements differs, the path is that of their names: ``status.conditions[*].type``.
"""

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

KEYS = ("name", "type", "key", "mountPath", "devicePath", "containerPort", "port", "ip", "topologyKey", "uid")
"""What tells the elements of a list apart, the first that all of them have."""


class Difference(msgspec.Struct, frozen=True):
    """One field. Without ``old`` it was added, without ``new`` removed. The values are JSON values."""

    path: str
    old: Any = msgspec.UNSET
    new: Any = msgspec.UNSET


class Element(NamedTuple):
    """The element of a list whose ``key`` has this value."""

    key: str
    value: str | int


class ElementOrder(NamedTuple):
    """In which order the elements stand, by their ``key``."""

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
    """Empty when the two JSON values are the same. ``apply_differences`` is its inverse."""
    return list(_between(old, new, ""))


def apply_differences(old: Any, changes: Iterable[Difference]) -> Any:
    """The state that these differences lead to; ``old`` is left alone. Raises LookupError when they do not belong to it."""
    found = {"": deepcopy(old)}
    for one in changes:
        _apply(found, ("", *parse_path(one.path)), one)
    return found[""]


def parse_path(path: str) -> tuple[Step, ...]:
    """A path of ``find_differences``, taken apart. Raises ValueError for any other."""
    found: list[Step] = []
    at = 0
    while at < len(path):
        token = _TOKEN.match(path, at)
        if token is None:
            raise ValueError(f"{path!r} is no path of a difference")
        found.append(_step(token))
        at = token.end()
    return tuple(found)


def shorten_path(path: str) -> str:
    """For a person: ``spec.containers[web].image``."""
    return _ELEMENT.sub(lambda found: f"[{found[1] if found[1] is not None else found[2]}]", path)


def format_difference(one: Difference, most: int = 80) -> str:
    """For a person: ``spec.replicas: 2 → 3``, or ``metadata.labels.app: + web`` for what was added. A value of more than ``most``
    characters is cut."""
    if one.old is msgspec.UNSET:
        return f"{shorten_path(one.path)}: + {_shown(one.new, most)}"
    if one.new is msgspec.UNSET:
        return f"{shorten_path(one.path)}: - {_shown(one.old, most)}"
    return f"{shorten_path(one.path)}: {_shown(one.old, most)} → {_shown(one.new, most)}"


def _shown(value: Any, most: int) -> str:
    """A word as it is, anything else as JSON; a long value keeps its beginning and its end."""
    text = value if isinstance(value, str) and value.strip() else msgspec.json.encode(value).decode()
    text = " ".join(text.split()) if isinstance(value, str) else text
    return text if len(text) <= most else f"{text[: most * 2 // 3]}…{text[-(most // 3) :]}"


def is_within(path: str, field: str) -> bool:
    """Whether the path is the field or lies below it; where the field does not say which element of a list, any is meant."""
    wanted = shorten_path(field.strip().removeprefix("."))
    any_of_them = _PLACE.sub("[*]", _ELEMENT.sub("[*]", path))
    return any(_begins(told, wanted) for told in (shorten_path(path), any_of_them, any_of_them.replace("[*]", "")))


def _begins(path: str, wanted: str) -> bool:
    return path.startswith(wanted) and path[len(wanted) : len(wanted) + 1] in ("", ".", "[")


def _between(old: Any, new: Any, path: str) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict) and all(map(_quotable, {*old, *new})):
        yield from _maps(old, new, path)
    elif isinstance(old, list) and isinstance(new, list) and (key := _key_of(old, new)):
        yield from _named(old, new, path, key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and all(isinstance(one, dict) for one in (*old, *new)):
        for place, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _between(before, after, f"{path}[{place}]")
    elif not is_same_json(old, new):
        yield Difference(path, old, new)


def _maps(old: dict[str, Any], new: dict[str, Any], path: str) -> Iterator[Difference]:
    for key, value in old.items():
        below = _below(path, key)
        if key in new:
            yield from _between(value, new[key], below)
        else:
            yield Difference(below, old=value)
    for key, value in new.items():
        if key not in old:
            yield Difference(_below(path, key), new=value)


def _named(old: list[Any], new: list[Any], path: str, key: str) -> Iterator[Difference]:
    before, after = {one[key]: one for one in old}, {one[key]: one for one in new}
    for name, value in before.items():
        below = _element(path, key, name)
        if name in after:
            yield from _between(value, after[name], below)
        else:
            yield Difference(below, old=value)
    for name, value in after.items():
        if name not in before:
            yield Difference(_element(path, key, name), new=value)
    kept = [name for name in before if name in after]
    if [*kept, *(name for name in after if name not in before)] != list(after):
        yield Difference(f"{path}[*].{key}", list(before), list(after))


def _key_of(old: list[Any], new: list[Any]) -> str:
    """Empty when the elements cannot be told apart, or there are none."""
    for key in KEYS if old or new else ():
        if all(_names_all(each, key) for each in (old, new)):
            return key
    return ""


def _names_all(items: list[Any], key: str) -> bool:
    """No two elements may share a name; 80 and "80" would be hard to tell apart for a reader, so they count as one."""
    names = [one.get(key) if isinstance(one, dict) else None for one in items]
    return all(map(_is_name, names)) and len(set(map(str, names))) == len(names)


def _is_name(value: Any) -> bool:
    return _WORD.fullmatch(value) is not None if isinstance(value, str) else isinstance(value, int) and not isinstance(value, bool)


def is_same_json(old: Any, new: Any) -> bool:
    """Equal as JSON: ``true`` is not 1, and 1 is not 1.0; the order of a map does not matter."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(is_same_json(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return len(old) == len(new) and all(map(is_same_json, old, new))
    return bool(old == new)


@lru_cache(maxsize=4096)
def _quotable(key: str) -> bool:
    return _QUOTABLE.fullmatch(key) is not None


@lru_cache(maxsize=4096)
def _below(path: str, key: str) -> str:
    if _NAME.fullmatch(key):
        return f"{path}.{key}" if path else key
    return f'{path}["{key}"]' if "'" in key else f"{path}['{key}']"


def _element(path: str, key: str, name: str | int) -> str:
    return f'{path}[?(@.{key}=="{name}")]' if isinstance(name, str) else f"{path}[?(@.{key}=={name})]"


def _step(found: "re.Match[str]") -> Step:
    if found["key"]:
        return Element(found["key"], found["word"] if found["word"] is not None else int(found["number"]))
    if found["order"]:
        return ElementOrder(found["order"])
    if found["index"]:
        return int(found["index"])
    return found["name"] if found["quoted"] is None else found["quoted"]


def _apply(root: dict[str, Any], path: tuple[Step, ...], change: Difference) -> None:
    holder: Any = root
    for step in path[:-1]:
        holder = holder[_place(holder, step)]
    last = path[-1]
    if isinstance(last, ElementOrder):
        place = {name: at for at, name in enumerate(change.new)}
        holder.sort(key=lambda one: place[one[last.key]])
    elif change.new is msgspec.UNSET:
        del holder[_place(holder, last)]
    elif isinstance(last, Element) and change.old is msgspec.UNSET:
        holder.append(deepcopy(change.new))
    else:
        holder[_place(holder, last)] = deepcopy(change.new)


def _place(holder: Any, step: Step) -> Any:
    """Raises LookupError when a list has no such element."""
    if not isinstance(step, Element):
        return step
    for at, one in enumerate(holder):
        if one[step.key] == step.value:
            return at
    raise LookupError(f"no element whose {step.key} is {step.value!r}")
