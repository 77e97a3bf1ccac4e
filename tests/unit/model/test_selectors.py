"""Label selectors: built from an object, formatted as kubectl does, and matched as the API server does."""

import pytest

from k8sconsole.model.filters import parse_filter
from k8sconsole.model.filters.tree import Labels
from k8sconsole.model.selectors import format_requirements, matches_labels, selector_of

EXPRESSIONS = {
    "matchLabels": {"app": "web"},
    "matchExpressions": [
        {"key": "tier", "operator": "In", "values": ["front", "back"]},
        {"key": "env", "operator": "NotIn", "values": ["prod"]},
        {"key": "team", "operator": "Exists"},
        {"key": "canary", "operator": "DoesNotExist"},
    ],
}


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({}, ""),
        ({"app": "web", "a": "1"}, "a=1,app=web"),
        (EXPRESSIONS, "!canary,app=web,env notin (prod),team,tier in (back,front)"),
        ({"matchLabels": {"app": ""}}, "app in ()"),
    ],
)
def test_a_selector_of_an_object_is_formatted_so_that_it_can_be_typed(selector: dict[str, object], text: str) -> None:
    requirements = selector_of(selector)
    assert format_requirements(requirements) == text
    if text:
        root = parse_filter(f"-l '{text}'").root
        assert isinstance(root, Labels)
        assert sorted(map(str, root.requirements)) == sorted(map(str, requirements))


@pytest.mark.parametrize(
    ("labels", "matched"),
    [
        ({"app": "web", "tier": "back", "team": "a"}, True),
        ({"app": "web", "tier": "back", "team": "a", "env": "prod"}, False),
        ({"app": "web", "tier": "back", "team": "a", "canary": ""}, False),
        ({"app": "web", "tier": "back"}, False),
        ({"app": "web", "team": "a"}, False),
    ],
)
def test_a_selector_matches_labels_as_the_api_server_does(labels: dict[str, str], matched: bool) -> None:
    assert matches_labels(selector_of(EXPRESSIONS), labels) is matched
