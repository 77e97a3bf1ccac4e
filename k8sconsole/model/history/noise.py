"""Which changes make a version: the fields in which two states of an object differ, without those that are only noise."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from k8sconsole.model.differences import find_differences, is_within
from k8sconsole.model.history.rules import DEFAULT_NOISE
from k8sconsole.model.refs import ResourceName

MOST_PATHS = 20
"""Maximum number of fields recorded for one change."""

NoiseFilter = Callable[[str], bool]
"""Whether a change of this field, a path of ``find_differences``, is only noise."""

_decode = msgspec.json.Decoder().decode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_OPENING = ord("{")
_BY_TEXT = 3
"""Levels of maps whose values are compared as undecoded text, down to single annotations. Each level reads the same text once more."""


def build_noise_filter(rules: Mapping[str, Sequence[str]], resource: ResourceName) -> NoiseFilter:
    """The noise of a kind: the built-in rules and ``rules``, both for every kind (``*``) and for this kind. ``!field`` removes a field."""
    named = [field for each in (DEFAULT_NOISE, rules) for kind in ("*", resource) for field in each.get(kind, ())]
    without = {rule[1:] for rule in named if rule.startswith("!")}
    fields = tuple(rule for rule in named if not rule.startswith("!") and rule not in without)

    @lru_cache(maxsize=4096)
    def is_noise(path: str) -> bool:
        return any(is_within(path, field) for field in fields)

    return is_noise


def changed_paths(old: bytes, new: bytes, noise: NoiseFilter) -> tuple[str, ...]:
    """The paths that differ between two objects' JSON, without noise; at most ``MOST_PATHS``.

    Only differing parts are decoded: fields with equal text are equal, and most of an object stays equal between versions.
    """
    before, after = _unequal_entries_as_text(old, new, _BY_TEXT)
    found = [each.path for each in find_differences(before, after) if not noise(each.path)]
    return tuple(found[:MOST_PATHS])


def _unequal_entries_as_text(old: bytes | msgspec.Raw, new: bytes | msgspec.Raw, levels: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two maps without the entries whose text is equal."""
    olds, news = _fields(old), _fields(new)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for key, value in olds.items():
        other = news.get(key)
        if other is None:
            before[key] = _decode(value)
        elif value != other:
            before[key], after[key] = _narrow_text(value, other, levels - 1)
    after.update((key, _decode(value)) for key, value in news.items() if key not in olds)
    return before, after


def _narrow_text(old: msgspec.Raw, new: msgspec.Raw, levels: int) -> tuple[Any, Any]:
    if levels and memoryview(old)[0] == _OPENING == memoryview(new)[0]:
        return _unequal_entries_as_text(old, new, levels)
    return _narrow_values(_decode(old), _decode(new))


def _unequal_entries(old: dict[str, Any], new: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two maps without the entries that are equal."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for key, value in old.items():
        other = new.get(key, msgspec.UNSET)
        if other is msgspec.UNSET:
            before[key] = value
        elif value != other:
            before[key], after[key] = _narrow_values(value, other)
    after.update((key, value) for key, value in new.items() if key not in old)
    return before, after


def _narrow_values(old: Any, new: Any) -> tuple[Any, Any]:
    if type(old) is dict and type(new) is dict:
        return _unequal_entries(old, new)
    if type(old) is list and type(new) is list and len(old) == len(new):
        return _narrow_lists(old, new)
    return old, new


def _narrow_lists(old: list[Any], new: list[Any]) -> tuple[list[Any], list[Any]]:
    """The two lists without equal elements, where all elements have names in the same order; other lists stay whole."""
    for key in ("name", "type"):
        names = [one.get(key) if type(one) is dict else None for one in old]
        if all(type(name) is str for name in names) and len({*names}) == len(names):
            if names != [one.get(key) if type(one) is dict else None for one in new]:
                break
            pairs = [(name, *_unequal_entries(one, other)) for name, one, other in zip(names, old, new, strict=True) if one != other]
            return [{key: name, **one} for name, one, _ in pairs], [{key: name, **other} for name, _, other in pairs]
    return old, new
