"""Which fields a version is said to differ in: those that differ, found without decoding what is the same."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from k8sconsole.model.differences import find_differences
from k8sconsole.model.history.noise import MOST_PATHS, build_noise_filter, changed_paths
from k8sconsole.model.refs import ResourceName

NAMES = st.sampled_from(["name", "type", "metadata", "a", "b", "app.kubernetes.io/name", "it's"])
VALUES = st.none() | st.integers(2, 5) | st.text(max_size=6)
NAMED = st.lists(st.fixed_dictionaries({"name": st.sampled_from("abcd")}, optional={"v": VALUES}), max_size=4)
INNER = st.recursive(VALUES, lambda inner: NAMED | st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=20)
OBJECTS = st.dictionaries(NAMES, INNER, max_size=5)
NONE = build_noise_filter({"*": ["!metadata.resourceVersion"]}, ResourceName("crontabs.stable.example.com"))
PODS = build_noise_filter({}, ResourceName("pods"))


@given(OBJECTS, OBJECTS, st.sampled_from([-1, 2]))
def test_they_are_those_that_a_whole_comparison_finds(old: dict[str, Any], new: dict[str, Any], indent: int) -> None:
    texts = msgspec.json.encode(old), msgspec.json.format(msgspec.json.encode(new), indent=indent)
    found = [each.path for each in find_differences(old, new) if not NONE(each.path)]
    assert changed_paths(texts[0], texts[1], NONE) == tuple(found[:MOST_PATHS])


def test_the_same_written_otherwise_is_no_change() -> None:
    assert changed_paths(b'{"spec":{"a":1,"b":"\\u0041"}}', b'{ "spec": {"b": "A", "a": 1} }', PODS) == ()


def test_a_new_resource_version_alone_is_no_change() -> None:
    old, new = (b'{"metadata":{"name":"web","resourceVersion":"%d"},"spec":{}}' % number for number in (7, 8))
    assert changed_paths(old, new, PODS) == ()


def test_one_changed_annotation_among_many_is_named() -> None:
    old, new = (b'{"metadata":{"annotations":{"example.com/mark":"%d","other":"x"}},"status":{"phase":"Running"}}' % n for n in (1, 2))
    assert changed_paths(old, new, PODS) == ("metadata.annotations['example.com/mark']",)
