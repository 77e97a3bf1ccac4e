"""What differs between two states, and that the differences lead from one to the other."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sconsole.kit.jsonpath import find_values
from k8sconsole.model.differences import (
    Difference,
    apply_differences,
    find_differences,
    format_difference,
    is_same_json,
    is_within,
    parse_path,
    shorten_path,
)

SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6)
WORDS = st.sampled_from(["name", "type", "a", "b", "app.kubernetes.io/name", "it's", "", 'x"y', "'\"", "1", "[0]", "a]b", "']x", "\n"])
NAMED = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from(["a", "b", "c", "d", "9"]) | st.text(max_size=3)}, optional={"v": SCALARS}), max_size=5
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | NAMED | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=4),
    max_leaves=25,
)


def _diff(old: Any, new: Any) -> list[Any]:
    return msgspec.to_builtins(find_differences(old, new))


@given(JSON, JSON)
def test_what_differs_leads_from_the_old_to_the_new(old: Any, new: Any) -> None:
    kept = msgspec.json.encode(old)
    assert is_same_json(apply_differences(old, find_differences(old, new)), new)
    assert msgspec.json.encode(old) == kept


@given(NAMED, NAMED)
def test_named_elements_lead_there_in_any_order(old: Any, new: Any) -> None:
    assert is_same_json(
        apply_differences({"spec": {"list": old}}, find_differences({"spec": {"list": old}}, {"spec": {"list": new}})),
        {"spec": {"list": new}},
    )


@given(JSON)
def test_nothing_differs_from_itself(value: Any) -> None:
    assert find_differences(value, msgspec.json.decode(msgspec.json.encode(value))) == []


@given(JSON, JSON)
def test_what_differs_survives_being_written_as_json(old: Any, new: Any) -> None:
    written = msgspec.json.encode(find_differences(old, new))
    assert is_same_json(apply_differences(old, msgspec.json.decode(written, type=list[Difference])), new)


def test_a_changed_field_has_both_values() -> None:
    assert _diff({"spec": {"replicas": 2}}, {"spec": {"replicas": 3}}) == [{"path": "spec.replicas", "old": 2, "new": 3}]


def test_what_was_added_has_no_old_and_what_was_removed_no_new() -> None:
    old, new = {"metadata": {"labels": {"a/b": "x"}}}, {"metadata": {"labels": {"c": "y"}}}
    assert _diff(old, new) == [{"path": "metadata.labels['a/b']", "old": "x"}, {"path": "metadata.labels.c", "new": "y"}]


def test_elements_of_a_list_are_identified_by_their_names() -> None:
    old = {"spec": {"containers": [{"name": "web", "image": "a:1"}, {"name": "log", "image": "l:1"}]}}
    new = {"spec": {"containers": [{"name": "new", "image": "n:1"}, {"name": "log", "image": "l:1"}, {"name": "web", "image": "a:2"}]}}
    path = 'spec.containers[?(@.name=="web")]'
    assert _diff(old, new) == [
        {"path": f"{path}.image", "old": "a:1", "new": "a:2"},
        {"path": 'spec.containers[?(@.name=="new")]', "new": {"name": "new", "image": "n:1"}},
        {"path": "spec.containers[*].name", "old": ["web", "log"], "new": ["new", "log", "web"]},
    ]
    assert find_values(f"{path}.image", new) == ["a:2"]
    assert find_values("spec.containers[*].name", new) == ["new", "log", "web"]


def test_elements_without_a_name_of_their_own_are_compared_by_place_or_as_a_whole() -> None:
    rules = {"rules": [{"verbs": ["get"]}, {"verbs": ["list"]}]}
    assert _diff(rules, {"rules": [{"verbs": ["get"]}, {"verbs": ["watch"]}]}) == [
        {"path": "rules[1].verbs", "old": ["list"], "new": ["watch"]}
    ]
    assert _diff({"rules": [{"verbs": ["get"]}]}, rules)[0]["path"] == "rules"
    twice = {"ports": [{"port": 80}, {"port": 80}]}
    assert _diff({"ports": [{"port": 80}]}, twice)[0]["path"] == "ports"


def test_true_is_not_one() -> None:
    assert _diff({"a": True, "b": [1]}, {"a": 1, "b": [1.0]}) == [
        {"path": "a", "old": True, "new": 1},
        {"path": "b", "old": [1], "new": [1.0]},
    ]


def test_a_path_is_short_for_a_person() -> None:
    assert (
        shorten_path('spec.containers[?(@.name=="web")].ports[?(@.containerPort==80)].protocol')
        == "spec.containers[web].ports[80].protocol"
    )


def test_a_difference_is_a_line_and_a_long_value_keeps_both_its_ends() -> None:
    assert format_difference(Difference("spec.replicas", 2, 3)) == "spec.replicas: 2 → 3"
    assert format_difference(Difference('spec.containers[?(@.name=="web")].args', new=["a b"])) == 'spec.containers[web].args: + ["a b"]'
    assert format_difference(Difference("data.x", old="first\nsecond")) == "data.x: - first second"
    formatted = format_difference(Difference("data.x", "begin" + "-" * 500 + "end", ""))
    assert formatted.startswith("data.x: begin---")
    assert formatted.endswith('end → ""')
    assert len(formatted) < 100


@pytest.mark.parametrize("field", ["spec", ".spec.containers", "spec.containers[web]", "spec.containers[*].image", "spec.containers.image"])
def test_a_field_takes_in_what_lies_below_it(field: str) -> None:
    assert is_within('spec.containers[?(@.name=="web")].image', field)


@pytest.mark.parametrize(
    "field", ["spe", "spec.containers[log]", "spec.containers[*].imagePullPolicy", "status", "spec.containers[web].image.x"]
)
def test_a_field_takes_in_nothing_else(field: str) -> None:
    assert not is_within('spec.containers[?(@.name=="web")].image', field)


@pytest.mark.parametrize("path", ["spec..x", "a b", "[x]", "spec.containers[?(@.name=="])
def test_what_is_no_path_of_a_difference_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not the path"):
        parse_path(path)
