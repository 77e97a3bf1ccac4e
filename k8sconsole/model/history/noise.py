"""Which changes count: the fields in which two states of an object differ, without those in which a difference means nothing."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from k8sconsole.model.differences import find_differences, is_within
from k8sconsole.model.history.rules import DEFAULT_NOISE
from k8sconsole.model.refs import ResourceName

MOST_PATHS = 20
"""Fields told of one change."""

NoiseFilter = Callable[[str], bool]
"""Whether a difference in this field, a path of ``find_differences``, means nothing."""

_decode = msgspec.json.Decoder().decode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_OPENING = ord("{")
_BY_TEXT = 3
"""Levels of maps whose values are held against each other as text, down to one annotation. To go on so would be to read the same text
again at every level."""


def build_noise_filter(rules: Mapping[str, Sequence[str]], resource: ResourceName) -> NoiseFilter:
    """The built-in rules and then these, each for every kind and this kind's own; ``!field`` takes a field out again."""
    named = [field for each in (DEFAULT_NOISE, rules) for kind in ("*", resource) for field in each.get(kind, ())]
    without = {rule[1:] for rule in named if rule.startswith("!")}
    fields = tuple(rule for rule in named if not rule.startswith("!") and rule not in without)

    @lru_cache(maxsize=4096)
    def is_noise(path: str) -> bool:
        return any(is_within(path, field) for field in fields)

    return is_noise


def changed_paths(old: bytes, new: bytes, noise: NoiseFilter) -> tuple[str, ...]:
    """Of two objects' JSON: the fields that differ, at most ``MOST_PATHS``; empty when nothing does that counts.

    Only what differs is decoded and looked at: fields whose text is the same are the same, and most of an object is, from one version to
    the next."""
    before, after = _unequal_text(old, new, _BY_TEXT)
    found = [each.path for each in find_differences(before, after) if not noise(each.path)]
    return tuple(found[:MOST_PATHS])


def _unequal_text(old: bytes | msgspec.Raw, new: bytes | msgspec.Raw, levels: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two maps without what both write the same."""
    olds, news = _fields(old), _fields(new)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for key, value in olds.items():
        other = news.get(key)
        if other is None:
            before[key] = _decode(value)
        elif value != other:
            before[key], after[key] = _told_apart(value, other, levels - 1)
    after.update((key, _decode(value)) for key, value in news.items() if key not in olds)
    return before, after


def _told_apart(old: msgspec.Raw, new: msgspec.Raw, levels: int) -> tuple[Any, Any]:
    if levels and memoryview(old)[0] == _OPENING == memoryview(new)[0]:
        return _unequal_text(old, new, levels)
    return _parts(_decode(old), _decode(new))


def _unequal(old: dict[str, Any], new: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two maps without what both hold the same."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for key, value in old.items():
        other = new.get(key, msgspec.UNSET)
        if other is msgspec.UNSET:
            before[key] = value
        elif value != other:
            before[key], after[key] = _parts(value, other)
    after.update((key, value) for key, value in new.items() if key not in old)
    return before, after


def _parts(old: Any, new: Any) -> tuple[Any, Any]:
    if type(old) is dict and type(new) is dict:
        return _unequal(old, new)
    if type(old) is list and type(new) is list and len(old) == len(new):
        return _named(old, new)
    return old, new


def _named(old: list[Any], new: list[Any]) -> tuple[list[Any], list[Any]]:
    """Lists whose elements have the same names in the same order, without the elements that are the same; other lists stay whole."""
    for key in ("name", "type"):
        names = [one.get(key) if type(one) is dict else None for one in old]
        if all(type(name) is str for name in names) and len({*names}) == len(names):
            if names != [one.get(key) if type(one) is dict else None for one in new]:
                break
            pairs = [(name, *_unequal(one, other)) for name, one, other in zip(names, old, new, strict=True) if one != other]
            return [{key: name, **one} for name, one, _ in pairs], [{key: name, **other} for name, _, other in pairs]
    return old, new
